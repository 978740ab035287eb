# SPDX-License-Identifier: Apache-2.0
"""What is said of the service, the readers and the cards in them."""

import pytest
from msgspec.structs import replace

from cardtool.model.snapshot import Failure, Source
from cardtool.rules import diagnose
from tests.desks import (
    AT,
    BANK,
    CRASHED,
    DEVICE_ERROR,
    GONE,
    HOST,
    NOT_RECOGNISED,
    OPENSC,
    READER,
    SECOND,
    TCKK_CONTACTLESS,
    codes,
    desk,
    module,
    nes,
    only,
    reader,
    slot,
    token,
)


@pytest.mark.parametrize(
    ("platform", "pcscd", "code", "expected"),
    [
        ("linux", None, 0x8010001D, "service-absent"),
        ("linux", None, 0x8010001E, "service-absent"),
        ("linux", "/usr/sbin/pcscd", 0x8010001D, "service-stopped"),
        ("linux", "/usr/sbin/pcscd", 0x8010001E, "service-stopped"),
        ("linux", None, 0x8010006A, "service-access-denied"),
        ("linux", None, 0x80100001, "service-failed"),
        ("win32", None, 0x8010001D, "service-stopped-windows"),
        ("win32", None, 0x80100001, "service-failed"),
        ("darwin", None, 0x8010001D, "service-failed"),
    ],
)
def test_what_the_service_answers_means_something_else_on_each_system(
    platform: str, pcscd: str | None, code: int, expected: str
) -> None:
    host = replace(HOST, platform=platform, pcscd=pcscd)

    assert codes(desk(replace(GONE, code=code), (), host)) == [expected]


def test_a_number_of_another_interface_is_not_taken_for_one_of_pcsc() -> None:
    failure = Failure(api="worker", name="EXIT", code=0x8010001D)

    assert codes(desk(failure, ())) == ["service-failed"]


@pytest.mark.parametrize(
    ("failure", "reason"),
    [
        (GONE, "SCARD_E_NO_SERVICE 0x8010001D"),
        (replace(GONE, code=0x8010001D - 2**32), "SCARD_E_NO_SERVICE 0x8010001D"),
        (Failure(api="pcsc", name="0x80100FFF", code=0x80100FFF), "0x80100FFF"),
        (CRASHED, "SIGSEGV 11"),
        (Failure(api="worker", name="TIMEOUT"), "TIMEOUT"),
    ],
)
def test_a_reason_is_the_symbol_and_number_to_look_up(failure: Failure, reason: str) -> None:
    assert diagnose(desk(failure, ()), AT).findings[0].facts == {"reason": reason}


def test_a_stopped_service_explains_the_driver_that_crashes_without_it() -> None:
    asked_for = module(source=Source.CONFIGURED, failure=CRASHED)

    assert codes(desk(GONE, (asked_for,))) == ["service-stopped"]
    assert codes(desk((), (asked_for,))) == ["reader-missing", "driver-crashed"]


def test_the_reader_that_holds_the_nes_is_named_among_several() -> None:
    here = desk((reader(None), reader(name=SECOND)), (module(slot(token(nes()), SECOND)),))

    assert only(here, "readers-several").facts == {"count": 2, "readers": SECOND}


def test_a_reader_that_calls_its_card_mute_is_not_empty() -> None:
    assert codes(desk((reader(None, states=("MUTE",)),), ())) == ["card-mute"]


def test_a_card_unknown_to_the_catalogue_matters_only_where_no_other_is_known() -> None:
    assert codes(desk((reader(BANK),), ())) == ["card-unknown"]
    assert codes(desk((reader(), reader(BANK, SECOND)))) == []
    assert only(desk((reader(BANK),), ()), "card-unknown").facts["atr"] == BANK


def test_a_slot_that_fails_over_an_unknown_card_is_no_second_problem() -> None:
    failing = module(slot(NOT_RECOGNISED), path=OPENSC)

    assert codes(desk((reader(BANK),), (failing,))) == ["card-unknown"]
    beside = (module(slot(token(nes()), SECOND), slot(DEVICE_ERROR, slot_id=1)),)
    assert codes(desk((reader(BANK), reader(name=SECOND)), beside)) == []


def test_no_driver_is_asked_for_a_card_that_holds_no_nes() -> None:
    assert codes(desk((reader(TCKK_CONTACTLESS),), ())) == ["card-not-for-signing"]
    assert codes(desk((reader(TCKK_CONTACTLESS, SECOND), reader()))) == []


def test_a_card_held_by_another_program_but_read_is_no_problem() -> None:
    assert codes(desk((reader(states=("PRESENT", "EXCLUSIVE", "INUSE")),))) == []


def test_a_cause_in_one_reader_hides_nothing_in_the_other() -> None:
    held = reader(name=SECOND, states=("PRESENT", "EXCLUSIVE"))
    failing = module(slot(DEVICE_ERROR), slot(DEVICE_ERROR, SECOND, slot_id=1))

    found = diagnose(desk((reader(), held), (failing,)), AT).findings

    broken = [(each.code, each.facts["reader"]) for each in found if each.steps]
    assert broken == [("card-in-use", SECOND), ("token-failed", READER)]
