# SPDX-License-Identifier: Apache-2.0
"""A time zone in which it is midday, so that no test that speaks of today runs over midnight."""

from datetime import UTC, datetime


def zone() -> str:
    """Return such a zone for `TZ`, whose offsets count westwards. Source: tzset(3)."""
    return f"MID{datetime.now(UTC).hour - 12:+d}"
