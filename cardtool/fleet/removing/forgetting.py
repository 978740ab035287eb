# SPDX-License-Identifier: Apache-2.0
"""Removes a workstation, or a person, from the store: the columns, the history, the bytes.

A snapshot that holds the person is removed whole: a snapshot is never changed. The workstation is
then shown by its latest snapshot without the person. If there is none, the workstation is removed
until its next snapshot comes. Removed snapshots are not imported again (`forgotten`).
"""

import sqlite3
from contextlib import suppress
from datetime import UTC, datetime

from msgspec.structs import asdict
from sqlalchemy import Connection, delete, func, select, text, update

from cardtool.fleet.asking.past import texts
from cardtool.fleet.columns import DUE_US, OF_THE_NES, columns
from cardtool.fleet.removing.forgotten import note
from cardtool.fleet.removing.searching import Trace
from cardtool.fleet.store import judged_by
from cardtool.fleet.store.database import Store
from cardtool.fleet.store.tables import CERTIFICATE, PERSON, SNAPSHOT, WORKSTATION
from cardtool.model.moments import to_us
from cardtool.model.refused import Refused
from cardtool.model.snapshot import decode
from cardtool.rules.renewal import Policy

_FOREVER = datetime.max.replace(tzinfo=UTC)
_READERS_MS = 2000
"""How long to wait for readers of the file before the command reports them."""


def forget(store: Store, trace: Trace, policy: Policy) -> None:
    """Remove everything that the search found.

    In SQLite the bytes are gone from the file when this returns. In PostgreSQL they go when the
    server vacuums. Backups keep them until the site removes those.

    Raises:
        Refused: everything is removed, but its bytes are still in the file, because somebody is
            reading the store or the disk is full.
    """
    now = datetime.now(UTC)
    with store.writing() as connection:
        if store.is_sqlite:
            connection.execute(text("PRAGMA secure_delete = ON"))
        note(connection, trace.snapshots)
        for table, numbers in (
            (SNAPSHOT, trace.snapshots),
            (CERTIFICATE, trace.certificates),
            (PERSON, trace.entries),
            (WORKSTATION, trace.workstations),
        ):
            for start in range(0, len(numbers), 5000):
                some = numbers[start : start + 5000]
                connection.execute(delete(table).where(table.c.id.in_(some)))
        by = judged_by.stored(connection, is_kept=True) or judged_by.mine(policy)
        is_ours = by == judged_by.mine(by.policy)
        for number in trace.changed:
            _judge_again(connection, number, now, by.policy, is_due=not is_ours)
    if store.is_sqlite:
        _wipe(store)


def _judge_again(
    connection: Connection, number: int, now: datetime, policy: Policy, *, is_due: bool
) -> None:
    """Compute a workstation's columns again from the snapshots that are left.

    `is_due`: the store was judged by other rules, so these columns are judged again before anybody
    sees them.
    """
    is_row = WORKSTATION.c.id == number
    every = (
        columns(decode(body), now, policy).workstation
        for body in texts(connection, number, to_us(_FOREVER))
    )
    latest = next(every, None)
    if latest is None:
        connection.execute(delete(WORKSTATION).where(is_row))
        return
    kept: dict[str, object] = asdict(latest)
    with_nes = latest if latest.sha256 else next((row for row in every if row.sha256), latest)
    kept |= {name: getattr(with_nes, name) for name in OF_THE_NES}
    first = select(func.min(SNAPSHOT.c.taken_us)).where(SNAPSHOT.c.workstation_id == number)
    del kept["host_key"]
    if is_due:
        kept["turns_us"] = DUE_US
    kept["first_seen_us"] = first.scalar_subquery()
    connection.execute(update(WORKSTATION).where(is_row).values(kept))


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
