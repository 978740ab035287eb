# SPDX-License-Identifier: Apache-2.0
"""What may be asked about workstations, as SQL conditions and as a test of one line.

Both mean the same. If the columns do not hold for the moment that is asked about, the test of the
line decides.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import msgspec
import sqlalchemy as sa
from sqlalchemy import ColumnElement, Connection, String, func, select

from cardtool.fleet.store.tables import WORKSTATION
from cardtool.model.diagnosis import Severity
from cardtool.model.lists import ReaderState, Summary
from cardtool.model.moments import to_us
from cardtool.rules.codes import ROWS

Sort = Literal["came", "host", "end", "unit", "seen", "severity"]

_COLUMNS = WORKSTATION.c
_SETS = 10_000
"""A store with more different sets of codes than this is asked without listing them."""


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """Which workstations are listed and in which order; an empty field leaves nothing out."""

    days: int | None = None
    """The NES ends within so many days, or has ended."""
    readers: tuple[ReaderState, ...] = ()
    severities: tuple[Severity, ...] = ()
    units: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    """The workstation has at least one of these codes."""
    hosts: tuple[str, ...] = ()
    """Names, or `host_id`s."""
    people: tuple[str, ...] = ()
    """Identity numbers as the store has them: whole, masked or hashed."""
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

    def indexed(self, at: datetime) -> list[ColumnElement[bool]]:
        """Return the conditions on columns that have an index each."""
        conditions: list[ColumnElement[bool]] = []
        if self.days is not None:
            conditions.append(_COLUMNS.not_after_us <= to_us(_ahead(at, self.days)))
        if self.hosts:
            is_named = _COLUMNS.host.in_(self.hosts)
            conditions.append(sa.or_(is_named, _COLUMNS.host_key.in_(self.hosts)))
        if self.people:
            conditions.append(_COLUMNS.person.in_(self.people))
        if self.not_seen_since is not None:
            conditions.append(_COLUMNS.taken_us < to_us(self.not_seen_since))
        return conditions

    def lasting(self) -> list[ColumnElement[bool]]:
        """Return the conditions on columns that many rows share and that time does not change."""
        conditions: list[ColumnElement[bool]] = []
        if self.readers:
            conditions.append(_COLUMNS.reader.in_([state.value for state in self.readers]))
        if self.units:
            conditions.append(_COLUMNS.unit.in_(self.units))
        return conditions

    def shared(self, connection: Connection) -> list[ColumnElement[bool]]:
        """Return the conditions on columns that many rows share; time changes some of these."""
        conditions = self.lasting()
        if self.severities:
            ranks = [severity.rank for severity in self.severities]
            conditions.append(_COLUMNS.severity.in_(ranks))
        if self.codes:
            conditions.append(_with_codes(connection, self.codes))
        return conditions


def _ahead(at: datetime, days: int) -> datetime:
    """Return the moment so many days later, or the last or first that `datetime` has."""
    try:
        return at + timedelta(days=days)
    except OverflowError:
        return datetime.max.replace(tzinfo=UTC) if days > 0 else datetime.min.replace(tzinfo=UTC)


def _with_codes(connection: Connection, codes: tuple[str, ...]) -> ColumnElement[bool]:
    """Return the condition that a workstation has one of the codes.

    Thousands of workstations share one set of codes. The condition lists the sets that contain a
    code, so that the database can use the index on `codes`.
    """
    sets = connection.execute(_every_set().limit(_SETS)).scalars().all()
    if len(sets) < _SETS:
        fitting = [one for one in sets if one and not set(codes).isdisjoint(one.split())]
        in_a_set = _COLUMNS.codes.in_(fitting)
        well = [code for code in codes if code in ROWS and ROWS[code].severity is Severity.OK]
        if not well:
            return in_a_set
        # a code of something in order is in no set; it is the verdict where the set is empty
        return sa.or_(in_a_set, sa.and_(_COLUMNS.codes == "", _COLUMNS.verdict.in_(well)))
    padded = sa.literal(" ") + _COLUMNS.codes + sa.literal(" ")
    return sa.or_(
        _COLUMNS.verdict.in_(codes),
        *(padded.contains(f" {code} ", autoescape=True) for code in codes),
    )


def _every_set() -> sa.Select[str | None]:
    """Return the query for every different set of codes.

    It steps through the index from each set to the next: for DISTINCT both databases would read
    the whole index.
    """
    sets = select(func.min(_COLUMNS.codes, type_=String).label("codes")).cte("sets", recursive=True)
    following = select(func.min(_COLUMNS.codes, type_=String))
    following = following.where(_COLUMNS.codes > sets.c.codes).correlate(sets)
    step = select(following.scalar_subquery()).where(sets.c.codes.is_not(None))
    every = sets.union_all(step)
    return select(every.c.codes)


_Order = tuple[ColumnElement[Any], ...]
Part = tuple[ColumnElement[bool], _Order]
"""A part of a list: which rows are in it, and their order."""


def by_index(question: Question) -> list[Part]:
    """Return the parts that a list consists of, one after the other.

    Each part is in the order of an index if there is one, so that most parts need no sorting. Rows
    without a value come last on both databases.
    """
    if question.sort == "severity":
        ranks = sorted((severity.rank for severity in Severity), reverse=not question.reverse)
        return [(_COLUMNS.severity == rank, (_COLUMNS.host, _COLUMNS.id)) for rank in ranks]
    order = _directed(_KEYS[question.sort], is_reverse=question.reverse)
    if question.sort == "end":
        end = _COLUMNS.not_after_us
        return [(end.is_not(None), order), (end.is_(None), order)]
    return [(sa.true(), order)]


def by_sorting(question: Question) -> list[Part]:
    """Return the same list, ordered by expressions, which have no index.

    With an index on the order both databases read row after row in that order until enough rows
    fit: all rows, where hardly any row meets two conditions. So they find the fitting rows first,
    and sort these.
    """
    if question.sort == "severity":
        return [(condition, tuple(map(_bare, order))) for condition, order in by_index(question)]
    order = _directed(map(_bare, _KEYS[question.sort]), is_reverse=question.reverse)
    if question.sort == "end":
        order = (_COLUMNS.not_after_us.is_(None), *order)
    return [(sa.true(), order)]


_KEYS: dict[Sort, _Order] = {
    "came": (_COLUMNS.id,),
    "host": (_COLUMNS.host, _COLUMNS.id),
    "end": (_COLUMNS.not_after_us, _COLUMNS.id),
    "unit": (_COLUMNS.unit, _COLUMNS.host, _COLUMNS.id),
    "seen": (_COLUMNS.taken_us, _COLUMNS.id),
}


def _directed(keys: Iterable[ColumnElement[Any]], *, is_reverse: bool) -> _Order:
    return tuple(key.desc() if is_reverse else key for key in keys)


def _bare(column: ColumnElement[Any]) -> ColumnElement[Any]:
    """Return the same value as an expression, so that no index is used for it."""
    return column + sa.literal_column("''" if isinstance(column.type, String) else "0")
