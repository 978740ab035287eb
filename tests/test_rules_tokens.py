# SPDX-License-Identifier: Apache-2.0
"""What is said of slots and tokens, and where an NES is looked for."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from cardtool.model.certificate import Certificate
from cardtool.model.snapshot import Failure, Snapshot, Source, Token
from cardtool.rules import diagnose
from tests.desks import (
    AT,
    BANK,
    BUG,
    CRASHED,
    DEVICE_ERROR,
    HUNG,
    MUTE,
    NOT_RECOGNISED,
    OPENSC,
    READER,
    SECOND,
    UNPARSABLE,
    codes,
    desk,
    module,
    nes,
    only,
    reader,
    slot,
    token,
)

AKIS_V10 = "3BBA11008131FE4D55454B41452056312E30AE"
TWO_READERS = (reader(), reader(name=SECOND))
UNREADABLE = replace(token(), certificates=DEVICE_ERROR)


def test_the_fault_of_cardtool_is_not_blamed_on_the_card() -> None:
    for broken in (
        module(failure=BUG),
        module(slot(BUG)),
        module(slot(replace(token(), certificates=BUG))),
    ):
        assert codes(desk(modules=(broken,))) == ["cardtool-fault"]


def test_two_drivers_that_do_not_know_a_card_are_one_problem() -> None:
    blind = module(slot(NOT_RECOGNISED)), module(slot(NOT_RECOGNISED), path=OPENSC)

    assert codes(desk((reader(AKIS_V10),), blind)) == ["token-not-recognised"]


def test_an_empty_slot_that_says_so_by_an_error_is_empty() -> None:
    gone = Failure(api="pkcs11", name="CKR_TOKEN_NOT_PRESENT", code=0xE0)

    assert codes(desk(modules=(module(slot(gone)),))) == ["token-missing"]


def test_a_failing_slot_that_is_no_reader_counts_where_nothing_else_was_read() -> None:
    failing = module(slot(DEVICE_ERROR, None), source=Source.CONFIGURED)
    read = module(slot(token(nes()), None), path=OPENSC, source=Source.CONFIGURED)

    assert codes(desk(modules=(failing,))) == ["token-failed"]
    assert codes(desk((reader(BANK),), (failing,))) == ["card-unknown", "token-failed"]
    assert codes(desk((reader(),), (read, failing))) == []


def test_a_failing_slot_is_blamed_on_the_card_that_was_not_read() -> None:
    expired = nes(ends_at=AT - timedelta(days=1))
    lost = module(slot(token(expired)), slot(DEVICE_ERROR, None, slot_id=1))

    found = diagnose(desk(TWO_READERS, (lost,)), AT).findings

    assert [(each.code, each.facts["reader"]) for each in found if each.steps] == [
        ("token-failed", SECOND),
        ("nes-expired", READER),
    ]


@pytest.mark.parametrize(
    ("failure", "code"),
    [
        (NOT_RECOGNISED, "token-not-recognised"),
        (DEVICE_ERROR, "token-failed"),
        (HUNG, "token-hung"),
        (CRASHED, "token-crashed"),
        (None, "token-missing"),
        (UNREADABLE, "certificates-unreadable"),
        (token(UNPARSABLE), "certificate-unparsable"),
    ],
)
def test_what_is_wrong_with_another_card_is_a_note_where_one_can_sign(
    failure: Failure | Token | None, code: str
) -> None:
    def desk_with(good: Certificate) -> Snapshot:
        slots = slot(token(good)), slot(failure, SECOND, slot_id=1)
        return desk(TWO_READERS, (module(*slots),))

    able, expired = desk_with(nes()), desk_with(nes(ends_at=AT - timedelta(days=1)))

    assert codes(able) == []
    note = only(able, "card-not-read").facts
    assert note["reader"] == SECOND
    assert str(note["reason"]).startswith(code)
    assert sorted(codes(expired)) == sorted([code, "nes-expired"])


def test_a_slot_of_no_reader_that_can_sign_counts_for_the_card_its_driver_is_for() -> None:
    mute = reader(None, SECOND, card=MUTE)
    reading = module(slot(token(nes()), None))

    assert codes(desk((reader(), mute), (reading,))) == []
    store = replace(reading, path="/soft.so", source=Source.P11_KIT)
    assert codes(desk((reader(BANK), mute), (store,)))[0] == "card-unknown"


def test_a_card_that_was_pulled_after_it_was_read_cannot_sign() -> None:
    both = (reader(None, changes=1), reader(None, SECOND, card=MUTE))

    assert codes(desk(both)) == ["card-pulled", "card-mute"]


def test_a_card_of_no_catalogue_that_one_driver_read_may_fail_with_another() -> None:
    reading = module(slot(token(nes())), path="/a.so", source=Source.P11_KIT)
    failing = module(slot(DEVICE_ERROR), path="/b.so", source=Source.P11_KIT)

    assert codes(desk((reader(BANK),), (reading, failing))) == []


def test_a_slot_that_is_no_reader_is_named_by_what_its_driver_calls_it() -> None:
    nameless = replace(slot(token(), None, slot_id=7), description="")

    for empty, name in ((slot(token(), None), "SoftHSM slot"), (nameless, "/soft.so 7")):
        softhsm = module(empty, path="/soft.so", source=Source.CONFIGURED)
        assert only(desk((), (softhsm,)), "certificates-missing").facts["reader"] == name


def test_every_place_where_an_nes_belongs_is_searched_for_one() -> None:
    asked_for = module(slot(token(), None), path="/soft.so", source=Source.CONFIGURED)
    of_the_card = module(slot(token(), None))
    in_the_reader = module(slot(token()), path="/x.so", source=Source.P11_KIT)

    assert codes(desk((), (asked_for,))) == ["reader-missing", "certificates-missing"]
    assert codes(desk(modules=(of_the_card,))) == ["certificates-missing"]
    assert codes(desk(modules=(in_the_reader,))) == ["certificates-missing"]


def test_a_token_without_a_place_counts_for_the_card_its_driver_is_for() -> None:
    assert codes(desk(modules=(module(slot(token(nes()), None)),))) == []


def test_a_store_that_only_happens_to_be_there_is_not_searched_for_an_nes() -> None:
    store = module(slot(token(), None), path="/x.so", source=Source.P11_KIT)

    assert codes(desk(modules=(store,))) == ["driver-missing"]
    assert codes(desk((reader(None),), (store,))) == ["card-missing"]
