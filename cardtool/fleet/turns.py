# SPDX-License-Identifier: Apache-2.0
"""The moments of a desk: when verdicts may change there, in what order, and what the clock says.

All are whole microseconds since 1970; each sum here is one that a rule makes with moments.
"""

import functools
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from cardtool.fleet.judging import from_us, to_us
from cardtool.fleet.lean import Places
from cardtool.rules import clock
from cardtool.rules.policy import Policy
from cardtool.rules.workdays import last_by

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAY_US = 86_400_000_000
_SECOND_US = 1_000_000
_TURKEY_US = clock.TURKEY // timedelta(microseconds=1)

EARLIEST_US = to_us(datetime(1980, 1, 1, tzinfo=UTC))
LATEST_US = to_us(datetime(2200, 1, 1, tzinfo=UTC))
"""Outside of them a moment is odd, and sums with it may leave the calendar."""


class Nes(msgspec.Struct, frozen=True):
    """Where an NES of a skeleton is, and what of it does not vary."""

    place: int
    """Its number among the certificates that are no authority's."""
    issuer: str
    issuer_ends_us: int | None
    """When the first of its issuers on the card ends."""
    own: Policy
    is_accepted: bool


def in_us(moments: tuple[datetime, ...]) -> list[int]:
    """Return moments as numbers."""
    since = [each - _EPOCH for each in moments]
    return [each.days * _DAY_US + each.seconds * _SECOND_US + each.microseconds for each in since]


def turns(every: tuple[Nes, ...], times: list[int]) -> list[int]:
    """Return every moment at which a verdict may change, and those that only their order tells."""
    found: list[int] = []
    for nes in every:
        begins, paper = times[2 * nes.place + 1], times[2 * nes.place + 2]
        ends = paper if nes.issuer_ends_us is None else min(paper, nes.issuer_ends_us)
        own = nes.own
        found += (
            begins,
            ends + 1,
            paper + 1,
            ends - own.notice_days * _DAY_US,
            _apply_by_us(ends, own) + 1,
            ends - own.urgent_days * _DAY_US,
            ends - own.critical_days * _DAY_US,
            ends + _SECOND_US + 1,
        )
    return found


def _apply_by_us(ends_us: int, own: Policy) -> int:
    """Return the same as `renewal.apply_by_at`, which counts whole days in Turkey."""
    day = (ends_us - own.lead_days * _DAY_US + _TURKEY_US) // _DAY_US
    return min(ends_us, _last_by_us(day, own.holidays))


@functools.lru_cache(maxsize=4096)
def _last_by_us(day: int, country: str) -> int:
    return to_us(last_by(from_us(day * _DAY_US - _TURKEY_US), country))


def ranks(moments: list[int]) -> tuple[int, ...]:
    """Return the order of moments, with ties."""
    places = {moment: rank for rank, moment in enumerate(sorted(set(moments)))}
    return tuple([places[moment] for moment in moments])


def told_by_clock(
    where: Places, every: tuple[Nes, ...], moments: tuple[datetime, ...]
) -> tuple[Any, ...]:
    """Return all that the rule about the clock sees."""
    taken_at = moments[0]
    good_at = moments[-1 - where.has_doubt] if where.has_good else None
    doubted_at = moments[-1] if where.has_doubt else None
    found = clock.evidence(taken_at, where.built_at, good_at, doubted_at)
    code = found and found[0]
    if taken_at.utcoffset() == clock.TURKEY:
        return (code,)
    at_us, near = to_us(taken_at), []
    for nes in every:
        begins, paper = moments[2 * nes.place + 1 : 2 * nes.place + 3]
        is_late = nes.issuer_ends_us is not None and at_us > nes.issuer_ends_us
        near.append((clock.is_near(begins, taken_at), clock.is_near(paper, taken_at)))
        near.append((begins <= taken_at, taken_at <= paper and not is_late))
    return (code, *near)
