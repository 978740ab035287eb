# SPDX-License-Identifier: Apache-2.0
"""Reads the stored snapshots of workstations, the latest first."""

from collections.abc import Iterator, Sequence

import sqlalchemy as sa
from sqlalchemy import ColumnElement, Connection, and_, select

from cardtool.fleet.columns import StoredRow
from cardtool.fleet.store.bodies import unpack
from cardtool.fleet.store.tables import IS_AHEAD, SNAPSHOT, WORKSTATION

_AT_ONCE = 8
"""Snapshots of one workstation that are fetched at once; most questions need two."""

IDS: sa.BindParameter[int] = sa.bindparam("ids", expanding=True)
"""The row numbers that a query is about, as a parameter.

Written into the query they would stay in memory until the garbage collector runs.
"""

_IS_SHOWN = and_(
    SNAPSHOT.c.workstation_id == WORKSTATION.c.id, SNAPSHOT.c.taken_us == WORKSTATION.c.taken_us
)
_SHOWN = select(WORKSTATION.c.id, SNAPSHOT.c.body).join(SNAPSHOT, _IS_SHOWN)
_SHOWN = _SHOWN.where(WORKSTATION.c.id.in_(IDS))
"""The snapshots that the columns show."""

_OF_ONE = SNAPSHOT.c.workstation_id
_MOMENTS = (
    select(_OF_ONE, sa.func.max(SNAPSHOT.c.taken_us).label("taken_us"))
    .where(_OF_ONE.in_(IDS), SNAPSHOT.c.taken_us <= sa.bindparam("until_us"))
    .group_by(_OF_ONE)
    .subquery()
)
_LAST = select(_OF_ONE, SNAPSHOT.c.body, IS_AHEAD).join(
    _MOMENTS,
    and_(_MOMENTS.c.workstation_id == _OF_ONE, SNAPSHOT.c.taken_us == _MOMENTS.c.taken_us),
)
"""The last snapshots up to a moment."""


def texts(connection: Connection, workstation: int, until_us: int) -> Iterator[bytes]:
    """Yield the texts of a workstation's snapshots up to a moment, newest first.

    Snapshots that are dated ahead (`IS_AHEAD`) come last.
    """
    here = and_(SNAPSHOT.c.workstation_id == workstation, SNAPSHOT.c.taken_us <= until_us)
    query = select(SNAPSHOT.c.taken_us, SNAPSHOT.c.body, IS_AHEAD).where(here)
    newest_first = query.order_by(SNAPSHOT.c.taken_us.desc()).limit(_AT_ONCE)
    before: list[ColumnElement[bool]] = []
    ahead: list[bytes] = []
    while rows := list(connection.execute(newest_first.where(*before))):
        for _, body, is_ahead in rows:
            if is_ahead:
                ahead.append(body)
            else:
                yield unpack(body)
        before = [SNAPSHOT.c.taken_us < rows[-1].taken_us]
    yield from map(unpack, ahead)


def newest(connection: Connection, rows: Sequence[StoredRow], until_us: int) -> dict[int, bytes]:
    """Return the text of the latest snapshot of each workstation up to a moment, by row number.

    That is the snapshot which the columns show, if it was taken by then and is still stored.
    """
    texts_by_row: dict[int, bytes] = {}
    if known := [row.id for row in rows if row.taken_us <= until_us]:
        rows_shown = connection.execute(_SHOWN, {"ids": known}).all()
        texts_by_row = {number: unpack(body) for number, body in rows_shown}
    if others := [row.id for row in rows if row.id not in texts_by_row]:
        last = connection.execute(_LAST, {"ids": others, "until_us": until_us}).all()
        for number, body, is_ahead in last:
            text = next(texts(connection, number, until_us)) if is_ahead else unpack(body)
            texts_by_row[number] = text
    return texts_by_row
