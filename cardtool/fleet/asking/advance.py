# SPDX-License-Identifier: Apache-2.0
"""Judges again the workstations that are due, so that the columns of the store hold for now.

A row is due when the moment has come at which its verdict changes (`turns_us`), or when it was
judged by other rules. All of its columns are then computed again from the stored snapshots. Doing
so twice changes nothing.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import partial

import msgspec
import sqlalchemy as sa
from msgspec.structs import asdict
from sqlalchemy import ColumnElement, Connection, and_, bindparam, select

from cardtool.fleet.columns import OF_THE_NES, Columns, StoredRow, WorkstationRow, columns
from cardtool.fleet.pool import judging, results
from cardtool.fleet.store import judged_by
from cardtool.fleet.store.database import Store
from cardtool.fleet.store.history import IDS, newest, texts
from cardtool.fleet.store.judged_by import JudgedBy
from cardtool.fleet.store.tables import CERTIFICATE, WORKSTATION
from cardtool.model.moments import to_us
from cardtool.model.refused import Refused
from cardtool.model.snapshot import SnapshotError, decode
from cardtool.rules.renewal import Policy

_AT_ONCE = 1000
"""Rows in one transaction: another writer waits no longer than these take."""
_LATEST_US = 2**63 - 1
_STILL_NOW_US = 60_000_000
"""A question about a moment less than this long ago counts as a question about now."""

_FIELDS = [
    name for name in WorkstationRow.__struct_fields__ if name not in {"host_key", "first_seen_us"}
]
_KEYS = ("id", "taken_us", "turns_us")
"""If none of these has changed, nobody has written the row."""
_SEEN = select(CERTIFICATE).where(CERTIFICATE.c.workstation_id.in_(IDS))
_OF_CERTIFICATE = ("holder", "person", "issuer", "not_before_us", "not_after_us")


class Validity(msgspec.Struct, frozen=True, kw_only=True):
    """For which rows and moments the stored columns hold."""

    policy: Policy
    """The thresholds that the columns were judged by."""
    from_us: int
    """The columns hold from this moment on; those of a row until its `turns_us`."""
    is_ours: bool
    """The columns were judged by the rules of this program; otherwise no row's columns hold."""

    def knows(self, at_us: int) -> bool:
        """Tell whether the columns of a row hold at a moment before its `turns_us`."""
        return self.is_ours and at_us >= self.from_us

    def due(self, at: datetime) -> ColumnElement[bool]:
        """Return the SQL condition that a row's columns do not hold at a moment."""
        return WORKSTATION.c.turns_us <= to_us(at) if self.knows(to_us(at)) else sa.true()


def advance(store: Store, at: datetime, policy: Policy) -> Validity:
    """Judge every row that is due, and say which columns hold afterwards: usually all of them.

    `policy` is used where the store does not record by which thresholds it was judged. If the store
    is read-only, nothing is judged here, and the rows stay due. Several processes may do this at
    the same time.

    Raises:
        Refused: a newer cardtool judged the columns.
    """
    with store.reading() as connection:
        recorded = judged_by.stored(connection)
    is_ours = True
    wanted = judged_by.this_program(recorded.policy if recorded else policy)
    try:
        judged_by.mark_unless_same(store, wanted)
        judge_due(store, at, wanted)
    except Refused as error:
        if error.code != "store-read-only":
            raise
        is_ours = recorded == wanted
    from_us = to_us(at) - _STILL_NOW_US
    return Validity(policy=wanted.policy, from_us=from_us, is_ours=is_ours)


def is_any_due(store: Store, validity: Validity, at: datetime) -> bool:
    """Tell whether there is a row whose columns do not hold at a moment."""
    query = select(WORKSTATION.c.id).where(validity.due(at)).limit(1)
    with store.asking() as connection:
        return connection.execute(query).first() is not None


def judge_due(store: Store, at: datetime, by: JudgedBy) -> int:
    """Judge every row that is due, and return how many there were."""
    due = WORKSTATION.c.turns_us <= to_us(at)
    with store.reading() as connection:
        number = connection.execute(select(sa.func.count()).where(due)).scalar_one()
    done = 0
    if not number:
        return done
    with store.writing() as connection:  # if this is refused, no row is judged for nothing
        judged_by.stored(connection, is_locked=True)
    judge = partial(judge_again, at=at, policy=by.policy)
    with judging(number) as pool:
        for page, judged in results(pool, judge, _pages(store, due)):
            _write(store, page, judged, at, by)
            done += len(page)
            store.progress(done, max(done, number))
    return done


