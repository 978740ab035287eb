# SPDX-License-Identifier: Apache-2.0
"""Removes from the store what is to be forgotten, and old snapshots.

To forget a workstation or a person is to remove the columns, the history and the bytes. A snapshot
that holds the person is removed whole: a snapshot is never changed. The workstation is then shown
by its latest snapshot without the person. If there is none, the workstation is removed until its
next snapshot comes.

Removed snapshots are not imported again. The store keeps a SHA-256 of workstation and moment for
each, and nothing about a person. Somebody who tries all workstations and all moments can find out
which snapshot it was.
"""

import hashlib
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import TypeVar

import sqlalchemy as sa
from sqlalchemy import Connection, delete, func, select, text, update

from cardtool.fleet.asking.advance import judge_due
from cardtool.fleet.columns import DUE_US, OF_THE_NES
from cardtool.fleet.removing.searching import Trace
from cardtool.fleet.store import judged_by
from cardtool.fleet.store.database import Store
from cardtool.fleet.store.tables import (
    CERTIFICATE,
    FORGOTTEN,
    IS_AHEAD,
    PERSON,
    SNAPSHOT,
    WORKSTATION,
)
from cardtool.model.moments import to_us
from cardtool.model.refused import Refused
from cardtool.rules.renewal import Policy

_READERS_MS = 2000
"""How long to wait for readers of the file before the command reports them."""
_AT_ONCE = 5000
"""Rows in one statement or transaction: another writer waits no longer than these take."""

_LOCK = 0x666F72676F74
"""Key of the PostgreSQL lock ("forgot") that imports share and `fleet forget` holds alone."""
_ADD = text("INSERT INTO forgotten (look) VALUES (:fingerprint) ON CONFLICT DO NOTHING")

_Item = TypeVar("_Item")


def forget(store: Store, trace: Trace, policy: Policy) -> None:
    """Remove everything that the search found.

    In SQLite the bytes are gone from the file when this returns. In PostgreSQL they go when the
    server vacuums. Backups keep them until the site removes those.

    Raises:
        Refused: everything is removed, but its bytes are still in the file, because somebody is
            reading the store or the disk is full.
    """
    with store.writing() as connection:
        if store.is_sqlite:
            connection.execute(text("PRAGMA secure_delete = ON"))
        _keep_fingerprints(connection, trace.snapshots)
        for table, numbers in (
            (SNAPSHOT, trace.snapshots),
            (CERTIFICATE, trace.certificates),
            (PERSON, trace.entries),
            (WORKSTATION, trace.workstations),
        ):
            for part in _parts(numbers):
                connection.execute(delete(table).where(table.c.id.in_(part)))
        for part in _parts(trace.changed):
            _clear(connection, part)
        by = judged_by.stored(connection, is_locked=True) or judged_by.this_program(policy)
    if store.is_sqlite:
        _wipe(store)
    if by == judged_by.this_program(by.policy):  # others judge by their own rules what is due
        judge_due(store, datetime.now(UTC), by)


def _clear(connection: Connection, workstations: Sequence[int]) -> None:
    """Empty the columns that show a person, and have the rows judged again from what is left."""
    is_row = WORKSTATION.c.id.in_(workstations)
    left = SNAPSHOT.c.workstation_id == WORKSTATION.c.id
    connection.execute(delete(WORKSTATION).where(is_row, ~sa.exists().where(left)))
    values: dict[str, object] = {
        name: None if WORKSTATION.c[name].nullable else "" for name in ("user", *OF_THE_NES)
    }
    values["first_seen_us"] = select(func.min(SNAPSHOT.c.taken_us)).where(left).scalar_subquery()
    values["turns_us"] = DUE_US
    connection.execute(update(WORKSTATION).where(is_row).values(values))


