# SPDX-License-Identifier: Apache-2.0
"""Makes the indexes and statistics that questions need.

Writing is slower with indexes. So the first import into an empty SQLite file writes without them
and makes them at its end. Every import makes the missing ones, so a killed run does no harm. On
PostgreSQL the indexes stay: dropping one would lock out everybody who asks at that time.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Table, inspect, select

from cardtool.fleet.store.database import Store
from cardtool.fleet.store.tables import CERTIFICATE, SNAPSHOT, WORKSTATION

_TABLES = (WORKSTATION, SNAPSHOT, CERTIFICATE)

_SORTED_KB = 16_384
"""Memory in which SQLite sorts an index; it uses as much again, and the disk for the rest."""

STALE = 1000
"""After this many new snapshots the statistics for planning queries are made again."""


@contextmanager
def indexes_made_last(store: Store) -> Iterator[None]:
    """Write into an empty store without indexes, and make them at the end.

    After Ctrl-C no index is made; the next import makes them.

    Raises:
        Refused: the database cannot be written to.
    """
    if store.is_sqlite and _is_empty(store):
        with store.writing() as connection:  # locked now: check again that it is empty
            if connection.execute(select(WORKSTATION.c.id).limit(1)).first() is None:
                for table in _TABLES:
                    for index in table.indexes:
                        index.drop(connection, checkfirst=True)
    try:
        yield
    except Exception:
        _make(store)
        raise
    _make(store)


def analyse(store: Store) -> None:
    """Make the statistics again by which the database plans queries.

    All rows are counted, which takes 1 s for 1,000,000. With an estimate SQLite does not choose the
    index that holds all columns of a count.

    Raises:
        Refused: the database cannot be written to.
    """
    with store.writing() as connection:
        for table in _TABLES:
            connection.exec_driver_sql(f"ANALYZE {table.name}")


def _make(store: Store) -> None:
    if not store.is_sqlite:
        return
    with store.reading() as connection:
        if not any(_missing(connection, table) for table in _TABLES):
            return
    with store.writing() as connection:
        connection.exec_driver_sql(f"PRAGMA cache_size = -{_SORTED_KB}")
        for table in _TABLES:
            for index in table.indexes:
                index.create(connection, checkfirst=True)


def _missing(connection: Connection, table: Table) -> set[str]:
    existing = {str(row["name"]) for row in inspect(connection).get_indexes(table.name)}
    return {str(index.name) for index in table.indexes} - existing


def _is_empty(store: Store) -> bool:
    with store.reading() as connection:
        return connection.execute(select(WORKSTATION.c.id).limit(1)).first() is None