def judge_again(bodies: list[bytes], at: datetime, policy: Policy) -> list[Columns | None]:
    """Judge stored snapshots, in this process or another."""
    return [judge_one(body, at, policy) for body in bodies]


def judge_one(text: bytes, at: datetime, policy: Policy) -> Columns | None:
    """Judge a stored snapshot; None: it cannot be read."""
    try:
        return columns(decode(text), at, policy)
    except (SnapshotError, Refused):
        return None


def with_nes(
    connection: Connection,
    workstation: int,
    at: datetime,
    policy: Policy,
    until_us: int = _LATEST_US,
) -> Columns | None:
    """Return the columns of the last snapshot of a workstation up to a moment that has an NES."""
    judged = (judge_one(text, at, policy) for text in texts(connection, workstation, until_us))
    return next((made for made in judged if made is not None and made.workstation.sha256), None)


def _pages(store: Store, due: ColumnElement[bool]) -> Iterator[tuple[list[StoredRow], list[bytes]]]:
    """Yield the rows that are due, a page at a time, with the latest snapshot of each row."""
    last = 0
    query = select(WORKSTATION).where(due).order_by(WORKSTATION.c.id).limit(_AT_ONCE)
    while True:
        with store.asking() as connection:
            page = list(connection.execute(query.where(WORKSTATION.c.id > last)))
            bodies = newest(connection, page, _LATEST_US)
        if not page:
            return
        last = page[-1].id
        yield page, [bodies.get(row.id, b"") for row in page]


def _write(
    store: Store,
    page: list[StoredRow],
    judged: Sequence[Columns | None],
    at: datetime,
    by: JudgedBy,
) -> None:
    """Write the new columns of those rows that nobody changed since they were read."""
    is_unchanged = and_(*(WORKSTATION.c[name] == bindparam(f"row_{name}") for name in _KEYS))
    with store.writing() as connection:
        if judged_by.stored(connection, is_locked=True) != by:
            return  # a program with other rules has marked the store, and judges the rows itself
        certificates = connection.execute(_SEEN, {"ids": [row.id for row in page]}).all()
        with_card = {certificate.workstation_id for certificate in certificates}
        changes = []
        shown: dict[tuple[int, int], Columns] = {}
        for row, made in zip(page, judged, strict=True):
            values = {name: getattr(row, name) for name in _FIELDS} | {"turns_us": None}
            if made is not None:
                shown[row.id, made.workstation.taken_us] = made
                values = asdict(made.workstation)
                if row.id in with_card and not made.workstation.sha256:
                    earlier = with_nes(connection, row.id, at, by.policy)
                    if earlier is not None:
                        shown[row.id, earlier.workstation.taken_us] = earlier
                        values |= {name: getattr(earlier.workstation, name) for name in OF_THE_NES}
            keys = {f"row_{name}": getattr(row, name) for name in _KEYS}
            changes.append(keys | {f"new_{name}": values[name] for name in _FIELDS})
        change = sa.update(WORKSTATION).where(is_unchanged)
        connection.execute(
            change.values({name: bindparam(f"new_{name}") for name in _FIELDS}), changes
        )
        _write_certificates(connection, certificates, shown)


def _write_certificates(
    connection: Connection,
    certificates: Sequence[StoredRow],
    shown: dict[tuple[int, int], Columns],
) -> None:
    """Write what the judged snapshots say of the certificates that were last seen in them.

    `shown` has the columns of these snapshots by workstation and moment. A certificate that its
    snapshot no longer shows, because it counts as revoked or broken now, is removed.
    """
    changes, gone = [], []
    for row in certificates:
        made = shown.get((row.workstation_id, row.last_seen_us))
        if made is None:
            continue
        certificate = next((nes for nes in made.certificates if nes.sha256 == row.sha256), None)
        if certificate is None:
            gone.append(row.id)
        else:
            values = {f"new_{name}": getattr(certificate, name) for name in _OF_CERTIFICATE}
            changes.append({"row_id": row.id, **values})
    if gone:
        connection.execute(sa.delete(CERTIFICATE).where(CERTIFICATE.c.id.in_(gone)))
    if changes:
        change = sa.update(CERTIFICATE).where(CERTIFICATE.c.id == bindparam("row_id"))
        change = change.values({name: bindparam(f"new_{name}") for name in _OF_CERTIFICATE})
        connection.execute(change, changes)
