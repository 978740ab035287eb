# SPDX-License-Identifier: Apache-2.0
"""Which days offices in Turkey work, from 2026 to 2029."""

import subprocess
import sys
from datetime import MAXYEAR, MINYEAR, UTC, date, datetime, time, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardtool.model.turkey import TURKEY
from cardtool.rules.renewal import holidays, last_working_day_by

ZONES = (UTC, TURKEY, timezone(timedelta(hours=-8)))


def _last(day: str, country: str = "TR") -> str:
    noon = datetime.combine(date.fromisoformat(day), time(12), TURKEY)
    return last_working_day_by(noon, country).date().isoformat()


@pytest.mark.parametrize(
    ("day", "last", "why"),
    [
        ("2026-10-01", "2026-10-01", "a Thursday like any other"),
        ("2026-10-03", "2026-10-02", "Saturday"),
        ("2026-10-04", "2026-10-02", "Sunday"),
        ("2026-10-05", "2026-10-05", "Monday"),
        ("2026-01-01", "2025-12-31", "Yılbaşı, across the year"),
        ("2027-01-03", "2026-12-31", "Yılbaşı on a Friday, and the days after it"),
        ("2026-04-23", "2026-04-22", "Ulusal Egemenlik ve Çocuk Bayramı"),
        ("2026-05-01", "2026-04-30", "Emek ve Dayanışma Günü"),
        ("2026-05-19", "2026-05-18", "Atatürk'ü Anma, Gençlik ve Spor Bayramı"),
        ("2026-07-15", "2026-07-14", "Demokrasi ve Millî Birlik Günü"),
        ("2026-08-30", "2026-08-28", "Zafer Bayramı on a Sunday"),
        ("2026-08-31", "2026-08-31", "and it is not made up for on Monday"),
        ("2027-08-30", "2027-08-27", "Zafer Bayramı on a Monday"),
        ("2026-10-29", "2026-10-27", "Cumhuriyet Bayramı and its eve"),
        ("2026-10-28", "2026-10-27", "the eve, a half day"),
        ("2029-10-29", "2029-10-26", "Cumhuriyet Bayramı on a Monday, its eve on a Sunday"),
        ("2026-03-22", "2026-03-18", "Ramazan Bayramı from Friday, its eve on Thursday"),
        ("2026-05-30", "2026-05-25", "Kurban Bayramı from Wednesday, its eve on Tuesday"),
        ("2027-03-11", "2027-03-05", "Ramazan Bayramı from Tuesday, its eve on Monday"),
        ("2027-05-19", "2027-05-14", "Kurban Bayramı from Sunday, with 19 May in it"),
        ("2028-02-28", "2028-02-24", "Ramazan Bayramı from Saturday, its eve on Friday"),
        ("2028-02-29", "2028-02-29", "the leap day after it"),
        ("2028-05-08", "2028-05-03", "Kurban Bayramı from Friday, its eve on Thursday"),
        ("2029-02-16", "2029-02-12", "Ramazan Bayramı from Wednesday, its eve on Tuesday"),
        ("2029-04-27", "2029-04-20", "Kurban Bayramı from Tuesday, its eve on 23 April"),
    ],
)
def test_the_last_working_day(day: str, last: str, why: str) -> None:
    assert _last(day) == last, why


def test_without_a_country_only_weekends_count() -> None:
    assert _last("2026-10-29", "") == "2026-10-29"
    assert _last("2026-10-31", "") == "2026-10-30"


def test_another_country_keeps_its_own_holidays() -> None:
    assert _last("2026-10-29", "DE") == "2026-10-29"
    assert _last("2026-12-25", "DE") == "2026-12-24"


@pytest.mark.parametrize("zone", ZONES)
def test_the_day_is_turkeys_wherever_the_moment_was_read(zone: timezone) -> None:
    friday = datetime(2026, 10, 2, 23, 59, 59, tzinfo=TURKEY)

    assert last_working_day_by(friday.astimezone(zone), "TR") == friday
    assert last_working_day_by((friday - timedelta(seconds=86399)).astimezone(zone), "TR") == friday
    assert last_working_day_by((friday - timedelta(seconds=86400)).astimezone(zone), "TR") == (
        friday - timedelta(days=1)
    )


@given(st.integers(-700_000, 2_900_000), st.integers(0, 86_399), st.sampled_from(ZONES))
def test_every_moment_has_a_working_day_at_most_eleven_days_before_it(
    days: int, seconds: int, zone: timezone
) -> None:
    moment = datetime(2026, 1, 1, tzinfo=zone) + timedelta(days=days, seconds=seconds)

    last = last_working_day_by(moment, "TR")

    assert last.date().weekday() < 5
    assert last.date() not in holidays("TR", last.year)
    assert -timedelta(days=1) < moment - last < timedelta(days=11)


@pytest.mark.parametrize("year", [MINYEAR, MAXYEAR])
@pytest.mark.parametrize("hours", [-12, 0, 14])
def test_the_edges_of_the_calendar_have_one_too(year: int, hours: int) -> None:
    edge = (1, 1, 0, 0, 0) if year == MINYEAR else (12, 31, 23, 59, 59)
    moment = datetime(year, *edge, tzinfo=timezone(timedelta(hours=hours)))

    assert abs(last_working_day_by(moment, "TR") - moment) < timedelta(days=3)


def test_the_calendar_is_loaded_only_where_renewal_is_near() -> None:
    look = """
import sys
from datetime import timedelta
from cardtool.rules import diagnose
from tests.desks import AT, desk, holding, nes
diagnose(desk(), AT)
print("holidays" in sys.modules)
diagnose(holding(nes(ends_at=AT + timedelta(days=60))), AT)
print("holidays" in sys.modules)
"""

    done = subprocess.run(
        [sys.executable, "-c", look],
        cwd=Path(__file__).parent.parent,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )

    assert done.stdout.split() == ["False", "True"]
