# SPDX-License-Identifier: Apache-2.0
"""Removes old snapshots when the site asks for it.

The latest snapshot of a workstation always stays, and so do its columns and certificates.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, and_, case, delete, func, select

from cardtool.fleet.store.database import Store
from cardtool.fleet.store.tables import IS_AHEAD, SNAPSHOT
from cardtool.model.moments import to_us

_AT_ONCE = 5000
"""Rows in one transaction: another writer waits no longer than these take."""


def old(store: Store, before: datetime, keep_last: int = 1) -> Sequence[int]:
    """Return the ids of snapshots taken before a moment, without the last few of each workstation.

    A snapshot that is dated ahead counts as old as its import, and comes after all others when the
    last few are chosen.
    """
    order = (IS_AHEAD, SNAPSHOT.c.taken_us.desc())
    place = func.row_number().over(partition_by=SNAPSHOT.c.workstation_id, order_by=order)
    dated_us = case((IS_AHEAD, SNAPSHOT.c.imported_us), else_=SNAPSHOT.c.taken_us)
    ranked = select(SNAPSHOT.c.id, dated_us.label("dated_us"), place.label("place")).subquery()
    is_old: ColumnElement[bool] = and_(
        ranked.c.dated_us < to_us(before), ranked.c.place > max(keep_last, 1)
    )
    with store.reading() as connection:
        return connection.execute(select(ranked.c.id).where(is_old)).scalars().all()


def remove(store: Store, snapshots: Sequence[int]) -> int:
    """Remove snapshots by their ids, and return how many were still there."""
    removed = 0
    for start in range(0, len(snapshots), _AT_ONCE):
        some = snapshots[start : start + _AT_ONCE]
        with store.writing() as connection:
            done = connection.execute(delete(SNAPSHOT).where(SNAPSHOT.c.id.in_(some)))
            removed += done.rowcount
    return removed
