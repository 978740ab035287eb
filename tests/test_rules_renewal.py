# SPDX-License-Identifier: Apache-2.0
"""What is said of a renewal: the date that matters, a gap, and an issuer that ends first."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from cardtool.model.certificate import Certificate
from cardtool.model.diagnosis import Finding, Severity
from cardtool.model.redact import mask, redact
from cardtool.model.snapshot import Snapshot
from cardtool.model.turkey import TURKEY
from cardtool.rules import diagnose
from cardtool.rules.renewal import Policy
from cardtool.rules.timeline import with_moments
from tests.desks import (
    AT,
    AYSE,
    MEHMET,
    READER,
    SECOND,
    authority,
    codes,
    desk,
    holding,
    module,
    nes,
    only,
    reader,
    slot,
    token,
)

DAY = timedelta(days=1)
TICK = timedelta(seconds=1)
TWO_READERS = (reader(), reader(name=SECOND))


def _issuer(ends_at: datetime) -> Certificate:
    """Make the certificate of the issuer of every NES here."""
    return replace(authority(), subject=nes().issuer, not_after_at=ends_at)


def _given(snapshot: Snapshot, code: str, at: datetime = AT) -> list[Finding]:
    return [each for each in diagnose(snapshot, at).findings if each.code == code]


@pytest.mark.parametrize("second_card", [False, True])
def test_a_gap_before_a_successor_is_said_and_calls_for_no_renewal(
    second_card: bool,  # noqa: FBT001 - where the successor lies
) -> None:
    end, begin = AT + 5 * DAY, AT + 5 * DAY + 2 * TICK
    old, new = nes(ends_at=end, serial="01"), nes(begins_at=begin, ends_at=AT + 1000 * DAY)
    slots = slot(token(old)), slot(token(new), SECOND, slot_id=1)
    here = desk(TWO_READERS, (module(*slots),)) if second_card else holding(new, old)

    assert (codes(here), diagnose(here, AT).verdict) == ([], "nes-valid")
    assert only(here, "nes-gap").facts == {
        "reader": READER,
        "holder": AYSE[1],
        "ends_at": end.isoformat(),
        "begins_at": begin.isoformat(),
    }
    waiting = only(here, "nes-next-card" if second_card else "nes-waiting")
    assert waiting.facts["not_before_at"] == begin.isoformat()
    assert waiting.facts.get("ends_at") == (end.isoformat() if second_card else None)
    assert codes(here, end) == []
    assert codes(here, end + TICK) == ["nes-between"]
    between = only(here, "nes-between", end + TICK)
    assert between.severity is Severity.CRITICAL
    assert between.facts["ended_at"] == end.isoformat()
    assert between.facts["not_before_at"] == begin.isoformat()
    assert codes(here, begin) == []
    assert only(here, "nes-gap", end + TICK) == only(here, "nes-gap")
    assert _given(here, "nes-superseded", end + TICK) == []
    assert _given(here, "nes-gap", begin) == []
    ended = only(here, "nes-old-card" if second_card else "nes-superseded", begin)
    assert ended.facts["not_after_at"] == end.isoformat()


def test_no_gap_is_said_where_the_successor_begins_in_time_or_is_somebody_elses() -> None:
    end = AT + 5 * DAY
    old, new = nes(ends_at=end, serial="01"), nes(begins_at=end + TICK, ends_at=AT + 1000 * DAY)
    others = nes(person=MEHMET, begins_at=end + DAY, ends_at=AT + 1000 * DAY)

    assert _given(holding(old, new), "nes-gap") == []
    assert _given(holding(old, others), "nes-gap") == []


def test_renewal_of_a_certificate_whose_successor_is_here_opens_with_the_successors() -> None:
    old = nes(ends_at=AT + 5 * DAY, serial="01")
    new = nes(begins_at=AT + 5 * DAY, ends_at=AT + 1000 * DAY)

    assert only(holding(old, new), "nes-valid").facts["opens_at"] == ((AT + 910 * DAY).isoformat())


def test_a_calendar_gives_one_that_has_its_successor_no_date_of_a_renewal() -> None:
    old, new = nes(serial="01"), nes(begins_at=AT + 500 * DAY, ends_at=AT + 1600 * DAY)
    diagnosis = with_moments(diagnose(holding(old, new), AT), Policy())

    (found,) = [each for each in diagnosis.findings if each.code == "nes-valid"]
    assert found.facts["not_after_at"] == old.not_after_at.isoformat()
    assert not {"opens_at", "apply_by_at"} & set(found.facts)


def test_each_state_gives_the_date_that_matters_in_it() -> None:
    end = datetime(2029, 8, 6, 16, 25, 8, tzinfo=UTC)
    here = holding(nes(ends_at=end))

    early = only(here, "nes-valid", end - 100 * DAY).facts
    opened = only(here, "nes-expiring", end - 60 * DAY).facts
    late = only(here, "nes-expiring-soon", end - 20 * DAY).facts
    assert early["opens_at"] == "2029-05-08T16:25:08+00:00"
    assert opened["apply_by_at"] == late["apply_by_at"] == "2029-07-06T23:59:59+03:00"


def test_who_may_still_apply_in_the_last_days_is_told_until_when() -> None:
    end = datetime(2029, 8, 6, 16, 25, 8, tzinfo=UTC)
    policy = Policy(issuers=(("SÜRÜM 6", Policy(lead_days=5)),))

    found = diagnose(holding(nes(ends_at=end)), end - 12 * DAY, policy).deciding

    assert found.code == "nes-expiring-critical"
    assert found.facts["apply_by_at"] == "2029-08-01T23:59:59+03:00"


def test_past_the_last_safe_day_it_is_urgent_though_the_days_are_not_few_yet() -> None:
    end = datetime(
        2029, 5, 28, 9, 0, tzinfo=UTC
    )  # 30 days earlier: a Saturday after Kurban Bayramı
    here, last = holding(nes(ends_at=end)), datetime(2029, 4, 20, 23, 59, 59, tzinfo=TURKEY)

    assert only(here, "nes-expiring", last).facts["apply_by_at"] == last.isoformat()
    assert only(here, "nes-expiring-soon", last + TICK).facts["days_left"] == 37


def test_an_issuer_may_have_days_of_its_own() -> None:
    here = holding(nes(ends_at=AT + 100 * DAY))
    early = Policy(notice_days=180)

    assert codes(here, policy=Policy(issuers=(("SÜRÜM 6", early),))) == ["nes-expiring"]
    assert codes(here, policy=Policy(issuers=(("Sürüm 7", early),))) == []


def test_an_nes_ends_with_its_issuer_where_that_ends_first() -> None:
    paper, end = AT + 595 * DAY, AT + 400 * DAY
    here = holding(nes(), _issuer(end))

    found = only(here, "nes-outlives-issuer")
    assert found.facts == {
        "reader": READER,
        "holder": AYSE[1],
        "not_after_at": paper.isoformat(),
        "issuer_ends_at": end.isoformat(),
    }
    assert diagnose(here, AT).verdict == "nes-valid"
    valid = only(here, "nes-valid").facts
    assert (valid["days_left"], valid["not_after_at"]) == (400, end.isoformat())
    assert valid["opens_at"] == (end - 90 * DAY).isoformat()
    assert codes(here, end) == ["nes-expiring-critical"]
    assert codes(here, end + TICK) == ["nes-expired"]
    assert only(here, "nes-outlives-issuer", paper).facts == found.facts
    assert _given(here, "nes-outlives-issuer", paper + TICK) == []
    assert codes(here, paper + 2 * DAY) == ["nes-expired"]
    assert only(here, "nes-expired", end + DAY).facts["days_past"] == 1


def test_after_the_end_of_its_issuer_an_nes_cannot_sign() -> None:
    here, end = holding(nes(), _issuer(AT + 9 * DAY)), AT + 9 * DAY

    assert _given(here, "desk-ready", end + TICK) == []


def test_an_issuer_that_ends_with_the_nes_or_later_changes_nothing() -> None:
    assert _given(holding(nes(), _issuer(AT + 595 * DAY)), "nes-outlives-issuer") == []
    assert only(holding(nes(), _issuer(AT + 900 * DAY)), "nes-valid").facts["days_left"] == 595


def test_a_renewed_nes_may_outlive_its_issuer_before_it_begins() -> None:
    renewed = nes(begins_at=AT + DAY, serial="01")

    here = holding(renewed, _issuer(AT + 400 * DAY))

    assert codes(here) == ["nes-not-yet-valid"]
    assert len(_given(here, "nes-outlives-issuer")) == 1


def test_of_an_nes_that_has_a_successor_it_is_not_said_that_it_outlives_its_issuer() -> None:
    old, new = nes(ends_at=AT + 500 * DAY, serial="01"), nes()
    renewed = replace(new, issuer=authority().issuer)

    here = holding(old, renewed, _issuer(AT + 400 * DAY))

    assert _given(here, "nes-outlives-issuer") == []
    assert only(here, "nes-superseded").facts["not_after_at"] == (AT + 400 * DAY).isoformat()


def test_of_two_that_end_with_their_issuer_the_later_on_paper_counts() -> None:
    old, new = nes(ends_at=AT + 500 * DAY, serial="01"), nes()

    here = holding(old, new, _issuer(AT + 400 * DAY))

    assert codes(here) == []
    assert only(here, "nes-outlives-issuer").facts["not_after_at"] == (AT + 595 * DAY).isoformat()
    assert len(_given(here, "nes-superseded")) == 1


@pytest.mark.parametrize("shown", [mask, lambda snapshot: redact(snapshot, b"key")])
def test_what_leaves_the_machine_still_tells_the_issuer(
    shown: Callable[[Snapshot], Snapshot],
) -> None:
    here = holding(nes(), _issuer(AT + 400 * DAY))

    found = only(shown(here), "nes-outlives-issuer")
    assert found.facts["issuer_ends_at"] == (AT + 400 * DAY).isoformat()


@pytest.mark.parametrize(("near_days", "far_days"), [(103, 102), (102, 103)])
def test_of_several_successors_the_first_to_begin_and_the_last_to_end_count(
    near_days: int, far_days: int
) -> None:
    old = nes(ends_at=AT + 100 * DAY, serial="01")
    near = nes(begins_at=AT + near_days * DAY, ends_at=AT + 400 * DAY, serial="02")
    far = nes(begins_at=AT + far_days * DAY, ends_at=AT + 1000 * DAY, serial="03")
    here = holding(old, near, far)

    assert only(here, "nes-gap").facts["begins_at"] == (AT + 102 * DAY).isoformat()
    assert only(here, "nes-valid").facts["opens_at"] == (AT + 910 * DAY).isoformat()


def test_a_successor_of_one_second_is_one() -> None:
    old = nes(ends_at=AT + 100 * DAY, serial="01")
    moment = AT + 101 * DAY

    gap = only(holding(old, nes(begins_at=moment, ends_at=moment)), "nes-gap")
    assert gap.facts["begins_at"] == moment.isoformat()


def test_a_certificate_that_never_comes_into_force_is_no_successor() -> None:
    end = AT + 5 * DAY
    old = nes(ends_at=end, serial="01")
    never = nes(begins_at=AT + 1001 * DAY, ends_at=AT + 1000 * DAY)

    assert "nes-expiring-critical" in codes(holding(old, never))
