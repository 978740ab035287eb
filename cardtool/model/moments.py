# SPDX-License-Identifier: Apache-2.0
"""Moments as whole microseconds since 1970 in UTC (`*_us`), as the store keeps and sorts them."""

from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TICK = timedelta(microseconds=1)

DAY_US = 86_400_000_000
_FIRST_US = (datetime.min.replace(tzinfo=UTC) - _EPOCH) // _TICK + DAY_US
_LAST_US = (datetime.max.replace(tzinfo=UTC) - _EPOCH) // _TICK - DAY_US


def to_us(moment: datetime) -> int:
    """Return a moment as microseconds since 1970 in UTC."""
    return (moment - _EPOCH) // _TICK


def from_us(number: int) -> datetime:
    """Return the moment of a number of microseconds.

    One of the first or last day of the calendar is moved off it, for it has no name in every zone.
    """
    if not _FIRST_US < number < _LAST_US:
        number = min(max(number, _FIRST_US), _LAST_US)
    return _EPOCH + number * _TICK
