# SPDX-License-Identifier: Apache-2.0
"""What is said of PINs by their flags, and when all is left to the program that signs."""

from datetime import datetime, timedelta

import pytest
from msgspec.structs import replace

from cardtool.model.certificate import Attribute, Name
from cardtool.model.diagnosis import Actor, Diagnosis, Severity
from cardtool.model.snapshot import Snapshot, Source
from cardtool.model.surroundings import Host
from cardtool.rules import diagnose
from tests.desks import (
    AT,
    HOST,
    HUNG,
    LAW_5070,
    MEHMET,
    QC,
    READER,
    SEAL,
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
    windows,
)

DAY = timedelta(days=1)
TICK = timedelta(seconds=1)
TWO_READERS = (reader(), reader(name=SECOND))


def test_the_pin_matters_in_the_last_second_too() -> None:
    ending = diagnose(holding(nes(ends_at=AT)), AT).findings

    assert [each.code for each in ending].count("pin-ready") == 1


def test_the_pin_of_a_card_with_two_nes_is_said_once() -> None:
    two = token(nes(), nes(person=MEHMET, serial="77"), flags=("CKF_USER_PIN_LOCKED",))

    found = diagnose(desk(modules=(module(slot(two)),)), AT).findings

    assert [each.code for each in found].count("nes-found") == 2
    assert [each.code for each in found].count("pin-locked") == 1


def test_the_pin_matters_only_while_the_nes_is_in_force() -> None:
    locked = ("CKF_USER_PIN_INITIALIZED", "CKF_USER_PIN_LOCKED")
    expired = token(nes(ends_at=AT - DAY), flags=locked)

    assert codes(desk(modules=(module(slot(expired)),))) == ["nes-expired"]
    assert codes(desk(modules=(module(slot(token(authority(), flags=locked))),))) == ["nes-missing"]


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        (("USER_PIN_LOCKED", "USER_PIN_FINAL_TRY", "USER_PIN_COUNT_LOW"), "pin-locked"),
        (("USER_PIN_COUNT_LOW", "USER_PIN_FINAL_TRY"), "pin-final-try"),
        (("USER_PIN_COUNT_LOW", "USER_PIN_INITIALIZED"), "pin-count-low"),
        ((), "pin-never-set"),
        (("USER_PIN_INITIALIZED",), "pin-ready"),
        (("USER_PIN_INITIALIZED", "USER_PIN_LOCKED", "SO_PIN_LOCKED"), "pin-and-puk-locked"),
        (
            ("USER_PIN_INITIALIZED", "USER_PIN_TO_BE_CHANGED", "USER_PIN_FINAL_TRY"),
            "pin-final-try",
        ),
        (
            ("USER_PIN_INITIALIZED", "USER_PIN_TO_BE_CHANGED", "USER_PIN_COUNT_LOW"),
            "pin-to-be-changed",
        ),
        (("USER_PIN_TO_BE_CHANGED",), "pin-never-set"),
    ],
)
def test_of_several_pin_flags_the_worst_is_said(flags: tuple[str, ...], expected: str) -> None:
    flagged = token(nes(), flags=tuple(f"CKF_{flag}" for flag in flags))

    found = diagnose(desk(modules=(module(slot(flagged)),)), AT).findings
    assert [each.code for each in found if each.code.startswith("pin-")] == [expected]


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        (("SO_PIN_LOCKED",), ["puk-locked"]),
        (("SO_PIN_LOCKED", "USER_PIN_FINAL_TRY"), ["pin-final-try-puk-locked"]),
        (("SO_PIN_LOCKED", "USER_PIN_LOCKED"), ["pin-and-puk-locked"]),
        (("SO_PIN_LOCKED", "USER_PIN_COUNT_LOW"), ["puk-locked", "pin-count-low"]),
        (("SO_PIN_LOCKED", "USER_PIN_TO_BE_CHANGED"), ["puk-locked", "pin-to-be-changed"]),
        (("SO_PIN_FINAL_TRY",), []),
        (("SO_PIN_COUNT_LOW",), []),
    ],
)
def test_a_puk_is_told_only_when_it_is_locked(flags: tuple[str, ...], expected: list[str]) -> None:
    names = ("USER_PIN_INITIALIZED", *flags)
    flagged = token(nes(), flags=tuple(f"CKF_{flag}" for flag in names))

    assert codes(desk(modules=(module(slot(flagged)),))) == expected


def test_a_pin_that_was_never_set_on_a_card_whose_puk_is_locked_is_not_all_that_is_wrong() -> None:
    flagged = token(nes(), flags=("CKF_SO_PIN_LOCKED",))

    assert codes(desk(modules=(module(slot(flagged)),))) == ["pin-never-set", "puk-locked"]


