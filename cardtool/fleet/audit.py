# SPDX-License-Identifier: Apache-2.0
"""Lists and counts the stored workstations as they stand at a moment.

Now is answered by the columns; a day to come by the phases of each row, as it passes; a day gone
by the looks that had been taken by then.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import islice
from typing import Any, Literal

import msgspec
from sqlalchemy import Connection, Row, func, literal_column, select
from sqlalchemy.sql import ColumnElement

from cardtool.fleet.fetching import NAMES, rows
from cardtool.fleet.history import looks
from cardtool.fleet.judging import SEVERITIES, from_us, to_us
from cardtool.fleet.questions import Question, walked
from cardtool.fleet.standing import advance, standing
from cardtool.fleet.store import Store
from cardtool.fleet.tables import WORKSTATION
from cardtool.model.summary import ReaderState, Summary
from cardtool.rules import diagnose
from cardtool.rules.policy import Policy
from cardtool.rules.summary import renewal_of, summarise

By = Literal["severity", "verdict", "code", "reader", "unit"]

_COLUMNS = WORKSTATION.c
_DAY = timedelta(days=1)
_WITH_NES = ("holder", "person", "issuer", "sha256", "not_before_at", "not_after_at",
             "days_left", "card_seen_at")  # fmt: skip
_READERS = {each.value: each for each in ReaderState}
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

    `policy` is for days gone, for which looks are judged again, and for the moments of renewals,
    if lines are to have them (`is_dated`). Flat in memory, except for a day gone in another order
    than that in which they came.
    """
    now, own = datetime.now(UTC), policy or Policy()
    dates = own if is_dated else None
    if at is None:
        asked = _now if advance(store, now) else _then
        lines = asked(store, now, question, dates)
    elif at >= now:
        lines = _then(store, at, question, dates)
    else:
        lines = _once(store, at, question, own)
    yield from islice(lines, question.limit)


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
    if at is None and advance(store, now):
        for key, severity, number in _tallied(store, by, now, question):
            found.setdefault(key, Counter())[severity] += number
        return found
    for line in audit(store, at, msgspec.structs.replace(question, limit=None), policy):
        keys = line.codes if by == "code" else (str(getattr(line, by)),)
        for key in keys:
            found.setdefault(key, Counter())[line.severity.value] += 1
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
                for each in _codes(key) if by == "code" else (key,):
                    yield each, severity, row.number


def _now(
    store: Store, now: datetime, question: Question, dates: Policy | None
) -> Iterator[Summary]:
    now_us = to_us(now)
    for connection, row in rows(store, now, question):
        if row.turns_us is not None and row.turns_us <= now_us:  # held by another
            yield line_of(connection, row, now, dates)
        else:
            yield _line(row, now, dates)


def line_of(
    connection: Connection, row: Row[tuple[Any, ...]], at: datetime, dates: Policy | None
) -> Summary:
    """Return the line of a row whose columns are not those of the moment."""
    query = select(_COLUMNS.phases).where(_COLUMNS.id == row.id)
    phases: str = connection.execute(query).scalar_one()
    return _line(row, at, dates, standing(phases, row.readers, to_us(at)))


def _then(
    store: Store, at: datetime, question: Question, dates: Policy | None
) -> Iterator[Summary]:
    """Yield lines of a moment that is not past; severities are what the phases say then."""
    at_us = to_us(at)
    is_ranked = question.sort == "severity"
    columns = [*(_COLUMNS[name] for name in NAMES), _COLUMNS.phases]
    with store.reading() as connection:
        for rank, (condition, order) in zip(_ranks(question), walked(question), strict=False):
            query = select(*columns).where(*question.own(at), *question.shared()).order_by(*order)
            with connection.execute(query if is_ranked else query.where(condition)) as rows:
                for row in rows:
                    line = _line(row, at, dates, standing(row.phases, row.readers, at_us))
                    if question.fits(line) and (not is_ranked or line.severity.rank == rank):
                        yield line


def _ranks(question: Question) -> list[int]:
    return sorted(range(len(SEVERITIES)), reverse=not question.reverse)


def _once(store: Store, at: datetime, question: Question, policy: Policy) -> Iterator[Summary]:
    """Yield lines of a moment that is past, from what was known of it then."""
    at_us = to_us(at)
    columns = [*(_COLUMNS[name] for name in NAMES), _COLUMNS.phases]
    query = select(*columns).where(_COLUMNS.first_seen_us <= at_us).order_by(_COLUMNS.id)

    def lines() -> Iterator[Summary]:
        with store.reading() as connection, connection.execute(query) as rows:
            for row in rows:
                if row.taken_us <= at_us:
                    line: Summary | None = _line(
                        row, at, None, standing(row.phases, row.readers, at_us)
                    )
                else:
                    line = _looked_back(connection, row, at, policy)
                if line is not None and question.fits(line):
                    yield line

    if question.sort == "came" and not question.reverse:
        return lines()
    keys = {
        "came": lambda _: (0,),
        "host": lambda line: (0, line.host),
        "end": lambda line: (line.not_after_at is None, line.not_after_at or line.at),
        "unit": lambda line: (0, line.unit, line.host),
        "seen": lambda line: (0, line.taken_at),
        "severity": lambda line: (-line.severity.rank, line.host),
    }
    return iter(sorted(lines(), key=keys[question.sort], reverse=question.reverse))


def _looked_back(
    connection: Connection, row: Row[Any], at: datetime, policy: Policy
) -> Summary | None:
    """Return the line of the latest look by then, with the last NES seen by then."""
    line: Summary | None = None
    for look in looks(connection, row.id, to_us(at)):
        found = summarise(diagnose(look, at, policy))
        if line is None:
            line = found
        if found.sha256:
            nes = {name: getattr(found, name) for name in _WITH_NES}
            return msgspec.structs.replace(line, **nes)
    return line


@lru_cache(maxsize=4096)
def _codes(codes: str) -> tuple[str, ...]:
    return tuple(codes.split())


@lru_cache(maxsize=4096)
def _readers(readers: str) -> tuple[str, ...]:
    return msgspec.json.decode(readers, type=tuple[str, ...])


def _line(
    row: Sequence[Any], at: datetime, dates: Policy | None, changed: dict[str, Any] | None = None
) -> Summary:
    # fmt: off
    (_, host_key, host, unit, user, taken_us, severity, verdict, codes, _, reader, readers,
     holder, person, issuer, sha256, begins_us, ends_us, seen_us, *_) = row
    # fmt: on
    if changed is not None:
        severity, verdict = changed["severity"], changed["verdict"]
        codes, reader = changed["codes"], changed["reader"]
    ends = opens = apply_by = None
    if ends_us is not None:
        ends = from_us(ends_us)
        if dates is not None:
            opens, apply_by = renewal_of(issuer, ends, dates)
    return Summary(
        host=host,
        host_id="" if host_key == host else host_key,
        unit=unit,
        user=user,
        at=at,
        taken_at=from_us(taken_us),
        severity=SEVERITIES[severity],
        verdict=verdict,
        codes=_codes(codes),
        reader=_READERS[reader],
        readers=_readers(readers),
        holder=holder,
        person=person,
        issuer=issuer,
        sha256=sha256,
        not_before_at=None if begins_us is None else from_us(begins_us),
        not_after_at=ends,
        days_left=None if ends is None else (ends - at) // _DAY,
        card_seen_at=None if seen_us is None else from_us(seen_us),
        opens_at=opens,
        apply_by_at=apply_by,
    )