def _keep_fingerprints(connection: Connection, snapshots: Sequence[int]) -> None:
    """Keep the fingerprints of snapshots that are about to be removed, given by row number.

    From here on imports wait until the removal is finished: an import that has already asked what
    is forgotten (`forgotten_among`) would otherwise write a removed snapshot again.
    """
    _lock(connection, "pg_advisory_xact_lock")
    query = select(WORKSTATION.c.host_key, SNAPSHOT.c.taken_us).join_from(SNAPSHOT, WORKSTATION)
    for part in _parts(snapshots):
        rows = connection.execute(query.where(SNAPSHOT.c.id.in_(part))).all()
        if rows:
            connection.execute(
                _ADD, [{"fingerprint": _fingerprint(key, when)} for key, when in rows]
            )


def forgotten_among(connection: Connection, snapshots: Iterable[tuple[str, int]]) -> frozenset[int]:
    """Return the places of forgotten snapshots; each is given by `host_key` and `taken_us`."""
    _lock(connection, "pg_advisory_xact_lock_shared")
    if connection.execute(select(FORGOTTEN.c.fingerprint).limit(1)).first() is None:
        return frozenset()
    fingerprints = [_fingerprint(*snapshot) for snapshot in snapshots]
    forgotten: set[str] = set()
    for part in _parts(fingerprints):
        query = select(FORGOTTEN.c.fingerprint).where(FORGOTTEN.c.fingerprint.in_(part))
        forgotten.update(connection.execute(query).scalars())
    return frozenset(
        place for place, fingerprint in enumerate(fingerprints) if fingerprint in forgotten
    )


def _lock(connection: Connection, function: str) -> None:
    if connection.dialect.name == "postgresql":  # SQLite lets one write at a time
        connection.execute(text(f"SELECT {function}(:key)"), {"key": _LOCK})


def _fingerprint(host_key: str, taken_us: int) -> str:
    return hashlib.sha256(f"{taken_us} {host_key}".encode()).hexdigest()


def _wipe(store: Store) -> None:
    """Rewrite the file without its free pages, and empty the log beside it.

    Source: https://www.sqlite.org/pragma.html#pragma_secure_delete,
    https://www.sqlite.org/lang_vacuum.html.
    """
    connection = store.engine.raw_connection()
    busy, failed = 1, ""
    try:
        connection.rollback()
        cursor = connection.cursor()
        try:
            cursor.execute("VACUUM")
        except sqlite3.Error as error:
            failed = str(error)
        with suppress(sqlite3.Error):  # even so, overwritten pages may still go into the file
            cursor.execute(f"PRAGMA busy_timeout = {_READERS_MS}")
            busy, _, _ = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone() or (1, 0, 0)
        cursor.close()
    finally:
        connection.invalidate()  # so that no other use gets its busy_timeout
    if failed:
        raise Refused(code="forget-not-wiped", store=store.place, reason=failed)
    if busy:
        raise Refused(code="forget-read", store=store.place)


def old_snapshots(store: Store, before: datetime, keep_last: int = 1) -> Sequence[int]:
    """Return the ids of snapshots taken before a moment, without the last few of each workstation.

    A snapshot that is dated ahead counts as old as its import, and comes after all others when the
    last few are chosen.
    """
    order = (IS_AHEAD, SNAPSHOT.c.taken_us.desc())
    place = func.row_number().over(partition_by=SNAPSHOT.c.workstation_id, order_by=order)
    dated_us = sa.case((IS_AHEAD, SNAPSHOT.c.imported_us), else_=SNAPSHOT.c.taken_us)
    ranked = select(SNAPSHOT.c.id, dated_us.label("dated_us"), place.label("place")).subquery()
    is_old = (ranked.c.dated_us < to_us(before), ranked.c.place > max(keep_last, 1))
    with store.reading() as connection:
        return connection.execute(select(ranked.c.id).where(*is_old)).scalars().all()


def remove_snapshots(store: Store, snapshots: Sequence[int]) -> int:
    """Remove snapshots by their ids, and return how many were still there.

    The columns and certificates of their workstations stay.
    """
    removed = 0
    for part in _parts(snapshots):
        with store.writing() as connection:
            done = connection.execute(delete(SNAPSHOT).where(SNAPSHOT.c.id.in_(part)))
            removed += done.rowcount
    return removed


def _parts(items: Sequence[_Item]) -> Iterator[Sequence[_Item]]:
    return (items[start : start + _AT_ONCE] for start in range(0, len(items), _AT_ONCE))
