# SPDX-License-Identifier: Apache-2.0
"""Moments as records, the store and other programs write them."""

from datetime import UTC, datetime, timedelta
from typing import Annotated

import msgspec

Utc = Annotated[datetime, msgspec.Meta(tz=True)]
"""A moment with an offset; a naive one is refused."""

TICK = timedelta(microseconds=1)
"""From one moment to the next."""

DAY_US = 86_400_000_000

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST_US = (datetime.min.replace(tzinfo=UTC) - _EPOCH) // TICK + DAY_US
_LAST_US = (datetime.max.replace(tzinfo=UTC) - _EPOCH) // TICK - DAY_US


def to_us(moment: datetime) -> int:
    """Return a moment as microseconds since 1970 in UTC: `*_us`, by which the store sorts."""
    return (moment - _EPOCH) // TICK


def from_us(number: int) -> datetime:
    """Return the moment of a number of microseconds.

    A moment on the first or last day of the calendar is moved off it: some time zones lack it.
    """
    if not _FIRST_US < number < _LAST_US:
        number = min(max(number, _FIRST_US), _LAST_US)
    return _EPOCH + number * TICK


def seconds(moment: datetime) -> int:
    """Return the whole seconds since 1970 in UTC."""
    return to_us(moment) // 1_000_000


def utc(moment: datetime) -> datetime:
    """Return a moment in UTC; one at the edge of the calendar stays within it."""
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        return moment.replace(tzinfo=UTC)


def iso(moment: datetime) -> str:
    """Return a moment to the second, as `2026-11-23T06:30:00Z`. Source: RFC 3339 §5.6."""
    in_utc = moment if moment.tzinfo is UTC else utc(moment)
    return f"{msgspec.to_builtins(in_utc)[:19]}Z"  # a third of the time of `isoformat`
