# SPDX-License-Identifier: Apache-2.0
"""Lists and counts the stored workstations as they stand at a moment.

A question about now is answered from the columns, after all that is due was judged (`advance`). A
question about another day is answered by judging the stored snapshots again (`another_day`).
"""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import islice, starmap
from typing import Any, Literal

import msgspec
from msgspec.structs import replace
from sqlalchemy import func, literal_column, select
from sqlalchemy.sql import ColumnElement, true

from cardtool.fleet.asking.advance import advance, is_any_due
from cardtool.fleet.asking.another_day import Day, lines
from cardtool.fleet.asking.questions import Question, Sort, by_index, by_sorting
from cardtool.fleet.columns import SEVERITIES, StoredRow, line, split
from cardtool.fleet.store.database import Store
from cardtool.fleet.store.tables import WORKSTATION
from cardtool.model.lists import Summary
from cardtool.rules.renewal import Policy

By = Literal["severity", "verdict", "code", "reader", "unit"]

_COLUMNS = WORKSTATION.c
_ANY = Question()
_SHORT = 10_000
"""Lines of the longest list whose rows an index finds first; a longer one is read row by row."""
_AT_ONCE = 500

_PlainRow = msgspec.defstruct("_PlainRow", map(str, WORKSTATION.columns.keys()))
"""A row of the table, whose fields are read in a fifth of the time that SQLAlchemy takes."""


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
        rows = (
            _short_list if question.limit is not None and question.limit <= _SHORT else _long_list
        )
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
        conditions = question.indexed(now) + question.shared(connection)
        query = select(*columns, func.count().label("number")).where(*conditions)
        for row in connection.execute(query.group_by(*columns)):
            severity = SEVERITIES[row.severity].value
            if by == "code":
                yield from ((code, severity, row.number) for code in split(row.codes))
            else:
                yield severity if by == "severity" else getattr(row, by), severity, row.number


def _long_list(store: Store, now: datetime, question: Question) -> Iterator[StoredRow]:
    """Yield the rows of a list as the database delivers them."""
    with store.reading() as connection:
        indexed, shared = question.indexed(now), question.shared(connection)
        for condition, order in by_index(question):
            query = select(WORKSTATION).where(condition, *indexed, _among(shared)).order_by(*order)
            with connection.execute(query.limit(question.limit)) as rows:
                yield from starmap(_PlainRow, rows)


def _short_list(store: Store, now: datetime, question: Question) -> Iterator[StoredRow]:
    """Yield the rows of a short list: an index gives their numbers, then they are read."""
    numbers: list[int] = []
    with store.asking() as connection:
        indexed, shared = question.indexed(now), question.shared(connection)
        has_index = question.sort not in {"seen", "severity"} and not shared
        for condition, order in by_index(question) if has_index else by_sorting(question):
            query = select(_COLUMNS.id).where(condition, *indexed, *shared).order_by(*order)
            left = (question.limit or 0) - len(numbers)
            numbers += connection.execute(query.limit(left)).scalars() if left else ()
        for first in range(0, len(numbers), _AT_ONCE):
            part = numbers[first : first + _AT_ONCE]
            query = select(WORKSTATION).where(_COLUMNS.id.in_(part))
            fetched = {row.id: row for row in connection.execute(query)}
            # one that is missing was removed in between
            yield from (fetched[number] for number in part if number in fetched)


def _among(conditions: list[ColumnElement[bool]]) -> ColumnElement[bool]:
    """Return a condition that the database answers from an index, before it reads any row."""
    if not conditions:
        return true()
    # materialised: otherwise a LIMIT makes PostgreSQL walk all rows in the order of the list
    fitting = select(_COLUMNS.id).where(*conditions).cte("fitting")
    fitting = fitting.prefix_with("MATERIALIZED", dialect="postgresql")
    return _COLUMNS.id.in_(select(fitting.c.id))


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
        for condition, order in by_index(ordered)
    ]
    with store.reading() as connection:
        judged = (line for _, line in lines(store, connection, day, *queries))
        fitting = filter(question.fits, judged)
        if is_sorted_here:
            yield from sorted(fitting, key=_KEYS[question.sort], reverse=question.reverse)
        else:
            yield from fitting


_KEYS: dict[Sort, Callable[[Summary], Any]] = {
    "host": lambda line: line.host,
    "end": lambda line: (line.not_after_at is None, line.not_after_at or line.at),
    "unit": lambda line: (line.unit, line.host),
    "seen": lambda line: line.taken_at,
    "severity": lambda line: (-line.severity.rank, line.host),
}
