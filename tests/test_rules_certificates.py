# SPDX-License-Identifier: Apache-2.0
"""What is said of certificates and PINs, to the second."""

from datetime import datetime, timedelta

import pytest
from msgspec.structs import replace

from cardtool.model.certificate import Certificate
from cardtool.model.diagnosis import Severity
from cardtool.model.snapshot import Snapshot
from cardtool.model.turkey import TURKEY
from cardtool.rules import diagnose
from cardtool.rules.codes import ROWS
from cardtool.rules.renewal import Policy
from cardtool.rules.summary import summarise
from cardtool.text import LANGUAGES, Text
from tests.desks import (
    AT,
    AYSE,
    DEVICE_ERROR,
    LAW_5070,
    MEHMET,
    OPENSC,
    QC,
    READER,
    SEAL,
    SECOND,
    UNPARSABLE,
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

AKIS_V10 = "3BBA11008131FE4D55454B41452056312E30AE"
DAY = timedelta(days=1)
TICK = timedelta(seconds=1)
TWO_READERS = (reader(), reader(name=SECOND))


@pytest.mark.parametrize(
    ("statements", "is_ca", "expected"),
    [
        ((QC, LAW_5070), False, ""),
        ((LAW_5070, "2.16.792.1.61.0.1.5070.2.1", QC), False, ""),
        ((QC, "2.16.792.1.61.0.1.5070.2.1"), False, ""),
        ((QC, LAW_5070), True, "nes-missing"),
        ((QC,), False, "nes-missing"),
        ((LAW_5070,), False, "nes-missing"),
        ((QC, LAW_5070, SEAL), False, "seal-only"),
        ((QC, "2.16.792.1.61.0.1.5070.2.1", "2.16.792.1.61.0.1.5070.2.2"), False, "seal-only"),
    ],
)
def test_an_nes_is_known_by_its_statements(
    statements: tuple[str, ...],
    is_ca: bool,  # noqa: FBT001 - a column of the table
    expected: str,
) -> None:
    found = codes(holding(nes(statements=statements, is_ca=is_ca)))

    assert found == ([expected] if expected else [])


def test_certificates_that_are_no_nes_are_counted_once_however_many_drivers_read_them() -> None:
    read = token(authority(), nes(statements=()))
    both = module(slot(read)), module(slot(read), path=OPENSC)

    assert only(desk((reader(AKIS_V10),), both), "nes-missing").facts["count"] == 2


def test_one_nes_read_by_two_drivers_is_one_finding() -> None:
    both = module(slot(token(nes()))), module(slot(token(nes())), path=OPENSC)

    assert only(desk((reader(AKIS_V10),), both), "nes-valid").facts["days_left"] == 595


def test_an_nes_is_told_with_its_holder_and_issuer() -> None:
    facts = only(desk(), "nes-found").facts

    assert (facts["identity"], facts["holder"]) == AYSE
    assert facts["issuer"] == "Kamu Elektronik Sertifika Hizmet Sağlayıcısı - Sürüm 6"
    assert facts["serial"] == "0A1B2C3D"


def test_names_a_certificate_lacks_are_a_dash() -> None:
    bare = nes()
    bare = replace(bare, subject=replace(bare.subject, attributes=()), issuer=bare.subject)

    facts = only(holding(bare), "nes-found").facts
    assert (facts["holder"], facts["identity"]) == ("-", "-")


@pytest.mark.parametrize(
    ("left", "code", "days"),
    [
        (91 * DAY, "nes-valid", 91),
        (90 * DAY + TICK, "nes-valid", 90),
        (90 * DAY, "nes-expiring", 90),
        (31 * DAY, "nes-expiring", 31),
        (30 * DAY, "nes-expiring-soon", 30),
        (15 * DAY + TICK, "nes-expiring-soon", 15),
        (15 * DAY, "nes-expiring-critical", 15),
        (0 * DAY, "nes-expiring-critical", 0),
    ],
)
def test_the_time_left_decides_how_near_the_end_is(left: timedelta, code: str, days: int) -> None:
    facts = only(holding(nes(ends_at=AT + left)), code).facts

    assert facts["days_left"] == days
    assert facts["not_after_at"] == (AT + left).isoformat()


def test_the_time_left_is_told_in_hours_and_minutes() -> None:
    left = timedelta(hours=5, minutes=59, seconds=59)

    assert (
        only(holding(nes(ends_at=AT + left)), "nes-expiring-critical").facts["time_left"] == "5:59"
    )


def test_the_last_second_still_counts_and_the_next_does_not() -> None:
    ending = holding(nes(ends_at=AT))

    assert only(ending, "nes-expiring-critical").facts["days_left"] == 0
    assert only(ending, "nes-expired", AT + TICK).facts["days_past"] == 0
    assert only(ending, "nes-expired", AT + DAY).facts["days_past"] == 1
    assert only(ending, "nes-expired", AT + TICK).facts["phase"] == "same-day"
    assert only(ending, "nes-expired", AT + DAY).facts["phase"] == "-"


@pytest.mark.parametrize("language", LANGUAGES)
def test_with_an_ended_certificate_it_is_said_that_unlocking_the_pin_does_not_help(
    language: str,
) -> None:
    text = Text(language)
    card = token(nes(ends_at=AT - DAY), flags=("CKF_USER_PIN_INITIALIZED", "CKF_USER_PIN_LOCKED"))
    locked = only(desk(modules=(module(slot(card)),)), "nes-expired")

    assert "PIN" in text.means(locked.code, locked.facts["phase"])
    assert "PIN" not in text.means(locked.code)


@pytest.mark.parametrize(
    ("end", "now", "days"),
    [
        ("2026-09-29T10:00:00+03:00", "2026-09-29T12:00:00+03:00", 0),
        ("2026-09-29T10:00:00+03:00", "2026-10-01T18:00:00+03:00", 2),
        ("2026-09-28T20:30:00+00:00", "2026-09-30T21:30:00+00:00", 3),
    ],
)
def test_the_days_since_the_end_are_counted_by_the_dates_in_turkey(
    end: str, now: str, days: int
) -> None:
    at = datetime.fromisoformat(now)
    found = diagnose(holding(nes(ends_at=datetime.fromisoformat(end))), at)

    assert found.deciding.facts["days_past"] == days
    assert summarise(found).days_left == -days


def test_the_first_second_counts_already() -> None:
    beginning = replace(holding(nes(begins_at=AT)), taken_at=AT.astimezone(TURKEY))

    assert codes(beginning) == []
    waiting = only(beginning, "nes-not-yet-valid", AT - TICK)
    assert waiting.facts["days_to_wait"] == 0


def test_the_days_until_the_first_second_are_counted_by_the_dates_in_turkey() -> None:
    begins, at = "2026-12-01T06:00:00+00:00", "2026-11-26T13:00:00+00:00"
    waiting = holding(nes(begins_at=datetime.fromisoformat(begins)))

    found = only(waiting, "nes-not-yet-valid", datetime.fromisoformat(at))

    assert found.facts["days_to_wait"] == 5


def test_a_site_sets_its_own_days() -> None:
    ending = holding(nes(ends_at=AT + 100 * DAY))

    assert codes(ending, policy=Policy(notice_days=100)) == ["nes-expiring"]
    assert codes(ending, policy=Policy(urgent_days=100)) == ["nes-expiring-soon"]
    assert codes(ending, policy=Policy(critical_days=100)) == ["nes-expiring-critical"]


def test_an_expired_nes_matters_unless_its_holder_has_one_in_force() -> None:
    old = nes(ends_at=AT - DAY, serial="01")
    new_card = module(slot(token(old)), slot(token(nes()), SECOND, slot_id=1))
    others_card = module(slot(token(old)), slot(token(nes(person=MEHMET)), SECOND, slot_id=1))

    assert codes(holding(old)) == ["nes-expired"]
    assert codes(desk(TWO_READERS, (new_card,))) == []
    assert codes(desk(TWO_READERS, (others_card,))) == ["nes-expired"]


def test_a_renewed_card_waits_beside_the_one_in_force() -> None:
    renewed = nes(begins_at=AT + DAY, serial="01")

    assert codes(holding(renewed)) == ["nes-not-yet-valid"]
    assert codes(holding(renewed, nes())) == []


@pytest.mark.parametrize("gap", [-100 * DAY, 0 * DAY, TICK])
def test_the_end_of_a_certificate_whose_successor_is_here_needs_no_renewal(gap: timedelta) -> None:
    end = AT + 5 * DAY
    old = nes(ends_at=end, serial="01")
    new = nes(begins_at=end + gap, ends_at=AT + 1000 * DAY)

    assert codes(holding(old)) == ["nes-expiring-critical"]
    assert codes(holding(old, new)) == codes(holding(new, old)) == []
    assert diagnose(holding(old, new), AT).deciding.severity is Severity.OK
    assert codes(holding(old, replace(new, subject=nes(person=MEHMET).subject)))[0] == (
        "nes-expiring-critical"
    )


def test_a_certificate_that_ends_first_is_no_successor() -> None:
    end = AT + 5 * DAY

    both = holding(nes(ends_at=end, serial="01"), nes(ends_at=end - DAY))

    assert codes(both) == ["nes-expiring-critical"]


def test_the_newer_of_two_in_force_is_the_one_that_counts() -> None:
    old, new = nes(ends_at=AT + 5 * DAY, serial="01"), nes()

    found = diagnose(holding(old, new), AT)
    assert only(found.snapshot, "nes-valid").facts["days_left"] == 595
    assert only(found.snapshot, "nes-superseded").facts["not_after_at"] == (
        (AT + 5 * DAY).isoformat()
    )


def test_an_ended_card_beside_its_successor_in_another_reader_is_to_be_taken_out() -> None:
    old, new = nes(ends_at=AT - DAY, serial="01"), nes()
    both = module(slot(token(old)), slot(token(new), SECOND, slot_id=1))

    found = diagnose(desk((reader(), reader(name=SECOND)), (both,)), AT)
    assert found.todo == ("nes-old-card", "desk-ready")
    assert only(found.snapshot, "nes-old-card").facts == {
        "reader": READER,
        "holder": "AYŞE ÖRNEK",
        "not_after_at": (AT - DAY).isoformat(),
        "newer": SECOND,
    }


def test_between_two_certificates_there_is_only_waiting() -> None:
    old = nes(ends_at=AT - DAY, serial="01")
    new = nes(begins_at=AT + DAY, ends_at=AT + 1000 * DAY)

    found = diagnose(holding(old, new), AT)
    assert (found.verdict, codes(found.snapshot)) == ("nes-between", ["nes-between"])
    assert "renew-on-paper" not in found.deciding.steps


def test_of_two_that_ended_the_later_one_is_told() -> None:
    older, newer = nes(ends_at=AT - 9 * DAY, serial="01"), nes(ends_at=AT - DAY)

    assert only(holding(older, newer), "nes-expired").facts["days_past"] == 1


@pytest.mark.parametrize("code", ["nes-expired", "nes-expiring-critical"])
def test_the_officer_is_told_of_an_end_that_keeps_from_signing(code: str) -> None:
    assert {"tell-officer", "newer-card-or-officer"} & set(ROWS[code].steps)


def test_an_empty_card_beside_one_with_an_nes_is_no_problem() -> None:
    empty_first = module(slot(token()), slot(token(nes()), SECOND, slot_id=1))

    assert codes(desk(TWO_READERS, (empty_first,))) == []
    assert only(desk(TWO_READERS, (empty_first,)), "nes-elsewhere").facts == {"reader": READER}


def test_a_broken_certificate_beside_an_nes_is_no_problem() -> None:
    assert codes(holding(UNPARSABLE, nes())) == []
    assert codes(holding(UNPARSABLE, authority())) == ["certificate-unparsable"]


def test_a_broken_certificate_is_skipped_only_beside_an_nes_on_the_same_card() -> None:
    def both(certificate: Certificate) -> Snapshot:
        slots = slot(token(UNPARSABLE)), slot(token(certificate), SECOND, slot_id=1)
        return desk(TWO_READERS, (module(*slots),))

    assert only(holding(UNPARSABLE, nes()), "certificate-skipped").facts["reader"] == READER
    able = diagnose(both(nes()), AT)
    assert "certificate-skipped" not in [each.code for each in able.findings]
    assert only(able.snapshot, "card-not-read").facts["reader"] == READER
    assert codes(both(nes(ends_at=AT - DAY))) == ["certificate-unparsable", "nes-expired"]


def test_a_holder_without_a_number_is_known_by_name() -> None:
    def numberless(certificate: Certificate) -> Certificate:
        subject = certificate.subject
        kept = tuple(each for each in subject.attributes if each.type == "CN")
        return replace(certificate, subject=replace(subject, attributes=kept))

    old = numberless(nes(ends_at=AT - DAY, serial="01"))
    assert codes(holding(old, numberless(nes()))) == []
    assert codes(holding(old, numberless(nes(person=MEHMET)))) == ["nes-expired"]


def test_the_first_broken_link_is_the_verdict_among_equals() -> None:
    failing = module(slot(DEVICE_ERROR), slot(token(nes(ends_at=AT - DAY)), SECOND, slot_id=1))

    diagnosis = diagnose(desk(TWO_READERS, (failing,)), AT)

    assert diagnosis.verdict == "token-failed"
    assert codes(diagnosis.snapshot) == ["token-failed", "nes-expired"]


def test_a_worse_finding_outranks_an_earlier_link() -> None:
    both = token(nes(), nes(person=MEHMET, ends_at=AT - DAY))
    here = desk((reader(changes=2),), (module(slot(both)),))

    assert diagnose(here, AT).verdict == "nes-expired"
    assert codes(here) == ["nes-expired", "card-unstable-but-read"]
