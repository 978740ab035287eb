# SPDX-License-Identifier: Apache-2.0
"""How workstations stand on another day, by the snapshots that had been taken by then.

Columns that hold on a day to come are taken as they are; every other line is judged again, in
processes where there are many.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import msgspec
from msgspec.structs import replace
from sqlalchemy import Connection, Select, func, select
from sqlalchemy.sql import ColumnElement, true

from cardtool.fleet.asking.advance import Columned
from cardtool.fleet.asking.past import latest, own, summary, texts, with_nes
from cardtool.fleet.asking.questions import Question, walked
from cardtool.fleet.columns import line
from cardtool.fleet.pool import Terms, current_terms, judging, results
from cardtool.fleet.store.database import Store
from cardtool.fleet.store.tables import CERTIFICATE, WORKSTATION
from cardtool.model.moments import to_us
from cardtool.model.summary import Summary
from cardtool.rules.policy import Policy
from cardtool.rules.summary import dated

_AT_ONCE = 500

_Row = Any


class Day(msgspec.Struct, frozen=True, kw_only=True):
    """Another day, and what is known of the columns."""

    at: datetime
    is_past: bool
    columned: Columned
    dates: Policy | None = None
    """By which lines tell the moments of renewals; None: they do not."""

    def needs_judging(self) -> ColumnElement[bool]:
        """Return the condition that a row's columns are not those of the day."""
        return true() if self.is_past else self.columned.due(self.at)

    def is_judged(self, row: _Row) -> bool:
        """Tell whether the columns of a row are not those of the day."""
        return self.is_past or not self.columned.holds(row, to_us(self.at))


def lines(store: Store, day: Day, question: Question) -> Iterator[Summary]:
    """Yield the lines of a day; whether one fits the question, only the line itself can say.

    In the order of the question, where the database has one for a day to come.
    """
    at_us = to_us(day.at)
    if day.is_past:
        conditions = [WORKSTATION.c.first_seen_us <= at_us]
        queries = [select(WORKSTATION).where(*conditions).order_by(WORKSTATION.c.id)]
    else:
        conditions = [*question.own(day.at), *question.shared()]
        ordered = replace(question, sort="came") if question.sort == "severity" else question
        queries = [
            select(WORKSTATION).where(condition, *conditions).order_by(*order)
            for condition, order in walked(ordered)
        ]
    with store.asking() as connection:
        needed = select(func.count()).where(day.needs_judging(), *conditions)
        number = connection.execute(needed).scalar_one()
    terms = Terms(at=day.at, policy=day.columned.policy)
    done = 0
    with store.reading() as connection, judging(terms, number) as pool:
        for query in queries:
            tasks = _pages(connection, query, day)
            for page, judged in results(pool, summaries, tasks):
                again = iter(judged)
                for row in page:
                    found = next(again) if day.is_judged(row) else None
                    if found is None and row.taken_us <= at_us:
                        found = line(row, day.at, day.dates)
                    if found is not None:
                        yield _completed(connection, row, found, day)
                done += len(judged)
                if judged:
                    store.progress(done, max(done, number))


def summaries(bodies: list[bytes]) -> list[Summary | None]:
    """Judge stored snapshots, in whatever process; of an empty text there is no line."""
    terms = current_terms()
    return [summary(body, terms.at, terms.policy) if body else None for body in bodies]


def _pages(
    connection: Connection, query: Select[Any], day: Day
) -> Iterator[tuple[list[_Row], list[bytes]]]:
    """Yield some rows at a time, with the snapshots of those that must be judged."""
    at_us = to_us(day.at)
    with connection.execute(query) as found:
        for page in found.partitions(_AT_ONCE):
            judged = [row for row in page if day.is_judged(row)]
            bodies = own(connection, [row.id for row in judged if row.taken_us <= at_us])
            others = [row.id for row in judged if row.id not in bodies]
            bodies |= latest(connection, others, at_us) if others else {}
            yield list(page), [bodies.get(row.id, b"") for row in judged]


def _completed(connection: Connection, row: _Row, found: Summary, day: Day) -> Summary:
    """Return a line with the last NES that had been seen, and with its dates if it has some."""
    if day.is_judged(row) and not found.sha256:
        at_us = to_us(day.at)
        if row.taken_us <= at_us:
            known: Summary | None = line(row, day.at)
        else:
            known = (
                _with_nes(connection, row.id, day) if _has_seen(connection, row, at_us) else None
            )
        if known is not None and known.sha256:
            found = with_nes(found, known)
    return found if day.dates is None or found.opens_at else dated(found, day.dates)


def _has_seen(connection: Connection, row: _Row, at_us: int) -> bool:
    seen = select(CERTIFICATE.c.id).where(
        CERTIFICATE.c.workstation_id == row.id, CERTIFICATE.c.first_seen_us <= at_us
    )
    return connection.execute(seen.limit(1)).first() is not None


def _with_nes(connection: Connection, workstation: int, day: Day) -> Summary | None:
    """Return the line of the last snapshot by then that had an NES."""
    earlier = texts(connection, workstation, to_us(day.at))
    found = (summary(text, day.at, day.columned.policy) for text in earlier)
    return next((each for each in found if each.sha256), None)
