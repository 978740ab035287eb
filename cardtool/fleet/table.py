# SPDX-License-Identifier: Apache-2.0
"""The whole list as CSV, straight from the rows: the same bytes as `views.csv` of `audit`.

A million lines are waited for, and most of the time went into making moments of numbers, a
`Summary` of them, and texts of those again. What a cell may hold stays `views.csv`'s to say.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any

import msgspec

from cardtool.fleet.audit import audit, line_of
from cardtool.fleet.fetching import NAMES, rows
from cardtool.fleet.judging import SEVERITIES, from_us, to_us
from cardtool.fleet.questions import Question
from cardtool.fleet.standing import advance
from cardtool.fleet.store import Store
from cardtool.model.diagnosis import Severity
from cardtool.model.hiding import Hiding
from cardtool.rules.policy import Policy
from cardtool.rules.summary import renewal_of
from cardtool.views import csv
from cardtool.views.moments import iso

_SECOND_US = 1_000_000
_DAY_S = 86_400
_DAY_US = _DAY_S * _SECOND_US
_AHEAD_US = 3 * 3600 * _SECOND_US
"""Of the clocks in Turkey, `rules.workdays`."""
_FIRST_US, _LAST_US = -(2**54), 2**57
"""Within are the years 1399 to 6536, where a day is no edge of the calendar."""
_FIRST_DAY = date(1970, 1, 1).toordinal()
_TURNS, _SEVERITY = NAMES.index("turns_us"), NAMES.index("severity")
_BLOCK = 500
"""Lines that are handed on at once."""


def table(
    store: Store,
    question: Question,
    policy: Policy,
    note: Callable[[Severity], None],
    hiding: Hiding | None = None,
) -> Iterator[str]:
    """Yield the list of `audit` for now, dated, as CSV; `note` is told every severity in it.

    `hiding` is for a list that leaves; None: persons stay as the store has them.
    """
    now = datetime.now(UTC)
    noted: set[int] = set()
    block: list[str] = []
    yield csv.HEADING
    for rank, text in _lines(store, now, question, policy, hiding):
        if rank not in noted:
            noted.add(rank)
            note(SEVERITIES[rank])
        block.append(text)
        if len(block) == _BLOCK:
            yield "".join(block)
            block.clear()
    yield "".join(block)


def _lines(
    store: Store, now: datetime, question: Question, policy: Policy, hiding: Hiding | None
) -> Iterator[tuple[int, str]]:
    if not advance(store, now):
        for line in audit(store, None, question, policy, is_dated=True):
            yield line.severity.rank, csv.line(line if hiding is None else hiding.record(line))
        return
    now_us, made = to_us(now), _Maker(now, policy, hiding)
    for connection, row in rows(store, now, question):
        if row[_TURNS] is not None and row[_TURNS] <= now_us:  # held by another
            line = line_of(connection, row, now, policy)
            yield line.severity.rank, csv.line(line if hiding is None else hiding.record(line))
        else:
            yield row[_SEVERITY], made.line(row)


class _Maker:
    """Makes lines of rows; what many have in common is made once."""

    def __init__(self, now: datetime, policy: Policy, hiding: Hiding | None) -> None:
        self._hiding = hiding
        self._now_us = to_us(now)
        self._now = iso(now)
        self._policy = policy
        self._renewal = lru_cache(maxsize=1 << 14)(
            lambda issuer, day: _renewal(issuer, day, policy)
        )

    def line(self, row: Sequence[Any]) -> str:
        # fmt: off
        (_, host_key, host, unit, user, taken_us, severity, verdict, codes, _, reader, readers,
         holder, person, issuer, sha256, begins_us, ends_us, seen_us) = row
        # fmt: on
        name = host
        if (hiding := self._hiding) is not None:
            host, unit = hiding.free(host), hiding.free(unit)
            user, holder, person = hiding.user(user), hiding.person(holder), hiding.person(person)
        ends = days = opens = apply_by = ""
        if ends_us is not None:
            ends, days = _moment(ends_us), str((ends_us - self._now_us) // _DAY_US)
            if _FIRST_US < ends_us < _LAST_US:
                before_us, last_us = self._renewal(issuer, (ends_us + _AHEAD_US) // _DAY_US)
                opens, apply_by = _moment(ends_us - before_us), _moment(min(ends_us, last_us))
            else:
                opens, apply_by = map(iso, renewal_of(issuer, from_us(ends_us), self._policy))
        cell, known = csv.cell, csv.known
        # fmt: off
        return ",".join((
            cell(host), "" if host_key == name else cell(host_key), known(unit), cell(user),
            self._now, _moment(taken_us), _NAMES[severity], known(verdict), known(codes), reader,
            _names(readers), cell(holder), cell(person), known(issuer), cell(sha256),
            "" if begins_us is None else _moment(begins_us), ends, days,
            "" if seen_us is None else _moment(seen_us), opens, apply_by, "\r\n",
        ))
        # fmt: on


_NAMES = tuple(each.value for each in SEVERITIES)


@lru_cache(maxsize=4096)
def _names(readers: str) -> str:
    return csv.joined(msgspec.json.decode(readers, type=tuple[str, ...]))


def _renewal(issuer: str, day: int, policy: Policy) -> tuple[int, int]:
    """Return how long before an end on a day in Turkey renewal opens, and when it is too late.

    Both are the same for every end on that day, but that none is too late before it has come.
    """
    ends_us = (day + 1) * _DAY_US - _AHEAD_US - _SECOND_US
    opens_at, apply_by_at = renewal_of(issuer, from_us(ends_us), policy)
    return ends_us - to_us(opens_at), to_us(apply_by_at)


def _moment(number_us: int) -> str:
    """Return what `iso` makes of a moment."""
    if not _FIRST_US < number_us < _LAST_US:
        return iso(from_us(number_us))
    day, second = divmod(number_us // _SECOND_US, _DAY_S)
    return f"{_DAYS[day]}{_TIMES[second]}"


class _Days(dict[int, str]):
    """The days since 1970 as they begin a moment."""

    def __missing__(self, day: int) -> str:
        made = f"{date.fromordinal(_FIRST_DAY + day)}T"
        if len(self) < _DAY_S:  # a list of days that never were is none to keep
            self[day] = made
        return made


class _Times(dict[int, str]):
    """The seconds of a day as they end a moment."""

    def __missing__(self, second: int) -> str:
        minutes, seconds = divmod(second, 60)
        made = self[second] = f"{minutes // 60:02}:{minutes % 60:02}:{seconds:02}Z"
        return made


_DAYS, _TIMES = _Days(), _Times()
