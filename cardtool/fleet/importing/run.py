# SPDX-License-Identifier: Apache-2.0
"""Imports collected snapshots: several processes judge them, this one writes them.

A transaction holds some blocks of snapshots, so a run that was killed has imported whole blocks,
and the next run imports the rest. A snapshot is identified by its workstation and moment: importing
a file twice changes nothing, the order of the files does not matter, and several importers may run
at once.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from sqlalchemy import inspect, select

from cardtool.fleet.asking.advance import judge_due
from cardtool.fleet.importing.finishing import Files, Report, Wording
from cardtool.fleet.importing.judging import JudgedBlock, Terms
from cardtool.fleet.importing.writing import write
from cardtool.fleet.store import judged_by
from cardtool.fleet.store.database import Store
from cardtool.fleet.store.judged_by import JudgedBy
from cardtool.fleet.store.tables import CERTIFICATE, SNAPSHOT, WORKSTATION
from cardtool.model.moments import to_us

_WRITTEN = 8000
"""Snapshots in one transaction: a page of the database that many change is written once."""
_WRITTEN_BYTES = 24 * 1024 * 1024

STALE = 1000
"""After this many new snapshots the statistics for planning queries are made again."""

_TABLES = (WORKSTATION, SNAPSHOT, CERTIFICATE)
_INDEXES = [index for table in _TABLES for index in table.indexes]
_SORTED_KB = 8_192
"""Memory in which SQLite sorts an index; it uses as much again, and the disk for the rest."""


def import_judged(
    store: Store,
    judged: Iterable[JudgedBlock],
    terms: Terms,
    *,
    says: Wording,
    remove: bool = False,
) -> Report:
    """Import judged snapshots, and count what became of them.

    Files that were imported whole stay, or are removed if `remove`. At the end every workstation is
    judged again that is due or was judged by other rules or thresholds.

    Raises:
        Refused: the database cannot be written to; what was written before is kept.
    """
    by = judged_by.this_program(terms.policy)
    judged_by.mark_unless_same(store, by)
    files = Files(terms.rejected, says, remove=remove)
    report = files.report
    with indexes_made_last(store):
        for blocks in _transactions(judged):
            _import(store, blocks, to_us(terms.at), by, files)
            blocks.clear()  # else they take their 40 MB until the next are judged
    report.read = report.new + report.known + report.set_aside
    judge_due(store, terms.at, by)
    if report.new >= STALE:
        _analyse(store)
    return report


def _import(
    store: Store, blocks: list[JudgedBlock], now_us: int, by: JudgedBy, files: Files
) -> None:
    """Write the blocks of one transaction, and count what became of them."""
    results = [result for _, judged in blocks for result in judged]
    new = write(store, results, now_us, by)
    files.report.new += new
    files.report.known += sum(len(result.rows) for result in results) - new
    for block, judged in blocks:
        files.note(block, judged)


def _transactions(judged: Iterable[JudgedBlock]) -> Iterator[list[JudgedBlock]]:
    """Yield as many blocks as one transaction holds."""
    blocks: list[JudgedBlock] = []
    rows = size = 0
    for block, results in judged:
        blocks.append((block, results))
        rows += sum(len(result.rows) for result in results)
        size += block.size
        if rows >= _WRITTEN or size >= _WRITTEN_BYTES:
            yield blocks
            blocks, rows, size = [], 0, 0
    yield blocks


@contextmanager
def indexes_made_last(store: Store) -> Iterator[None]:
    """Write into an empty SQLite file without indexes, which is faster, and make them at the end.

    Every import makes the missing ones, so a killed run does no harm; after Ctrl-C no index is
    made. On PostgreSQL the indexes stay: dropping one would lock out everybody who asks then.
    """
    if not store.is_sqlite:
        yield
        return
    with store.writing() as connection:
        if connection.execute(select(WORKSTATION.c.id).limit(1)).first() is None:
            for index in _INDEXES:
                index.drop(connection, checkfirst=True)
    try:
        yield
    except Exception:
        _make_indexes(store)
        raise
    _make_indexes(store)


def _make_indexes(store: Store) -> None:
    with store.reading() as connection:
        tables = inspect(connection)
        known = {index["name"] for table in _TABLES for index in tables.get_indexes(table.name)}
    missing = [index for index in _INDEXES if index.name not in known]
    if missing:
        with store.writing() as connection:
            connection.exec_driver_sql(f"PRAGMA cache_size = -{_SORTED_KB}")
            for index in missing:
                index.create(connection, checkfirst=True)


def _analyse(store: Store) -> None:
    """Make the statistics again by which the database plans queries.

    All rows are counted, which takes 1 s for 1,000,000. With an estimate SQLite does not choose the
    index that holds all columns of a count.
    """
    with store.writing() as connection:
        for table in _TABLES:
            connection.exec_driver_sql(f"ANALYZE {table.name}")
