# SPDX-License-Identifier: Apache-2.0
"""Reads stored snapshots, and says what they mean for a workstation at any moment."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from msgspec.structs import replace
from sqlalchemy import ColumnElement, Connection, and_, func, select

from cardtool.fleet.columns import Columns, UnfitError, columns
from cardtool.fleet.store.bodies import unpack
from cardtool.fleet.store.tables import IS_AHEAD, SNAPSHOT, WORKSTATION
from cardtool.model.lists import Summary
from cardtool.model.moments import from_us, to_us
from cardtool.model.snapshot import SnapshotError, decode
from cardtool.rules import diagnose
from cardtool.rules.renewal import Policy
from cardtool.rules.summary import summarise

_FEW = 8
"""Snapshots of one workstation that are fetched at once; most questions need two."""


_MOMENTS = ("taken_at", "card_seen_at", "not_before_at", "not_after_at")


def summary(text: bytes, at: datetime, policy: Policy) -> Summary:
    """Return the line of a stored snapshot, judged for a moment; its moments are in UTC."""
    found = summarise(diagnose(decode(text), at, policy))
    moments = ((name, getattr(found, name)) for name in _MOMENTS)
    return replace(found, **{name: from_us(to_us(each)) for name, each in moments if each})


_OF_THE_NES = ("holder", "person", "issuer", "sha256", "not_before_at", "not_after_at",
               "days_left", "card_seen_at")  # fmt: skip


def with_nes(found: Summary, known: Summary) -> Summary:
    """Return a line without an NES, completed by the NES that another line shows."""
    return replace(found, **{name: getattr(known, name) for name in _OF_THE_NES})


def readable(text: bytes, at: datetime, policy: Policy) -> Columns | None:
    """Return the columns of a stored snapshot; None: this version cannot read it."""
    try:
        return columns(decode(text), at, policy)
    except (SnapshotError, UnfitError):
        return None


def texts(connection: Connection, workstation: int, until_us: int) -> Iterator[bytes]:
    """Yield the texts of a workstation's snapshots up to a moment, newest first.

    Snapshots that are dated ahead (`IS_AHEAD`) come last.
    """
    here = and_(SNAPSHOT.c.workstation_id == workstation, SNAPSHOT.c.taken_us <= until_us)
    query = select(SNAPSHOT.c.taken_us, SNAPSHOT.c.body, IS_AHEAD).where(here)
    newest_first = query.order_by(SNAPSHOT.c.taken_us.desc()).limit(_FEW)
    before: list[ColumnElement[bool]] = []
    ahead: list[bytes] = []
    while found := list(connection.execute(newest_first.where(*before))):
        for _, body, is_ahead in found:
            if is_ahead:
                ahead.append(body)
            else:
                yield unpack(body)
        before = [SNAPSHOT.c.taken_us < found[-1].taken_us]
    yield from map(unpack, ahead)


def shown_by_columns(connection: Connection, workstations: Sequence[int]) -> dict[int, bytes]:
    """Return for each workstation the snapshot that its columns show, if it is still stored."""
    if not workstations:
        return {}
    is_shown = and_(
        SNAPSHOT.c.workstation_id == WORKSTATION.c.id,
        SNAPSHOT.c.taken_us == WORKSTATION.c.taken_us,
    )
    query = select(WORKSTATION.c.id, SNAPSHOT.c.body).join(SNAPSHOT, is_shown)
    found = connection.execute(query.where(WORKSTATION.c.id.in_(workstations)))
    return {number: unpack(body) for number, body in found.all()}


def latest(connection: Connection, workstations: Sequence[int], until_us: int) -> dict[int, bytes]:
    """Return the latest snapshot of each workstation up to a moment."""
    if not workstations:
        return {}
    wanted = SNAPSHOT.c.workstation_id.in_(workstations)
    newest = (
        select(SNAPSHOT.c.workstation_id, func.max(SNAPSHOT.c.taken_us).label("taken_us"))
        .where(wanted, SNAPSHOT.c.taken_us <= until_us)
        .group_by(SNAPSHOT.c.workstation_id)
        .subquery()
    )
    query = select(SNAPSHOT.c.workstation_id, SNAPSHOT.c.body, IS_AHEAD).join(
        newest,
        and_(
            SNAPSHOT.c.workstation_id == newest.c.workstation_id,
            SNAPSHOT.c.taken_us == newest.c.taken_us,
        ),
    )
    return {
        number: next(texts(connection, number, until_us)) if is_ahead else unpack(body)
        for number, body, is_ahead in connection.execute(query).all()
    }
