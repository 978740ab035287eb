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
from msgspec.structs import replace
from sqlalchemy import Connection, Select, func, or_, select
from sqlalchemy.sql import ColumnElement

from cardtool.fleet.asking.advance import Validity, judge_again, with_nes
from cardtool.fleet.columns import OF_THE_NES, Columns, StoredRow, WorkstationRow, line
from cardtool.fleet.pool import judging, results
from cardtool.fleet.store.database import WHOLE, Store
from cardtool.fleet.store.history import newest
from cardtool.fleet.store.tables import CERTIFICATE, WORKSTATION
from cardtool.model.lists import Summary
from cardtool.model.moments import to_us
from cardtool.rules.renewal import Policy

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
        has_turned = row.turns_us is not None and row.turns_us <= self.at_us
        return row.taken_us <= self.at_us and not has_turned and self.validity.knows(self.at_us)

    def differs(self) -> ColumnElement[bool]:
        """Return the SQL condition that the columns of a row do not hold on the day."""
        return or_(WORKSTATION.c.taken_us > self.at_us, self.validity.due(self.at))


def lines(
    store: Store, connection: Connection, day: Day, *queries: Select[Any]
) -> Iterator[tuple[StoredRow, Summary]]:
    """Yield the workstations of some queries with their lines on a day.

    Workstations of which nothing was known by then are left out.
    """
    parts = (query.with_only_columns(func.count()).order_by(None) for query in queries)
    # on this connection, whole: a second one would keep a full cache of its own
    counts = (part.where(day.differs()).execution_options(**WHOLE) for part in parts)
    number = sum(connection.execute(count).scalar_one() for count in counts)
    done = 0
    work = partial(judge_again, at=day.at, policy=day.validity.policy)
    with judging(number) as pool:
        for query in queries:
            with connection.execute(query) as rows:
                pages = map(list, rows.partitions(_AT_ONCE))
                tasks = ((page, texts_to_judge(connection, page, day)) for page in pages)
                for page, judged in results(pool, work, tasks):
                    yield from with_lines(connection, page, judged, day)
                    if again := sum(made is not None for made in judged):
                        done += again
                        store.progress(done, max(done, number))


def texts_to_judge(connection: Connection, page: Sequence[StoredRow], day: Day) -> list[bytes]:
    """Return the snapshot to judge for each row; empty: its columns hold, or none is stored."""
    texts_by_row = newest(connection, [row for row in page if not day.holds(row)], day.at_us)
    return [texts_by_row.get(row.id, b"") for row in page]


def with_lines(
    connection: Connection,
    page: Sequence[StoredRow],
    judged: Sequence[Columns | None],
    day: Day,
) -> Iterator[tuple[StoredRow, Summary]]:
    """Yield rows with their lines; a row without judged columns is shown by its own.

    A line shows the last NES that was seen by that day, and the dates of its renewal if `day` has a
    policy for them.
    """
    for row, columns in zip(page, judged, strict=True):
        is_of_then = row.taken_us <= day.at_us
        if columns is None:
            if is_of_then:
                yield row, line(row, day.at, day.dates)
            continue
        shown = columns.workstation
        if not shown.sha256:
            nes = row if is_of_then else _with_nes(connection, row.id, day)
            if nes is not None:
                shown = replace(shown, **{name: getattr(nes, name) for name in OF_THE_NES})
        yield row, line(shown, day.at, day.dates)


def _with_nes(connection: Connection, workstation: int, day: Day) -> WorkstationRow | None:
    """Return the columns of the last snapshot that had an NES by that day."""
    seen = select(CERTIFICATE.c.id).where(
        CERTIFICATE.c.workstation_id == workstation, CERTIFICATE.c.first_seen_us <= day.at_us
    )
    if connection.execute(seen.limit(1)).first() is None:
        return None
    columns = with_nes(connection, workstation, day.at, day.validity.policy, day.at_us)
    return None if columns is None else columns.workstation
