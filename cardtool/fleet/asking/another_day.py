# SPDX-License-Identifier: Apache-2.0
"""How workstations stand on another day, by the snapshots that had been taken by then.

Columns that hold on a day to come are taken as they are; every other line is judged again, in
processes where there are many.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import partial
from typing import Any

import msgspec
from sqlalchemy import Connection, Select, func, or_, select
from sqlalchemy.sql import ColumnElement

from cardtool.fleet.asking.advance import Columned
from cardtool.fleet.asking.past import latest, own, summary, texts, with_nes
from cardtool.fleet.columns import StoredRow, line
from cardtool.fleet.pool import judging, results
from cardtool.fleet.store.database import Store
from cardtool.fleet.store.tables import CERTIFICATE, WORKSTATION
from cardtool.model.moments import to_us
from cardtool.model.summary import Summary
from cardtool.rules.policy import Policy
from cardtool.rules.summary import dated

_AT_ONCE = 500


class Day(msgspec.Struct, frozen=True, kw_only=True):
    """Another day, and what is known of the columns."""

    at: datetime
    columned: Columned
    dates: Policy | None = None
    """By which lines tell the moments of renewals; None: they do not."""

    @property
    def at_us(self) -> int:
        """Return the moment as columns have it."""
        return to_us(self.at)

    def holds(self, row: StoredRow) -> bool:
        """Tell whether the columns of a row are those of the day."""
        return row.taken_us <= self.at_us and self.columned.holds(row, self.at_us)

    def differs(self) -> ColumnElement[bool]:
        """Return the condition that the columns of a row are not those of the day."""
        return or_(WORKSTATION.c.taken_us > self.at_us, self.columned.due(self.at))


def lines(
    store: Store, connection: Connection, day: Day, *queries: Select[Any]
) -> Iterator[tuple[StoredRow, Summary]]:
    """Yield the workstations of some queries with their lines of a day, in processes if many.

    Those of which nothing was known by then are left out.
    """
    with store.asking() as asking:
        parts = (query.with_only_columns(func.count()).order_by(None) for query in queries)
        number = sum(asking.execute(part.where(day.differs())).scalar_one() for part in parts)
    done = 0
    work = partial(summaries, at=day.at, policy=day.columned.policy)
    with judging(number) as pool:
        for query in queries:
            with connection.execute(query) as found:
                pages = map(list, found.partitions(_AT_ONCE))
                tasks = ((page, texts_to_judge(connection, page, day)) for page in pages)
                for page, judged in results(pool, work, tasks):
                    yield from standing(connection, page, judged, day)
                    if again := sum(line is not None for line in judged):
                        done += again
                        store.progress(done, max(done, number))


def summaries(bodies: list[bytes], at: datetime, policy: Policy) -> list[Summary | None]:
    """Judge stored snapshots, in whatever process; of an empty text there is no line."""
    return [summary(body, at, policy) if body else None for body in bodies]


def texts_to_judge(connection: Connection, page: Sequence[StoredRow], day: Day) -> list[bytes]:
    """Return the snapshot by which each row is judged; empty: its columns hold, or none is kept."""
    again = [row for row in page if not day.holds(row)]
    found = own(connection, [row.id for row in again if row.taken_us <= day.at_us])
    others = [row.id for row in again if row.id not in found]
    found |= latest(connection, others, day.at_us)
    return [found.get(row.id, b"") for row in page]


def standing(
    connection: Connection,
    page: Sequence[StoredRow],
    judged: Sequence[Summary | None],
    day: Day,
) -> Iterator[tuple[StoredRow, Summary]]:
    """Yield rows with their lines, by the columns where there is nothing else.

    A line has the last NES that had been seen, and the dates of its renewal if lines have them.
    """
    for row, found in zip(page, judged, strict=True):
        shown = found
        if row.taken_us <= day.at_us and (shown is None or not shown.sha256):
            known = line(row, day.at)
            shown = known if shown is None else with_nes(shown, known)
        elif shown is not None and not shown.sha256:
            shown = _with_nes(connection, row.id, shown, day)
        if shown is not None:
            yield row, shown if day.dates is None else dated(shown, day.dates)


def _with_nes(connection: Connection, workstation: int, shown: Summary, day: Day) -> Summary:
    """Return a line with the NES of the last snapshot by then that had one."""
    seen = select(CERTIFICATE.c.id).where(
        CERTIFICATE.c.workstation_id == workstation, CERTIFICATE.c.first_seen_us <= day.at_us
    )
    if connection.execute(seen.limit(1)).first() is None:
        return shown
    for text in texts(connection, workstation, day.at_us):
        earlier = summary(text, day.at, day.columned.policy)
        if earlier.sha256:
            return with_nes(shown, earlier)
    return shown