@pytest.mark.parametrize("user", ["LOCKED", "FINAL_TRY", "COUNT_LOW"])
def test_no_step_unlocks_a_pin_with_a_puk_that_is_locked(user: str) -> None:
    names = ("SO_PIN_LOCKED", "USER_PIN_INITIALIZED", f"USER_PIN_{user}")
    flagged = token(nes(), flags=tuple(f"CKF_{name}" for name in names))

    found = diagnose(desk(modules=(module(slot(flagged)),)), AT).findings

    assert [each.code for each in found if "unlock-pin" in each.steps] == []


def test_a_card_with_two_nes_has_one_pin() -> None:
    found = diagnose(holding(nes(), nes(serial="01")), AT).findings

    assert [each.code for each in found].count("pin-ready") == 1


def _is_ready(snapshot: Snapshot, at: datetime = AT) -> bool:
    findings = diagnose(snapshot, at).findings
    ready = [each.code for each in findings].count("desk-ready")
    assert not ready or findings[-1].code == "desk-ready"
    return ready == 1


def test_where_an_nes_is_in_force_and_its_pin_not_locked_the_program_is_looked_at() -> None:
    locked = token(nes(), flags=("CKF_USER_PIN_INITIALIZED", "CKF_USER_PIN_LOCKED"))

    assert _is_ready(desk())
    assert diagnose(desk(), AT).verdict == "nes-valid"
    assert _is_ready(holding(nes(ends_at=AT)))
    assert not _is_ready(holding(nes(ends_at=AT)), AT + TICK)
    assert not _is_ready(desk(modules=(module(slot(locked)),)))
    assert not _is_ready(holding(authority()))
    second = slot(token(nes(person=MEHMET)), SECOND, slot_id=1)
    assert _is_ready(desk(TWO_READERS, (module(slot(locked), second),)))


@pytest.mark.parametrize(
    ("here", "first"),
    [
        (holding(nes(), authority()), "start-program-for-linux"),
        (holding(nes(), nes(serial="01", ends_at=AT - DAY)), "choose-certificate"),
        (holding(nes(), nes(serial="01", statements=(QC, LAW_5070, SEAL))), "choose-certificate"),
        (desk((reader(), reader(None, name=SECOND))), "choose-certificate"),
        (desk((reader(), reader(None, name="Windows Hello for Business 1"))), "choose-certificate"),
    ],
)
def test_where_a_program_may_take_another_reader_or_certificate_choosing_comes_first(
    here: Snapshot, first: str
) -> None:
    ready = only(here, "desk-ready")

    assert ready.steps[0] == first
    assert sorted(ready.steps) == sorted(only(desk(), "desk-ready").steps)
    assert dict(zip(ready.steps, ready.actors, strict=True))["check-java"] is Actor.IT


def test_each_card_that_can_sign_is_named_by_its_reader_and_no_other() -> None:
    here = slot(token(nes()))
    there = slot(token(nes(person=MEHMET)), SECOND, slot_id=1)
    expired = slot(token(nes(person=MEHMET, ends_at=AT - DAY)), SECOND, slot_id=1)

    both = diagnose(desk(TWO_READERS, (module(here, there),)), AT)
    one = diagnose(desk(TWO_READERS, (module(here, expired),)), AT)

    assert _ready(both) == [READER, SECOND]
    assert (one.verdict, _ready(one)) == ("nes-expired", [READER])


def test_of_two_cards_of_one_person_the_newer_is_the_one_to_choose() -> None:
    old, new = nes(serial="01", ends_at=AT + 9 * DAY), nes()
    locked = token(new, flags=("CKF_USER_PIN_INITIALIZED", "CKF_USER_PIN_LOCKED"))

    both = module(slot(token(old)), slot(token(new), SECOND, slot_id=1))
    one = module(slot(token(old)), slot(locked, SECOND, slot_id=1))

    assert _ready(diagnose(desk(TWO_READERS, (both,)), AT)) == [SECOND, READER]
    assert _ready(diagnose(desk(TWO_READERS, (one,)), AT)) == [READER]


def _ready(diagnosis: Diagnosis) -> list[str | int]:
    return [each.facts["reader"] for each in diagnosis.findings if each.code == "desk-ready"]


def test_a_card_that_is_no_longer_there_makes_no_desk_ready() -> None:
    software = module(slot(token(nes()), None), path="/soft.so", source=Source.CONFIGURED)

    assert not _is_ready(desk((reader(None, changes=1),)))
    assert not _is_ready(desk((), (software,)))
    assert _is_ready(desk(modules=(software,)))
    assert _is_ready(desk(HUNG, (software,)))


