# SPDX-License-Identifier: Apache-2.0
"""What is said of readers that PC/SC offers and of the cards in them."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from cardtool.catalog import card_for, readers_named
from cardtool.model.snapshot import Failure, Reader, Source, Token
from cardtool.rules import diagnose
from tests.desks import (
    AT,
    BANK,
    CRASHED,
    DEVICE_ERROR,
    HUNG,
    MUTE,
    NOT_RECOGNISED,
    OPENSC,
    READER,
    REFUSED,
    SECOND,
    TCKK_CONTACTLESS,
    UNKNOWN,
    UNPARSABLE,
    authority,
    codes,
    desk,
    module,
    nes,
    only,
    reader,
    slot,
    token,
)


def test_the_reader_that_holds_the_nes_is_named_among_several() -> None:
    here = desk((reader(None), reader(name=SECOND)), (module(slot(token(nes()), SECOND)),))

    assert only(here, "readers-several").facts == {"count": 2, "readers": SECOND}


def test_a_reader_whose_card_has_no_nes_is_not_the_one_that_matters() -> None:
    read = module(slot(token(authority())), slot(token(nes()), SECOND, slot_id=1))

    here = desk((reader(), reader(name=SECOND)), (read,))

    assert only(here, "readers-several").facts["readers"] == SECOND


def test_a_certificate_in_no_reader_is_not_said_to_be_in_one() -> None:
    two = (reader(), reader(None, SECOND))
    store = module(slot(token(nes()), None), source=Source.CONFIGURED)

    found = [each.code for each in diagnose(desk(two, (store,)), AT).findings]
    assert "readers-several" not in found


def test_a_reader_that_is_missing_is_tried_elsewhere_before_one_is_ordered_and_paid() -> None:
    assert only(desk((), ()), "reader-missing").steps == (
        "plug-own-reader",
        "try-other-port",
        "run-again",
        "try-other-computer",
        "order-reader",
        "address-reader",
        "pay-reader",
    )


@pytest.mark.parametrize(
    ("contents", "consequence"),
    [
        (DEVICE_ERROR, "token-failed"),
        (NOT_RECOGNISED, "driver-too-old"),
        (HUNG, "token-hung"),
        (CRASHED, "token-crashed"),
        (None, "token-missing"),
        (token(), "certificates-missing"),
        (token(authority()), "nes-missing"),
        (token(UNPARSABLE), "certificate-unparsable"),
        (replace(token(), certificates=DEVICE_ERROR), "card-worn"),
        (replace(token(), certificates=REFUSED), "certificates-unreadable"),
    ],
)
def test_a_card_that_comes_and_goes_decides_over_what_could_not_be_read(
    contents: Token | Failure | None, consequence: str
) -> None:
    read = (module(slot(contents)),)

    assert codes(desk((reader(),), read)) == [consequence]
    assert codes(desk((reader(changes=2),), read)) == ["card-unstable"]
    expired = module(slot(token(nes(ends_at=AT - timedelta(days=1))), SECOND))
    beside = (reader(changes=1), reader(name=SECOND, changes=2))
    found = only(desk(beside, (*read, expired)), "card-unstable")
    assert found.facts == {"reader": SECOND}


@pytest.mark.parametrize(
    "moved", [reader(changes=2), reader(differs=True), reader(None, changes=1)]
)
@pytest.mark.parametrize(
    ("contents", "news"),
    [
        (token(), "certificates-missing"),
        (token(authority()), "nes-missing"),
        (token(nes(ends_at=AT - timedelta(days=1))), "nes-expired"),
        (token(nes(begins_at=AT + timedelta(days=1))), "nes-not-yet-valid"),
    ],
)
def test_bad_news_of_a_card_that_moved_is_not_believed(
    moved: Reader, contents: Token, news: str
) -> None:
    read = (module(slot(contents)),)

    assert codes(desk((reader(),), read)) == [news]
    verdict = "card-unstable" if moved.card else "card-pulled"
    assert codes(desk((moved,), read)) == [verdict]


def test_a_reader_that_could_not_be_asked_says_nothing_of_a_card() -> None:
    strange = "ACS Kart Okuyucu Ğüİş 00 00"
    unasked = Failure(api="pcsc", name="SCARD_E_INVALID_VALUE", detail="ASCII names only")
    here = desk((reader(None, strange, card=unasked),))

    assert only(here, "reader-not-asked").facts["reader"] == strange
    assert codes(here) == ["reader-not-asked"]
    assert (
        codes(
            desk(
                (reader(None, strange, card=unasked), reader(name=SECOND)),
                (module(slot(token(nes()), SECOND)),),
            )
        )
        == []
    )


def test_of_two_readings_that_differ_the_one_with_an_nes_in_force_is_a_warning() -> None:
    assert codes(desk((reader(differs=True),))) == ["card-unstable-but-read"]
    assert codes(desk((reader(differs=True, changes=1),))) == ["card-unstable-but-read"]


def test_a_card_that_comes_and_goes_is_a_warning_where_its_nes_was_read() -> None:
    assert codes(desk((reader(changes=2),))) == ["card-unstable-but-read"]
    store = module(slot(token(nes()), None), source=Source.CONFIGURED)
    assert codes(desk((reader(changes=2),), (store,))) == ["card-unstable-but-read"]
    other = (reader(changes=2), reader(name=SECOND))
    assert codes(desk(other, (module(slot(token(nes()), SECOND)),))) == []


@pytest.mark.parametrize("failure", [HUNG, REFUSED])
def test_a_driver_waits_for_a_card_that_is_held_or_does_not_answer(failure: Failure) -> None:
    held = reader(states=("PRESENT", "EXCLUSIVE"))
    mute = reader(None, card=MUTE)
    waiting = (module(failure=failure),)
    asked_for = (module(failure=failure, source=Source.CONFIGURED),)
    (own,) = codes(desk(modules=waiting))

    assert codes(desk((held,), waiting)) == ["card-in-use-unnamed"]
    assert codes(desk((mute,), asked_for)) == ["card-mute"]
    assert codes(desk((held, reader(name=SECOND)), waiting)) == ["card-in-use-unnamed", own]
    assert codes(desk((mute, reader(name=SECOND)), waiting)) == ["card-mute", own]


def test_a_card_pulled_from_one_reader_is_said_beside_a_card_in_the_other() -> None:
    pulled = reader(None, changes=1)
    expired = module(slot(token(nes(ends_at=AT - timedelta(days=1))), SECOND))

    assert codes(desk((pulled, reader(name=SECOND)), (expired,))) == ["card-pulled", "nes-expired"]
    able = desk((pulled, reader(name=SECOND)), (module(slot(token(nes()), SECOND)),))
    assert codes(able) == []
    assert only(able, "card-not-read").facts == {"reader": READER, "reason": "card-pulled"}


def test_a_card_is_looked_up_once_however_many_readers_hold_its_like() -> None:
    many = tuple(reader(name=f"Reader {number}") for number in range(300))
    card_for.cache_clear()

    diagnose(desk(many, ()), AT)

    looked_up = card_for.cache_info()
    assert looked_up.misses == 1
    assert looked_up.hits < 20 * len(many)


def test_a_name_is_looked_up_once_a_desk() -> None:
    readers_named.cache_clear()

    diagnose(desk((reader(), reader(None, SECOND))), AT)

    assert readers_named.cache_info().misses == len((READER, SECOND))


def test_a_reader_that_calls_its_card_mute_is_not_empty() -> None:
    assert codes(desk((reader(None, states=("MUTE",)),), ())) == ["card-mute"]


def test_a_card_unknown_to_the_catalogue_matters_only_where_no_other_is_known() -> None:
    assert codes(desk((reader(UNKNOWN),), ())) == ["card-unknown"]
    assert codes(desk((reader(), reader(UNKNOWN, SECOND)))) == []
    assert only(desk((reader(UNKNOWN),), ()), "card-unknown").facts["atr"] == UNKNOWN


def test_a_slot_that_fails_over_an_unknown_card_is_no_second_problem() -> None:
    failing = module(slot(NOT_RECOGNISED), path=OPENSC)

    assert codes(desk((reader(UNKNOWN),), (failing,))) == ["card-unknown"]
    beside = (module(slot(token(nes()), SECOND), slot(DEVICE_ERROR, slot_id=1)),)
    assert codes(desk((reader(UNKNOWN), reader(name=SECOND)), beside)) == []


def test_no_driver_is_asked_for_a_card_that_holds_no_nes() -> None:
    assert codes(desk((reader(TCKK_CONTACTLESS),), ())) == ["card-not-for-signing"]
    unlisted = (module(slot(token(nes()), SECOND), path=OPENSC, source=Source.P11_KIT),)
    assert codes(desk((reader(TCKK_CONTACTLESS), reader(BANK, SECOND)), unlisted)) == []
    assert codes(desk((reader(TCKK_CONTACTLESS, SECOND), reader()))) == []


def test_a_card_held_by_another_program_but_read_is_no_problem() -> None:
    assert codes(desk((reader(states=("PRESENT", "EXCLUSIVE", "INUSE")),))) == []


def test_a_cause_in_one_reader_hides_nothing_in_the_other() -> None:
    held = reader(name=SECOND, states=("PRESENT", "EXCLUSIVE"))
    failing = module(slot(DEVICE_ERROR), slot(DEVICE_ERROR, SECOND, slot_id=1))

    found = diagnose(desk((reader(), held), (failing,)), AT).findings

    broken = [(each.code, each.facts["reader"]) for each in found if each.steps]
    assert broken == [("card-in-use-unnamed", SECOND), ("token-failed", READER)]
