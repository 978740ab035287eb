# SPDX-License-Identifier: Apache-2.0
"""What changed since another day, and whether a new snapshot or only time changed it."""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from functools import lru_cache, partial
from typing import Any

from sqlalchemy import Connection, select

from cardtool.fleet.asking.advance import advance, judge_again, judge_one
from cardtool.fleet.asking.another_day import Day, texts_to_judge, with_lines
from cardtool.fleet.columns import Columns, StoredRow
from cardtool.fleet.store.database import Store
from cardtool.fleet.store.tables import WORKSTATION
from cardtool.model.lists import Change, ReaderState, Summary
from cardtool.model.snapshot import Reader
from cardtool.rules.renewal import Policy

_AT_ONCE = 500


def changes(store: Store, since: datetime, at: datetime, policy: Policy) -> Iterator[Change]:
    """Yield what changed between two moments, workstation by workstation.

    A workstation is left out if its snapshots up to the first moment were removed.
    """
    validity = advance(store, datetime.now(UTC), policy)
    first, last = (Day(at=moment, validity=validity) for moment in (since, at))
    query = select(WORKSTATION).where(WORKSTATION.c.first_seen_us <= last.at_us)
    query = query.order_by(WORKSTATION.c.id)
    with store.reading() as connection, connection.execute(query) as rows:
        for page in rows.partitions(_AT_ONCE):
            texts_then, then = _snapshots_and_lines(connection, page, first)
            _, now = _snapshots_and_lines(connection, page, last)
            for row in page:
                if row.id not in now:
                    continue
                if row.first_seen_us > first.at_us:
                    yield _change(row, now[row.id], what="workstation-new")
                elif row.id in then and (first.holds(row) or texts_then[row.id]):
                    still = partial(judge_one, texts_then[row.id], at, validity.policy)
                    yield from _compared(row, then[row.id], now[row.id], still)


def _snapshots_and_lines(
    connection: Connection, page: Sequence[StoredRow], day: Day
) -> tuple[dict[int, bytes], dict[int, Summary]]:
    """Return the snapshots that workstations are judged by on a day, and their lines."""
    texts = texts_to_judge(connection, page, day)
    judged = judge_again(texts, day.at, day.validity.policy)
    lines = {row.id: line for row, line in with_lines(connection, page, judged, day)}
    return {row.id: text for row, text in zip(page, texts, strict=True)}, lines


def _compared(
    row: StoredRow, then: Summary, now: Summary, still: Callable[[], Columns | None]
) -> Iterator[Change]:
    """Yield the differences; `still` judges the earlier snapshot for the later moment."""
    if then.taken_at == now.taken_at:
        yield _change(row, now, what="workstation-not-seen")
    if then.verdict != now.verdict:
        # does the earlier snapshot alone give the new verdict? then only time has passed
        is_time = then.taken_at == now.taken_at
        if not is_time and (judged := still()) is not None:
            is_time = judged.workstation.verdict == now.verdict
        by = "time" if is_time else "look"
        yield _change(row, now, what="verdict", before=then.verdict, after=now.verdict, by=by)
    if ReaderState.UNKNOWN not in (then.reader, now.reader):
        before, after = _lasting(then.readers), _lasting(now.readers)
        for name in sorted(after - before):
            yield _change(row, now, what="reader-appeared", after=name)
        for name in sorted(before - after):
            yield _change(row, now, what="reader-vanished", before=name)
    # a card that is not there keeps counting until another one is seen
    if now.sha256 not in ("", then.sha256):
        ended, ends = then.not_after_at, now.not_after_at
        is_renewed = then.person == now.person and ended and ends and ends > ended
        what = "card-renewed" if is_renewed else "card-changed"
        yield _change(row, now, what=what, before=then.sha256, after=now.sha256, ends_at=ends)


@lru_cache(maxsize=4096)
def _lasting(readers: tuple[str, ...]) -> frozenset[str]:
    """Return the names of readers without the numbers that change at each start."""
    return frozenset(Reader(name=name).lasting_name for name in readers)


def _change(row: StoredRow, now: Summary, **fields: Any) -> Change:  # noqa: ANN401 - those of `Change`
    return Change(
        host=row.host, host_id=now.host_id, unit=row.unit, taken_at=now.taken_at, **fields
    )
