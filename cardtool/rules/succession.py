# SPDX-License-Identifier: Apache-2.0
"""The NES of one person in the order in which they end: what comes after each of them.

An NES that is never in force succeeds no other. If two end together, because their issuer ends, the
one with the later end of its own comes after the other.
"""

from bisect import bisect_right
from collections.abc import Iterable
from datetime import datetime

import msgspec

from cardtool.rules import desk


class Later(msgspec.Struct, frozen=True, kw_only=True):
    """The NES that come after an NES; there is at least one."""

    last: desk.Nes
    """The one that ends last."""
    begins_at: datetime
    """When the first of them begins."""
    is_in_force: bool
    """One of them is in force at the moment that is judged for."""


class Line:
    """The NES of one person, sorted once for all questions."""

    def __init__(self, every: Iterable[desk.Nes], at: datetime) -> None:
        """Take all NES of the person, and the moment that is judged for."""
        known = list(every)
        self.is_in_force = any(nes.is_in_force(at) for nes in known)
        able = (nes for nes in known if nes.certificate.not_before_at <= nes.ends_at)
        line = sorted(able, key=_end)
        self._ends = [_end(nes) for nes in line]
        self._later: list[Later] = []
        for nes in reversed(line):
            self._later.append(_joined(nes, self._later[-1] if self._later else None, at))
        self._later.reverse()

    def after(self, nes: desk.Nes) -> Later | None:
        """Return what comes after an NES; None: nothing does."""
        place = bisect_right(self._ends, _end(nes))
        return self._later[place] if place < len(self._later) else None


def lines_of(every: Iterable[desk.Nes], at: datetime) -> dict[str, Line]:
    """Return the line of each person."""
    people: dict[str, list[desk.Nes]] = {}
    for nes in every:
        people.setdefault(nes.certificate.person, []).append(nes)
    return {person: Line(some, at) for person, some in people.items()}


def _end(nes: desk.Nes) -> tuple[datetime, datetime]:
    return nes.ends_at, nes.certificate.not_after_at


def _joined(nes: desk.Nes, later: Later | None, at: datetime) -> Later:
    begins_at, is_in_force = nes.certificate.not_before_at, nes.is_in_force(at)
    if later is None:
        return Later(last=nes, begins_at=begins_at, is_in_force=is_in_force)
    return Later(
        last=nes if nes.ends_at == later.last.ends_at else later.last,
        begins_at=min(begins_at, later.begins_at),
        is_in_force=is_in_force or later.is_in_force,
    )
