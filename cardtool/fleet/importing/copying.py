# SPDX-License-Identifier: Apache-2.0
"""Writes a block into PostgreSQL: copied into temporary tables, then moved in one statement each.

One statement meets a row once, so what a block has of one workstation is merged before.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from msgspec.structs import astuple, replace
from sqlalchemy import Connection, Table, select
from sqlalchemy.exc import DBAPIError

from cardtool.fleet.columns import OF_THE_NES, CertificateRow, SnapshotRow, WorkstationRow
from cardtool.fleet.importing.reading import Rows
from cardtool.fleet.importing.statements import Statements, copy, incoming, made
from cardtool.fleet.store.tables import CERTIFICATE, SNAPSHOT, WORKSTATION


def copied(
    connection: Connection,
    statements: Statements,
    rows: Rows,
    which: Sequence[int],
) -> int:
    """Insert or merge some rows of a block, and return how many snapshots are new."""
    limit_us = statements.limit_us
    stations: dict[str, WorkstationRow] = {}
    for place in which:
        row = rows.workstations[place]
        known = stations.get(row.host_key)
        stations[row.host_key] = row if known is None else _merged(known, row, limit_us)
    fields = WorkstationRow.__struct_fields__
    _copy(connection, WORKSTATION, fields, map(astuple, stations.values()))
    connection.exec_driver_sql(statements.copied_workstations)
    columns = WORKSTATION.c
    query = select(columns.host_key, columns.id).where(columns.host_key.in_(list(stations)))
    numbers = {row.host_key: row.id for row in connection.execute(query)}

    snapshots = ((*astuple(rows.snapshots[place]), numbers[rows.key(place)]) for place in which)
    fields = (*SnapshotRow.__struct_fields__, "workstation_id")
    _copy(connection, SNAPSHOT, fields, snapshots)
    new = connection.exec_driver_sql(statements.copied_snapshots).rowcount

    cards: dict[tuple[int, str], CertificateRow] = {}
    for place in which:
        for card in rows.certificates[place]:
            key = (numbers[rows.key(place)], card.sha256)
            cards[key] = card if key not in cards else _both(cards[key], card, limit_us)
    if cards:
        fields = (*CertificateRow.__struct_fields__, "workstation_id")
        values = ((*astuple(card), number) for (number, _), card in cards.items())
        _copy(connection, CERTIFICATE, fields, values)
        connection.exec_driver_sql(statements.copied_certificates)
    return new


def _merged(known: WorkstationRow, other: WorkstationRow, limit_us: int) -> WorkstationRow:
    """Return what two snapshots of one workstation say, as `statements` merges them."""
    row, older = known, other
    if _is_later(other.taken_us, known.taken_us, limit_us):
        row, older = other, known
    if older.card_seen_us is not None and (
        row.card_seen_us is None or _is_later(older.card_seen_us, row.card_seen_us, limit_us)
    ):
        row = replace(row, **{name: getattr(older, name) for name in OF_THE_NES})
    return replace(row, first_seen_us=min(known.first_seen_us, other.first_seen_us))


def _both(known: CertificateRow, other: CertificateRow, limit_us: int) -> CertificateRow:
    is_later = _is_later(other.last_seen_us, known.last_seen_us, limit_us)
    return replace(
        known,
        first_seen_us=min(known.first_seen_us, other.first_seen_us),
        last_seen_us=other.last_seen_us if is_later else known.last_seen_us,
    )


def _is_later(other_us: int, known_us: int, limit_us: int) -> bool:
    """Tell whether a moment is later; that of a clock that was ahead is never later."""
    return (other_us <= limit_us, other_us) > (known_us <= limit_us, known_us)


def _copy(
    connection: Connection, table: Table, names: Sequence[str], values: Iterable[tuple[Any, ...]]
) -> None:
    """Copy rows into the temporary table of a table, which holds no others afterwards.

    Raises:
        DBAPIError: the server does not take one.
    """
    connection.exec_driver_sql(made(table, names))
    connection.exec_driver_sql(f"TRUNCATE {incoming(table)}")
    statement = copy(table, names)
    driver: Any = connection.connection.driver_connection
    errors = connection.dialect.loaded_dbapi.Error
    try:
        with driver.cursor() as cursor, cursor.copy(statement) as out:
            for row in values:
                out.write_row(row)
    except errors as error:
        raise DBAPIError.instance(statement, None, error, errors) from error
