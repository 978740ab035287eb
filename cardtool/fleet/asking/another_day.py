# SPDX-License-Identifier: Apache-2.0
"""How workstations stand on another day, judged from the snapshots that were taken by then.

If the stored columns of a workstation still hold on that day, they are used. Every other line is
judged again, in several processes if there are many.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import partial
from typing import Any

import msgspec
from sqlalchemy import Connection, Select, func, or_, select
from sqlalchemy.sql import ColumnElement

from cardtool.fleet.asking.advance import Validity
from cardtool.fleet.asking.past import latest, shown_by_columns, summary, texts, with_nes
from cardtool.fleet.columns import StoredRow, line
from cardtool.fleet.pool import judging, results
from cardtool.fleet.store.database import Store
from cardtool.fleet.store.tables import CERTIFICATE, WORKSTATION
from cardtool.model.lists import Summary
from cardtool.model.moments import to_us
from cardtool.rules.renewal import Policy
from cardtool.rules.summary import dated

_AT_ONCE = 500


class Day(msgspec.Struct, frozen=True, kw_only=True):
    """The moment that is asked about, and for which rows the stored columns hold."""

    at: datetime
    validity: Validity
    dates: Policy | None = None
    """The thresholds for the moments of renewals; None: lines do not tell these moments."""

    @property
    def at_us(self) -> int:
        """Return the moment in microseconds, as the columns store it."""
        return to_us(self.at)

    def holds(self, row: StoredRow) -> bool:
        """Tell whether the columns of a row hold on the day."""
        return row.taken_us <= self.at_us and self.validity.holds(row, self.at_us)

    def differs(self) -> ColumnElement[bool]:
        """Return the SQL condition that the columns of a row do not hold on the day."""
        return or_(WORKSTATION.c.taken_us > self.at_us, self.validity.due(self.at))


def lines(
    store: Store, connection: Connection, day: Day, *queries: Select[Any]
) -> Iterator[tuple[StoredRow, Summary]]:
    """Yield the workstations of some queries with their lines on a day.

    Workstations of which nothing was known by then are left out.
    """
    with store.asking() as asking:
        parts = (query.with_only_columns(func.count()).order_by(None) for query in queries)
        number = sum(asking.execute(part.where(day.differs())).scalar_one() for part in parts)
    done = 0
    work = partial(summaries, at=day.at, policy=day.validity.policy)
    with judging(number) as pool:
        for query in queries:
            with connection.execute(query) as found:
                pages = map(list, found.partitions(_AT_ONCE))
                tasks = ((page, texts_to_judge(connection, page, day)) for page in pages)
                for page, judged in results(pool, work, tasks):
                    yield from with_lines(connection, page, judged, day)
                    if again := sum(line is not None for line in judged):
                        done += again
                        store.progress(done, max(done, number))


def summaries(bodies: list[bytes], at: datetime, policy: Policy) -> list[Summary | None]:
    """Judge stored snapshots, in this process or another; None for an empty text."""
    return [summary(body, at, policy) if body else None for body in bodies]


def texts_to_judge(connection: Connection, page: Sequence[StoredRow], day: Day) -> list[bytes]:
    """Return the snapshot to judge for each row; empty: its columns hold, or none is stored."""
    again = [row for row in page if not day.holds(row)]
    found = shown_by_columns(connection, [row.id for row in again if row.taken_us <= day.at_us])
    others = [row.id for row in again if row.id not in found]
    found |= latest(connection, others, day.at_us)
    return [found.get(row.id, b"") for row in page]


def with_lines(
    connection: Connection,
    page: Sequence[StoredRow],
    judged: Sequence[Summary | None],
    day: Day,
) -> Iterator[tuple[StoredRow, Summary]]:
    """Yield rows with their lines; a row without a judged line is shown by its columns.

    A line shows the last NES that was seen by that day, and the dates of its renewal if `day` has a
    policy for them.
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
    """Return a line with the NES of the last snapshot that had one by that day."""
    seen = select(CERTIFICATE.c.id).where(
        CERTIFICATE.c.workstation_id == workstation, CERTIFICATE.c.first_seen_us <= day.at_us
    )
    if connection.execute(seen.limit(1)).first() is None:
        return shown
    for text in texts(connection, workstation, day.at_us):
        earlier = summary(text, day.at, day.validity.policy)
        if earlier.sha256:
            return with_nes(shown, earlier)
    return shown
