# SPDX-License-Identifier: Apache-2.0
"""Lists and counts the stored workstations as they stand at a moment.

Now is answered by the columns, once what is due was judged (`advance`); another day by judging the
snapshots again that were kept (`another_day`).
"""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import islice
from typing import Any, Literal

from msgspec.structs import replace
from sqlalchemy import func, literal_column, select
from sqlalchemy.sql import ColumnElement

from cardtool.fleet.asking.advance import advance, is_any_due
from cardtool.fleet.asking.another_day import Day, lines
from cardtool.fleet.asking.fetching import rows
from cardtool.fleet.asking.questions import Question, Sort, walked
from cardtool.fleet.columns import SEVERITIES, line, split
from cardtool.fleet.store.database import Store
from cardtool.fleet.store.tables import WORKSTATION
from cardtool.model.summary import Summary
from cardtool.rules.policy import Policy

By = Literal["severity", "verdict", "code", "reader", "unit"]

_COLUMNS = WORKSTATION.c
_ANY = Question()


def audit(
    store: Store,
    at: datetime | None = None,
    question: Question = _ANY,
    policy: Policy | None = None,
    *,
    is_dated: bool = False,
) -> Iterator[Summary]:
    """Yield the line of every workstation that is asked for, as it stands at a moment; None: now.

    `policy` is for the moments of renewals, if lines are to have them (`is_dated`); verdicts are by
    the thresholds of the import. Flat in memory, except for another day in another order than that
    of the store.
    """
    now, own = datetime.now(UTC), policy or Policy()
    dates = own if is_dated else None
    columned = advance(store, now, own)
    found: Iterator[Summary]
    if at is None and not is_any_due(store, columned, now):
        found = (line(row, now, dates) for row in rows(store, now, question))
    else:
        day = Day(at=at or now, columned=columned, dates=dates)
        found = _another_day(store, day, question, is_past=at is not None and at < now)
    yield from islice(found, question.limit)


def count(
    store: Store,
    by: By,
    at: datetime | None = None,
    question: Question = _ANY,
    policy: Policy | None = None,
) -> dict[str, Counter[str]]:
    """Count workstations by what they have in common, and each by its severity.

    By code, one counts for every code that is found there. For now no row is read.
    """
    found: dict[str, Counter[str]] = {}
    now = datetime.now(UTC)
    columned = advance(store, now, policy or Policy())
    if at is None and not is_any_due(store, columned, now):
        for key, severity, number in _tallied(store, by, now, question):
            found.setdefault(key, Counter())[severity] += number
        return found
    whole = replace(question, limit=None)
    for one in audit(store, at, whole, policy):
        keys = one.codes if by == "code" else (str(getattr(one, by)),)
        for key in keys:
            found.setdefault(key, Counter())[one.severity.value] += 1
    return found


def _tallied(
    store: Store, by: By, now: datetime, question: Question
) -> Iterator[tuple[str, str, int]]:
    if by == "unit":
        # an expression, so that the index on codes is taken where codes are asked for
        unit = _COLUMNS.unit + literal_column("''") if question.codes else _COLUMNS.unit
        columns: list[ColumnElement[Any]] = [unit.label("unit"), _COLUMNS.severity]
    else:
        columns = [_COLUMNS.codes, _COLUMNS.severity, _COLUMNS.verdict, _COLUMNS.reader]
    with store.asking() as connection:
        conditions = question.own(now) + question.shared() + question.passing(connection)
        query = select(*columns, func.count().label("number")).where(*conditions)
        with connection.execute(query.group_by(*columns)) as rows:
            for row in rows:
                severity = SEVERITIES[row.severity].value
                key = (
                    severity if by == "severity" else getattr(row, "codes" if by == "code" else by)
                )
                for each in split(key) if by == "code" else (key,):
                    yield each, severity, row.number


def _another_day(store: Store, day: Day, question: Question, *, is_past: bool) -> Iterator[Summary]:
    """Return the lines of another day; where the database has no order for them, they are sorted.

    Whether a line fits the question, only the line itself can say.
    """
    is_sorted_here = question.sort == "severity" or (is_past and question.sort != "came")
    ordered = replace(question, sort="came") if is_sorted_here else question
    conditions = [*question.own(day.at), *question.shared()]
    if is_past:
        conditions = [_COLUMNS.first_seen_us <= day.at_us]
    queries = [
        select(WORKSTATION).where(condition, *conditions).order_by(*order)
        for condition, order in walked(ordered)
    ]
    with store.reading() as connection:
        every = (line for _, line in lines(store, connection, day, *queries))
        fitting = filter(question.fits, every)
        if is_sorted_here:
            yield from sorted(fitting, key=_KEYS[question.sort], reverse=question.reverse)
        else:
            yield from fitting


_KEYS: dict[Sort, Callable[[Summary], Any]] = {
    "came": lambda _: (0,),
    "host": lambda line: (0, line.host),
    "end": lambda line: (line.not_after_at is None, line.not_after_at or line.at),
    "unit": lambda line: (0, line.unit, line.host),
    "seen": lambda line: (0, line.taken_at),
    "severity": lambda line: (-line.severity.rank, line.host),
}
