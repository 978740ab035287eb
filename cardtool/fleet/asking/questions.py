# SPDX-License-Identifier: Apache-2.0
"""What may be asked of the workstations, as conditions of a database and of a single line.

The two say the same; where the columns are not those of the moment asked for, the line decides.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import msgspec
from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    String,
    and_,
    func,
    literal,
    literal_column,
    or_,
    select,
)
from sqlalchemy.sql import true

from cardtool.fleet.store.tables import WORKSTATION
from cardtool.model.diagnosis import Severity
from cardtool.model.moments import to_us
from cardtool.model.summary import ReaderState, Summary
from cardtool.rules.codes import ROWS

Sort = Literal["came", "host", "end", "unit", "seen", "severity"]

_COLUMNS = WORKSTATION.c
_SETS = 10_000
"""More sets of codes than that are not listed in a question."""


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """Which workstations, and in what order; what is left out does not matter."""

    days: int | None = None
    """Their NES ends within so many days, or has ended."""
    readers: tuple[ReaderState, ...] = ()
    severities: tuple[Severity, ...] = ()
    units: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    """At least one of them is found."""
    hosts: tuple[str, ...] = ()
    """By name, or by what stays when it is renamed."""
    people: tuple[str, ...] = ()
    """As the store has them."""
    not_seen_since: datetime | None = None
    sort: Sort = "came"
    """`came`: in the order in which they came into the store."""
    reverse: bool = False
    limit: int | None = None

    def fits(self, line: Summary) -> bool:
        """Tell whether a line is asked for."""
        ends = line.not_after_at
        return (
            (self.days is None or (ends is not None and ends <= _ahead(line.at, self.days)))
            and (not self.readers or line.reader in self.readers)
            and (not self.severities or line.severity in self.severities)
            and (not self.units or line.unit in self.units)
            and (not self.codes or not {line.verdict, *line.codes}.isdisjoint(self.codes))
            and (not self.hosts or line.host in self.hosts or line.host_id in self.hosts)
            and (not self.people or line.person in self.people)
            and (self.not_seen_since is None or line.taken_at < self.not_seen_since)
        )

    def own(self, at: datetime) -> list[ColumnElement[bool]]:
        """Return the conditions that have an index of their own, for lines judged for a moment."""
        found: list[ColumnElement[bool]] = []
        if self.days is not None:
            found.append(_COLUMNS.not_after_us <= to_us(_ahead(at, self.days)))
        if self.hosts:
            found.append(or_(_COLUMNS.host.in_(self.hosts), _COLUMNS.host_key.in_(self.hosts)))
        if self.people:
            found.append(_COLUMNS.person.in_(self.people))
        if self.not_seen_since is not None:
            found.append(_COLUMNS.taken_us < to_us(self.not_seen_since))
        return found

    def shared(self) -> list[ColumnElement[bool]]:
        """Return the conditions on what many have in common and no time changes."""
        found: list[ColumnElement[bool]] = []
        if self.readers:
            found.append(_COLUMNS.reader.in_([each.value for each in self.readers]))
        if self.units:
            found.append(_COLUMNS.unit.in_(self.units))
        return found

    def passing(self, connection: Connection) -> list[ColumnElement[bool]]:
        """Return the conditions on what is so now, and will not always be."""
        found: list[ColumnElement[bool]] = []
        if self.severities:
            found.append(_COLUMNS.severity.in_([each.rank for each in self.severities]))
        if self.codes:
            found.append(_with_codes(connection, self.codes))
        return found


def _ahead(at: datetime, days: int) -> datetime:
    """Return the moment so many days on, or the calendar's last or first."""
    try:
        return at + timedelta(days=days)
    except OverflowError:
        if days > 0:
            return datetime.max.replace(tzinfo=UTC)
        return datetime.min.replace(tzinfo=UTC)


def _with_codes(connection: Connection, codes: tuple[str, ...]) -> ColumnElement[bool]:
    """Return the condition that one of the codes is found.

    Thousands of workstations share a set of codes: the sets that have one are listed, so that
    the index on them serves.
    """
    sets = connection.execute(_every_set().limit(_SETS)).scalars().all()
    if len(sets) < _SETS:
        fitting = [
            each for each in sets if each is not None and not set(codes).isdisjoint(each.split())
        ]
        found = _COLUMNS.codes.in_(fitting)
        well = [each for each in codes if each in ROWS and ROWS[each].severity is Severity.OK]
        # what is in order is no code of a set, but decides where nothing else does
        return or_(found, and_(_COLUMNS.codes == "", _COLUMNS.verdict.in_(well))) if well else found
    padded = literal(" ") + _COLUMNS.codes + literal(" ")
    return or_(
        _COLUMNS.verdict.in_(codes),
        *(padded.contains(f" {code} ", autoescape=True) for code in codes),
    )


def _every_set() -> Select[str | None]:
    """Return the question for every set of codes there is: from one to the next of the index.

    Neither database skips through an index by itself for DISTINCT.
    """
    sets = select(func.min(_COLUMNS.codes, type_=String).label("codes")).cte("sets", recursive=True)
    following = select(func.min(_COLUMNS.codes, type_=String))
    following = following.where(_COLUMNS.codes > sets.c.codes).correlate(sets)
    step = select(following.scalar_subquery()).where(sets.c.codes.is_not(None))
    every = sets.union_all(step)
    return select(every.c.codes)


Part = tuple[ColumnElement[bool], tuple[ColumnElement[Any], ...]]
"""Of a list: which rows are in it, and their order."""


def walked(question: Question) -> list[Part]:
    """Return the parts of the list that follow each other.

    Each is in the order of an index where there is one, so that most are not kept to be sorted,
    and both databases put what has no value last.
    """
    if question.sort == "severity":
        ranks = sorted((each.rank for each in Severity), reverse=not question.reverse)
        return [(_COLUMNS.severity == rank, (_COLUMNS.host, _COLUMNS.id)) for rank in ranks]
    order = tuple(_turned(_KEYS[question.sort], is_reverse=question.reverse))
    if question.sort == "end":
        end = _COLUMNS.not_after_us
        return [(end.is_not(None), order), (end.is_(None), order)]
    return [(true(), order)]


def scanned(question: Question) -> list[Part]:
    """Return the same list, each part sorted from what one pass through an index found.

    Both databases would rather walk in the order of the list, row by row, until there are enough
    that fit, and so through all rows where two conditions hardly meet: expressions have no index.
    """
    if question.sort == "severity":
        return [(condition, tuple(map(_bare, order))) for condition, order in walked(question)]
    keys = map(_bare, _KEYS[question.sort])
    order = tuple(_turned(keys, is_reverse=question.reverse))
    if question.sort == "end":
        order = (_COLUMNS.not_after_us.is_(None), *order)
    return [(true(), order)]


_KEYS: dict[Sort, tuple[ColumnElement[Any], ...]] = {
    "came": (_COLUMNS.id,),
    "host": (_COLUMNS.host, _COLUMNS.id),
    "end": (_COLUMNS.not_after_us, _COLUMNS.id),
    "unit": (_COLUMNS.unit, _COLUMNS.host, _COLUMNS.id),
    "seen": (_COLUMNS.taken_us, _COLUMNS.id),
}


def _turned(
    keys: Iterable[ColumnElement[Any]], *, is_reverse: bool
) -> Iterator[ColumnElement[Any]]:
    return (each.desc() if is_reverse else each for each in keys)


def _bare(column: ColumnElement[Any]) -> ColumnElement[Any]:
    """Return the same value as an expression, so that no index is used for it."""
    return column + literal_column("''" if isinstance(column.type, String) else "0")
