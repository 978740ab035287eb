# SPDX-License-Identifier: Apache-2.0
"""Lists and counts the stored workstations as they stand at a moment.

A question about now is answered from the columns, after all that is due was judged (`advance`). A
question about another day is answered by judging the stored snapshots again (`another_day`).
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
from cardtool.model.lists import Summary
from cardtool.rules.renewal import Policy

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

    `policy` gives the moments of renewals, if lines are to tell them (`is_dated`); verdicts come
    from the thresholds of the last import. Memory stays flat, except for another day in an order
    that the store does not have.
    """
    now, thresholds = datetime.now(UTC), policy or Policy()
    dates = thresholds if is_dated else None
    validity = advance(store, now, thresholds)
    shown: Iterator[Summary]
    if at is None and not is_any_due(store, validity, now):
        shown = (line(row, now, dates) for row in rows(store, now, question))
    else:
        day = Day(at=at or now, validity=validity, dates=dates)
        shown = _another_day(store, day, question, is_past=at is not None and at < now)
    yield from islice(shown, question.limit)


def count(
    store: Store,
    by: By,
    at: datetime | None = None,
    question: Question = _ANY,
    policy: Policy | None = None,
) -> dict[str, Counter[str]]:
    """Count workstations by one of their values, and within it by severity.

    With `by="code"` a workstation counts once for each of its codes. A question about now reads
    the index alone, and no row.
    """
    counts: dict[str, Counter[str]] = {}
    now = datetime.now(UTC)
    validity = advance(store, now, policy or Policy())
    if at is None and not is_any_due(store, validity, now):
        for key, severity, number in _tallied(store, by, now, question):
            counts.setdefault(key, Counter())[severity] += number
        return counts
    whole = replace(question, limit=None)
    for shown in audit(store, at, whole, policy):
        keys = shown.codes if by == "code" else (str(getattr(shown, by)),)
        for key in keys:
            counts.setdefault(key, Counter())[shown.severity.value] += 1
    return counts


def _tallied(
    store: Store, by: By, now: datetime, question: Question
) -> Iterator[tuple[str, str, int]]:
    if by == "unit":
        # written as an expression, so that a question for codes uses the index on codes
        unit = _COLUMNS.unit + literal_column("''") if question.codes else _COLUMNS.unit
        columns: list[ColumnElement[Any]] = [unit.label("unit"), _COLUMNS.severity]
    else:
        columns = [_COLUMNS.codes, _COLUMNS.severity, _COLUMNS.verdict, _COLUMNS.reader]
    with store.asking() as connection:
        conditions = question.indexed(now) + question.lasting() + question.current(connection)
        query = select(*columns, func.count().label("number")).where(*conditions)
        with connection.execute(query.group_by(*columns)) as rows:
            for row in rows:
                severity = SEVERITIES[row.severity].value
                key = (
                    severity if by == "severity" else getattr(row, "codes" if by == "code" else by)
                )
                for value in split(key) if by == "code" else (key,):
                    yield value, severity, row.number


def _another_day(store: Store, day: Day, question: Question, *, is_past: bool) -> Iterator[Summary]:
    """Yield the lines of another day; sorted here if the database cannot give their order.

    Each line is compared with the question after it was judged: the columns are of another moment.
    """
    is_sorted_here = question.sort == "severity" or (is_past and question.sort != "came")
    ordered = replace(question, sort="came") if is_sorted_here else question
    conditions = [*question.indexed(day.at), *question.lasting()]
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
