# SPDX-License-Identifier: Apache-2.0
"""Fetches the rows of a list for now, in the quickest way.

For a short list an index gives the numbers of the rows, and only these rows are read. A long list
is read as the database delivers it.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.sql import ColumnElement, true

from cardtool.fleet.asking.questions import Question, scanned, walked
from cardtool.fleet.store.database import Store
from cardtool.fleet.store.tables import WORKSTATION

_COLUMNS = WORKSTATION.c
_WANTED = select(WORKSTATION)

_FEW = 10_000
"""Most lines of a list whose rows are looked up first; a longer one is read row by row."""
_AT_ONCE = 500


def rows(store: Store, now: datetime, question: Question) -> Iterator[Any]:
    """Yield the rows that are asked for."""
    is_short = question.limit is not None and question.limit <= _FEW
    return (_few if is_short else _all)(store, now, question)


def _all(store: Store, now: datetime, question: Question) -> Iterator[Any]:
    """Yield the rows of a list as they are fetched."""
    with store.reading() as connection:
        indexed, fitting = question.indexed(now), question.lasting() + question.current(connection)
        for condition, order in walked(question):
            query = _WANTED.where(condition, *indexed, _among(fitting)).order_by(*order)
            with connection.execute(query.limit(question.limit)) as found:
                yield from found


def _few(store: Store, now: datetime, question: Question) -> Iterator[Any]:
    """Yield the rows of a short list: an index gives their numbers, then they are read."""
    numbers: list[int] = []
    with store.asking() as connection:
        indexed, fitting = question.indexed(now), question.lasting() + question.current(connection)
        has_index = question.sort not in {"seen", "severity"} and not fitting
        for condition, order in walked(question) if has_index else scanned(question):
            query = select(_COLUMNS.id).where(condition, *indexed, *fitting).order_by(*order)
            left = (question.limit or 0) - len(numbers)
            numbers += connection.execute(query.limit(left)).scalars() if left else ()
        for first in range(0, len(numbers), _AT_ONCE):
            some = numbers[first : first + _AT_ONCE]
            query = _WANTED.where(_COLUMNS.id.in_(some))
            fetched = {row.id: row for row in connection.execute(query)}
            for number in some:
                if number in fetched:  # otherwise it was removed in between
                    yield fetched[number]


def _among(fitting: list[ColumnElement[bool]]) -> ColumnElement[bool]:
    """Return a condition that the database answers from an index, before it reads any row."""
    if not fitting:
        return true()
    # materialised: otherwise a LIMIT makes PostgreSQL walk all rows in the order of the list
    found = select(_COLUMNS.id).where(*fitting).cte("fitting")
    found = found.prefix_with("MATERIALIZED", dialect="postgresql")
    return _COLUMNS.id.in_(select(found.c.id))
