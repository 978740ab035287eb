# SPDX-License-Identifier: Apache-2.0
"""What is said of the clock, before any date verdict."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from msgspec.structs import replace

from cardtool.model.diagnosis import Severity
from cardtool.model.snapshot import LastGood, Snapshot
from cardtool.model.turkey import TURKEY
from cardtool.rules import diagnose
from tests.desks import AT, HOST, MEHMET, codes, desk, holding, nes, only

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def _at(clock_at: datetime, *, built_at: datetime | None = None) -> Snapshot:
    return replace(desk(), taken_at=clock_at, built_at=built_at)


def _good(taken_at: datetime) -> LastGood:
    return LastGood(taken_at=taken_at, release=HOST.release, readers=())


def _all(snapshot: Snapshot, at: datetime = AT) -> list[str]:
    return [each.code for each in diagnose(snapshot, at).findings]


def test_a_clock_before_the_release_of_the_program_is_behind() -> None:
    behind = _at(AT, built_at=AT + timedelta(seconds=1))

    assert codes(behind) == ["clock-behind"]
    assert only(behind, "clock-behind").facts == {
        "clock_at": AT.isoformat(),
        "evidence_at": (AT + timedelta(seconds=1)).isoformat(),
    }
    assert codes(_at(AT, built_at=AT)) == []


def test_a_clock_days_before_the_last_good_look_is_behind_now_or_was_ahead_then() -> None:
    back = replace(desk(), last_good=_good(AT + 3 * DAY))

    assert codes(back) == ["clock-went-back"]
    found = only(back, "clock-went-back")
    assert found.severity is Severity.WARNING
    assert found.facts["evidence_at"] == (AT + 3 * DAY).isoformat()
    assert codes(replace(desk(), last_good=_good(AT - 3 * DAY))) == []


@pytest.mark.parametrize(
    ("doubted_at", "expected"),
    [(AT - 6 * DAY, ["clock-went-back"]), (AT, ["clock-went-back"]), (AT - 8 * DAY, [])],
)
def test_a_clock_that_went_back_and_ran_on_for_a_week_is_believed(
    doubted_at: datetime, expected: list[str]
) -> None:
    last = replace(_good(AT + 300 * DAY), doubted_at=doubted_at)
    here = replace(desk(), last_good=last)

    assert codes(here) == expected
    assert ("desk-ready" in _all(here)) is (not expected)
    assert codes(replace(here, built_at=AT + DAY)) == ["clock-behind"]


def test_a_desk_is_not_ready_while_its_clock_is_doubted() -> None:
    assert "desk-ready" in _all(desk())
    assert "desk-ready" not in _all(_at(AT, built_at=AT + DAY))
    assert "desk-ready" not in _all(replace(desk(), last_good=_good(AT + 3 * DAY)))


def test_a_clock_that_was_hours_ahead_and_was_corrected_is_not_behind() -> None:
    assert codes(replace(desk(), last_good=_good(AT + 3 * HOUR))) == []


def test_the_moment_that_cannot_be_wrong_is_the_evidence() -> None:
    both = replace(desk(), built_at=AT + DAY, last_good=_good(AT + 3 * DAY))

    assert codes(both) == ["clock-behind"]
    assert only(both, "clock-behind").facts["evidence_at"] == (AT + DAY).isoformat()


def test_the_moment_to_judge_for_is_no_clock() -> None:
    assert "clock-behind" not in codes(_at(AT, built_at=AT), AT - 300 * DAY)


def test_a_clock_that_is_behind_explains_that_an_nes_has_not_begun() -> None:
    waiting = replace(holding(nes(begins_at=AT + DAY)), built_at=AT + 300 * DAY)

    assert codes(waiting) == ["clock-behind"]


@pytest.mark.parametrize(
    ("zone", "offset"), [(UTC, "+00:00"), (timezone(timedelta(hours=-9, minutes=-30)), "-09:30")]
)
def test_another_zone_is_a_note(zone: timezone, offset: str) -> None:
    elsewhere = _at(AT.astimezone(zone))

    assert codes(elsewhere) == []
    assert only(elsewhere, "clock-zone").facts == {"offset": offset}


def test_the_zone_of_turkey_is_worth_no_word() -> None:
    assert not [each for each in _all(_at(AT.astimezone(TURKEY))) if each.startswith("clock")]


@pytest.mark.parametrize(("hours", "expected"), [(14, True), (-14, True), (15, False)])
def test_another_zone_is_a_warning_only_where_hours_decide(hours: int, *, expected: bool) -> None:
    ends = holding(nes(ends_at=AT + timedelta(hours=hours)))
    begins = holding(nes(begins_at=AT + timedelta(hours=hours)))

    for each in (ends, begins):
        assert ("clock-zone-odd" in codes(each)) is expected
        assert ("clock-zone" in _all(each)) is not expected
        assert "clock-zone-odd" not in codes(replace(each, taken_at=AT.astimezone(TURKEY)))


def test_hours_decide_by_the_clock_and_not_by_the_moment_to_judge_for() -> None:
    here = holding(nes(ends_at=AT + 5 * HOUR))

    assert "clock-zone-odd" in codes(here, AT + 300 * DAY)
    assert "clock-zone-odd" not in codes(holding(nes(ends_at=AT + 300 * DAY)), AT + 300 * DAY)


def test_hours_do_not_decide_where_a_successor_is_in_force() -> None:
    old = nes(ends_at=AT + 5 * HOUR)
    newer = nes(begins_at=AT - 90 * DAY, ends_at=AT + 900 * DAY, serial="0E")

    assert "clock-zone" in _all(holding(old, newer))
    assert "clock-zone-odd" in codes(holding(old, replace(newer, not_before_at=AT + 5 * HOUR)))
    waiting = replace(newer, not_before_at=AT + 30 * DAY)
    assert "clock-zone-odd" in codes(holding(old, waiting))
    other = nes(person=MEHMET, ends_at=AT + 900 * DAY, serial="0F")
    assert "clock-zone-odd" in codes(holding(old, other))