@pytest.mark.parametrize(
    ("key", "host", "is_said"),
    [
        ("rsa-2048", replace(windows(), release="Windows 11 10.0.26100"), True),
        ("rsa-2048", replace(windows(), release="Windows Server 2016 10.0.14393"), True),
        ("rsa-2048", replace(windows(), release="Windows 10 10.0.10240"), False),
        ("rsa-2048", replace(windows(), release="Windows 11"), False),
        ("rsa-2048", replace(HOST, release="Linux 10.0.26100"), False),
        ("ec-secp384r1", replace(windows(), release="Windows 11 10.0.26100"), False),
    ],
)
def test_an_rsa_key_is_spoken_of_where_windows_reaches_it_in_another_way(
    key: str, host: Host, *, is_said: bool
) -> None:
    here = replace(holding(replace(nes(), key=key)), host=host)

    found = {each.code for each in diagnose(here, AT).findings}
    assert ("rsa-on-windows" in found) is is_said
    assert "desk-ready" in found


_INITIALISED, _LOCKED = "CKF_USER_PIN_INITIALIZED", "CKF_USER_PIN_LOCKED"
_PUK = "CKF_SO_PIN_LOCKED"


def _sealing(*flags: str, beside: bool, ends_at: datetime = AT + 99 * DAY) -> Diagnosis:
    """Judge a seal whose card has these flags, alone or beside an NES that can sign."""
    seal = token(nes(statements=(QC, LAW_5070, SEAL), ends_at=ends_at), flags=flags)
    signing = (slot(token(nes(serial="77")), SECOND, slot_id=1),) if beside else ()
    readers = TWO_READERS if beside else TWO_READERS[:1]
    return diagnose(desk(readers, (module(slot(seal), *signing),)), AT)


@pytest.mark.parametrize(
    ("flags", "phase", "first"),
    [
        ((_INITIALISED, _LOCKED), "-", "unlock-seal-pin"),
        ((), "never-set", "unlock-seal-pin"),
        ((_INITIALISED, "CKF_USER_PIN_TO_BE_CHANGED"), "never-set", "unlock-seal-pin"),
        ((_INITIALISED, _LOCKED, _PUK), "puk-locked", "apply-for-update"),
    ],
)
def test_a_seal_whose_pin_does_not_work_is_told(
    flags: tuple[str, ...], phase: str, first: str
) -> None:
    alone, beside = (_sealing(*flags, beside=each) for each in (False, True))

    assert (alone.verdict, beside.verdict) == ("seal-pin-unusable", "seal-pin-unusable-beside")
    assert (alone.severity, beside.severity) == (Severity.CRITICAL, Severity.WARNING)
    for judged in alone, beside:
        assert judged.deciding.facts["reader"] == READER
        assert (judged.deciding.facts["phase"], judged.deciding.steps[0]) == (phase, first)
    assert "pin-ready" in [each.code for each in beside.findings]  # that of the NES


@pytest.mark.parametrize(
    ("flags", "phase"),
    [
        ((_INITIALISED, "CKF_USER_PIN_FINAL_TRY"), "final-try"),
        ((_INITIALISED, "CKF_USER_PIN_FINAL_TRY", _PUK), "final-try"),
        ((_INITIALISED, "CKF_USER_PIN_COUNT_LOW"), "count-low"),
    ],
)
def test_a_seal_that_may_soon_be_locked_is_a_warning(flags: tuple[str, ...], phase: str) -> None:
    beside = _sealing(*flags, beside=True)

    assert (beside.verdict, beside.severity) == ("seal-pin-warning", Severity.WARNING)
    assert beside.deciding.facts["phase"] == phase
    assert "seal-pin-warning" in [each.code for each in _sealing(*flags, beside=False).findings]


def test_the_pin_of_a_seal_that_works_or_has_ended_is_no_matter() -> None:
    assert _sealing(_INITIALISED, beside=True).severity is Severity.OK
    ended = _sealing(_INITIALISED, _LOCKED, beside=True, ends_at=AT - DAY)
    assert ended.verdict == "seal-expired"
    assert not [each.code for each in ended.findings if each.code.startswith("seal-pin")]


def test_a_seal_on_the_card_of_an_nes_has_the_same_pin() -> None:
    seal = nes(statements=(QC, LAW_5070, SEAL), serial="77")
    both = token(nes(), seal, flags=(_INITIALISED, _LOCKED))

    assert codes(desk(modules=(module(slot(both)),))) == ["pin-locked"]


def test_the_pin_of_another_providers_seal_is_unlocked_by_that_provider() -> None:
    seal = nes(statements=(QC, LAW_5070, SEAL))
    of_other = replace(seal, issuer=Name(attributes=(Attribute(type="O", value="E-Tuğra A.Ş."),)))
    here = desk(modules=(module(slot(token(of_other, flags=(_INITIALISED, _LOCKED)))),))

    found = only(here, "seal-pin-unusable")

    assert found.steps[0] == "unlock-seal-pin-elsewhere"
    assert found.road["own_provider"].startswith("E-Tuğra")
