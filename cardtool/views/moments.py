# SPDX-License-Identifier: Apache-2.0
"""Moments as programs read them: in UTC, whatever offset they came with."""

import functools
from datetime import UTC, datetime

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def utc(moment: datetime) -> datetime:
    """Return a moment in UTC; one at the edge of the calendar stays within it."""
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        return moment.replace(tzinfo=UTC)


@functools.lru_cache(maxsize=4096)  # in a list many are the same
def iso(moment: datetime) -> str:
    """Return a moment to the second, as `2026-11-23T06:30:00Z`. Source: RFC 3339 §5.6."""
    return f"{utc(moment).isoformat(timespec='seconds')[:19]}Z"


def seconds(moment: datetime) -> int:
    """Return the whole seconds since 1970 in UTC."""
    return int((moment - _EPOCH).total_seconds() // 1)
