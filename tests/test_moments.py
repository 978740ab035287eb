# SPDX-License-Identifier: Apache-2.0
"""Moments are kept as numbers and come back; those at the edge of the calendar move off it."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from cardtool.model.moments import from_us, to_us

FIRST = datetime.min.replace(tzinfo=UTC)
LAST = datetime.max.replace(tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.mark.parametrize(
    "moment",
    [
        datetime(1970, 1, 1, tzinfo=UTC),
        datetime(2026, 11, 23, 6, 30, 0, 1, tzinfo=UTC),
        FIRST + DAY + timedelta(microseconds=1),
        LAST - DAY - timedelta(microseconds=1),
    ],
)
def test_a_moment_comes_back_as_it_was(moment: datetime) -> None:
    assert from_us(to_us(moment)) == moment


@pytest.mark.parametrize("zone", [timedelta(hours=-14), timedelta(hours=14)])
def test_a_moment_at_the_edge_of_the_calendar_exists_in_every_zone(zone: timedelta) -> None:
    for edge, far in ((FIRST, -(1 << 62)), (LAST, 1 << 62)):
        moved = from_us(to_us(edge))

        assert from_us(far) == moved
        assert abs(moved - edge) <= 2 * DAY
        assert moved.astimezone(timezone(zone)) == moved
