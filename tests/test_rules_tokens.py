# SPDX-License-Identifier: Apache-2.0
"""What is said of slots and tokens, and where an NES is looked for."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from cardtool.model.certificate import Certificate
from cardtool.model.diagnosis import Severity
from cardtool.model.snapshot import Failure, Module, ModuleInfo, Snapshot, Source, Token
from cardtool.rules import diagnose
from cardtool.text import Text
from tests.desks import (
    AKIS,
    AKISP11,
    AT,
    BANK,
    BUG,
    CRASHED,
    DEVICE_ERROR,
    ETOKEN,
    HOST,
    HUNG,
    MUTE,
    NOT_RECOGNISED,
    OPENSC,
    READER,
    REFUSED,
    SECOND,
    UNKNOWN,
    UNPARSABLE,
    codes,
    desk,
    fileless,
    module,
    nes,
    only,
    reader,
    slot,
    token,
    usb,
)

ETPKCS11 = "/usr/lib/libeTPkcs11.so"
AKIS_V10 = "3BBA11008131FE4D55454B41452056312E30AE"
TWO_READERS = (reader(), reader(name=SECOND))
REMOVED = Failure(api="pkcs11", name="CKR_DEVICE_REMOVED", code=0x32)
LOST_COMMAND = Failure(api="pkcs11", name="CKR_FUNCTION_FAILED", code=6)
NOT_TRANSACTED = Failure(api="pcsc", name="SCARD_E_NOT_TRANSACTED", code=0x80100016)
UNREADABLE = replace(token(), certificates=DEVICE_ERROR)


def test_the_fault_of_cardtool_is_not_blamed_on_the_card() -> None:
    for broken in (
        module(failure=BUG),
        module(slot(BUG)),
        module(slot(replace(token(), certificates=BUG))),
    ):
        assert codes(desk(modules=(broken,))) == ["cardtool-fault"]


def test_where_the_card_failed_too_the_fault_of_cardtool_is_not_what_is_told() -> None:
    """One driver stopped by a fault of our own, the other by the card."""
    modules = (
        module(slot(replace(token(), certificates=BUG))),
        module(slot(UNREADABLE), path=OPENSC),
    )

    told = diagnose(desk(modules=modules), AT).findings

    reasons = [each.facts["reason"] for each in told if "reason" in each.facts]
    assert "CKR_DEVICE_ERROR 0x00000030" in reasons
    assert not any(each.code == "cardtool-fault" for each in told)


@pytest.mark.parametrize(
    ("asleep", "code"),
    [
        ((True,), "token-failed-asleep"),
        ((True, True), "token-failed-asleep"),
        ((True, False), "token-failed"),
        ((False,), "token-failed"),
        ((), "token-failed"),
    ],
)
def test_of_two_readers_that_are_alike_none_is_taken_for_the_one_that_sleeps(
    asleep: tuple[bool, ...], code: str
) -> None:
    devices = tuple(replace(usb(asleep=one), port=f"1-{n}") for n, one in enumerate(asleep))
    failing = desk((reader(),), (module(slot(DEVICE_ERROR)),))

    assert codes(replace(failing, usb=devices)) == [code]


def test_two_drivers_that_do_not_know_a_card_are_one_problem() -> None:
    blind = module(slot(NOT_RECOGNISED)), module(slot(NOT_RECOGNISED), path=OPENSC)

    assert codes(desk((reader(AKIS_V10),), blind)) == ["driver-too-old"]


def test_a_driver_that_does_not_know_its_own_card_is_too_old() -> None:
    found = only(desk(modules=(module(slot(NOT_RECOGNISED)),)), "driver-too-old")

    assert found.facts == {
        "reader": READER,
        "card": "AKİS 2.x (NES / T.C. Kimlik Kartı)",
        "module": AKISP11,
        "version": "2.7",
        "reason": "CKR_TOKEN_NOT_RECOGNIZED 0x000000E1",
        "phase": "current",
    }
    assert found.steps[:2] == ("check-card-kind", "update-driver")  # it may be an identity card
    silent = replace(module(slot(NOT_RECOGNISED)), info=None)
    assert only(desk(modules=(silent,)), "driver-too-old").facts["version"] == "-"


@pytest.mark.parametrize(
    ("card", "version", "said"),
    [
        (AKIS, "2.7", "is most likely a T.C. identity card"),
        (AKIS, "2.0", "is most likely a T.C. identity card"),
        (AKIS, "1.6", "is older than the card"),
        (AKIS, "", "does not recognise the card"),
        (AKIS_V10, "2.7", "does not recognise the card"),
    ],
)
def test_a_driver_of_today_most_likely_refuses_an_identity_card(
    card: str, version: str, said: str
) -> None:
    info = ModuleInfo(description="AKIS PKCS#11", manufacturer="TUBITAK", version=version)
    refusing = replace(module(slot(NOT_RECOGNISED)), info=info)

    found = only(desk((reader(card),), (refusing,)), "driver-too-old")
    assert said in Text("en").says(found)
    assert found.steps[0] == ("update-driver" if "older" in said else "check-card-kind")


@pytest.mark.parametrize("read", [False, True])
def test_a_card_that_went_away_while_it_was_read_is_no_failed_card(*, read: bool) -> None:
    lost = replace(token(), certificates=REMOVED) if read else REMOVED

    found = diagnose(desk(modules=(module(slot(lost)),)), AT)
    assert (found.verdict, found.severity) == ("token-lost", Severity.UNKNOWN)
    assert found.deciding.steps[0] == "try-other-port"


@pytest.mark.parametrize(
    ("release", "error", "connection", "code"),
    [
        ("macOS 15.1", DEVICE_ERROR, NOT_TRANSACTED, "token-failed-on-mac"),
        ("macOS 15.1", LOST_COMMAND, None, "token-failed-on-mac"),
        ("macOS 14.5", UNREADABLE, None, "token-failed-on-mac"),
        ("macOS 13.6", DEVICE_ERROR, NOT_TRANSACTED, "token-failed"),
        ("macOS 13.6", UNREADABLE, None, "card-worn"),
        ("Debian GNU/Linux 12", LOST_COMMAND, None, "token-failed"),
    ],
)
def test_where_macos_has_a_reader_driver_of_its_own_that_is_named_before_the_card(
    release: str, error: Failure | Token, connection: Failure | None, code: str
) -> None:
    platform = "darwin" if release.startswith("macOS") else "linux"
    here = replace(HOST, platform=platform, release=release)
    seat = replace(reader(), connection=connection)

    assert codes(desk((seat,), (module(slot(error)),), here)) == [code]


def test_a_driver_that_sees_no_token_in_its_own_card_may_be_as_new_as_can_be() -> None:
    assert codes(desk(modules=(module(slot(None)),))) == ["token-missing"]


def test_a_lesser_driver_that_does_not_know_a_card_is_not_too_old() -> None:
    """The one that should read it is the one to look at."""
    lesser = module(slot(NOT_RECOGNISED), path=OPENSC)

    def found(*better: Module) -> list[str]:
        return codes(desk((reader(AKIS_V10),), (*better, lesser)))

    assert found() == ["token-not-recognised"]
    assert found(module(slot(None))) == ["token-not-recognised"]
    assert found(module(failure=CRASHED)) == ["driver-crashed"]
    assert found(fileless(AKISP11)) == ["driver-file-missing"]
    assert found(fileless(AKISP11, source=Source.CATALOG)) == ["token-not-recognised"]


@pytest.mark.parametrize("source", [Source.CONFIGURED, Source.P11_KIT])
def test_of_a_driver_nothing_is_known_of_it_is_only_said_that_it_does_not_know_the_card(
    source: Source,
) -> None:
    strange = module(slot(NOT_RECOGNISED), path="/opt/own.so", source=source)

    found = codes(desk(modules=(strange,)))
    assert "token-not-recognised" in found or found == ["driver-missing"]
    assert not {"driver-too-old", "driver-not-for-card"} & set(found)


def test_a_driver_for_other_cards_need_not_know_this_one() -> None:
    both = (reader(), reader(ETOKEN, SECOND))
    akis = module(slot(token(nes(ends_at=AT - timedelta(days=1)))), slot(NOT_RECOGNISED, SECOND))

    found = codes(desk(both, (akis,)))

    assert found == ["driver-missing", "nes-expired"]


def test_the_card_a_driver_is_for_is_the_one_it_does_not_know() -> None:
    both = (reader(ETOKEN, SECOND), reader())

    found = only(desk(both, (module(slot(NOT_RECOGNISED, None)),)), "driver-too-old")

    assert found.facts["reader"] == READER


@pytest.mark.parametrize("content", [NOT_RECOGNISED, DEVICE_ERROR, None])
def test_a_driver_for_other_cards_that_was_asked_for_is_named_with_the_one_to_install(
    content: Failure | None,
) -> None:
    wrong = module(slot(content), path=ETPKCS11, source=Source.CONFIGURED)

    assert codes(desk(modules=(wrong,))) == ["driver-not-for-card"]
    assert only(desk(modules=(wrong,)), "driver-not-for-card").facts == {
        "reader": READER,
        "card": "AKİS 2.x (NES / T.C. Kimlik Kartı)",
        "module": ETPKCS11,
        "product": "AKİA (AKİS)",
        "system": "Linux",
        "bits": 64,
    }
    assert only(desk(modules=(wrong,)), "driver-not-for-card").steps[0] == "install-driver"


def test_a_driver_for_other_cards_is_no_matter_where_the_right_one_is_here() -> None:
    wrong = module(slot(NOT_RECOGNISED), path=ETPKCS11, source=Source.CONFIGURED)

    assert codes(desk(modules=(module(slot(NOT_RECOGNISED)), wrong))) == ["driver-too-old"]
    assert codes(desk(modules=(module(slot(None)), wrong))) == ["token-missing"]
    assert codes(desk(modules=(module(slot(token(nes()))), wrong))) == []
    assert codes(desk(modules=(replace(wrong, source=Source.CATALOG),))) == ["driver-missing"]


def test_a_driver_for_other_cards_that_was_not_loaded_does_not_explain_the_missing_one() -> None:
    crashed = module(path=ETPKCS11, source=Source.CONFIGURED, failure=CRASHED)

    assert codes(desk(modules=(crashed,))) == ["driver-crashed", "driver-missing"]


def test_a_software_token_that_was_asked_for_is_no_driver_for_a_card() -> None:
    softhsm = "/usr/lib/softhsm/libsofthsm2.so"
    empty = module(slot(None, None), path=softhsm, source=Source.CONFIGURED)
    full = module(slot(token(nes()), None), path=softhsm, source=Source.CONFIGURED)

    assert codes(desk(modules=(empty,))) == ["driver-not-for-card"]
    assert codes(desk(modules=(full,))) == []
    assert codes(desk((), (empty,))) == ["driver-without-token"]


def test_an_empty_slot_that_says_so_by_an_error_is_empty() -> None:
    gone = Failure(api="pkcs11", name="CKR_TOKEN_NOT_PRESENT", code=0xE0)

    assert codes(desk(modules=(module(slot(gone)),))) == ["token-missing"]


def test_a_failing_slot_that_is_no_reader_counts_where_nothing_else_was_read() -> None:
    failing = module(slot(DEVICE_ERROR, None), source=Source.CONFIGURED)
    read = module(slot(token(nes()), None), path=OPENSC, source=Source.CONFIGURED)

    assert codes(desk(modules=(failing,))) == ["token-failed"]
    assert codes(desk((reader(UNKNOWN),), (failing,))) == ["token-failed"]
    assert codes(desk((reader(),), (read, failing))) == []


def test_a_failing_slot_is_blamed_on_the_card_that_was_not_read() -> None:
    expired = nes(ends_at=AT - timedelta(days=1))
    lost = module(slot(token(expired)), slot(DEVICE_ERROR, None, slot_id=1))

    found = diagnose(desk(TWO_READERS, (lost,)), AT).findings

    assert [(each.code, each.facts["reader"]) for each in found if each.steps] == [
        ("token-failed", SECOND),
        ("nes-expired", READER),
    ]


@pytest.mark.parametrize(("failure", "code"), [(CRASHED, "token-crashed"), (HUNG, "token-hung")])
def test_the_card_is_inserted_anew_before_its_driver_is_removed(
    failure: Failure, code: str
) -> None:
    steps = only(desk(modules=(module(slot(failure)),)), code).steps

    assert steps[0] == "reinsert-card"
    assert "remove-driver" in steps


@pytest.mark.parametrize(
    ("failure", "code"),
    [
        (NOT_RECOGNISED, "driver-too-old"),
        (DEVICE_ERROR, "token-failed"),
        (HUNG, "token-hung"),
        (CRASHED, "token-crashed"),
        (None, "token-missing"),
        (UNREADABLE, "card-worn"),
        (replace(token(), certificates=REFUSED), "certificates-unreadable"),
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
    assert codes(desk((reader(UNKNOWN), mute), (store,)))[0] == "card-unknown"


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

    assert codes(desk((), (asked_for,))) == ["certificates-missing"]
    assert codes(desk(modules=(of_the_card,))) == ["certificates-missing"]
    assert codes(desk(modules=(in_the_reader,))) == ["certificates-missing"]


def test_a_token_without_a_place_counts_for_the_card_its_driver_is_for() -> None:
    assert codes(desk(modules=(module(slot(token(nes()), None)),))) == []


def test_a_store_that_only_happens_to_be_there_is_not_searched_for_an_nes() -> None:
    store = module(slot(token(), None), path="/x.so", source=Source.P11_KIT)

    assert codes(desk(modules=(store,))) == ["driver-missing"]
    assert codes(desk((reader(None),), (store,))) == ["card-missing"]


def test_a_blank_place_of_software_holds_no_token_and_one_of_a_card_does() -> None:
    blank = token(flags=("CKF_LOGIN_REQUIRED",))
    softhsm = "/usr/lib/softhsm/libsofthsm2.so"
    software = module(slot(blank, None), path=softhsm, source=Source.CONFIGURED)
    of_the_card = module(slot(blank, None))

    assert codes(desk((), (software,))) == ["driver-without-token"]
    assert codes(desk(modules=(software,))) == ["driver-not-for-card"]
    assert codes(desk(modules=(of_the_card,))) == ["certificates-missing"]


def test_a_software_token_that_failed_is_said_to_fail_and_not_to_be_missing() -> None:
    softhsm = "/usr/lib/softhsm/libsofthsm2.so"
    failing = module(slot(DEVICE_ERROR, None), path=softhsm, source=Source.CONFIGURED)
    hung = module(failure=HUNG, path=softhsm, source=Source.CONFIGURED)

    assert codes(desk((), (failing,))) == ["token-failed"]
    assert codes(desk((), (hung,))) == ["driver-hung"]
    assert codes(desk((reader(None),), (hung,))) == ["driver-hung"]


@pytest.mark.parametrize(("failure", "code"), [(HUNG, "driver-hung"), (CRASHED, "driver-crashed")])
def test_a_named_module_that_gives_no_answer_and_may_need_no_reader_is_said_first(
    failure: Failure, code: str
) -> None:
    unknown = module(failure=failure, path="/opt/keys.so", source=Source.CONFIGURED)
    for_cards = module(failure=failure, source=Source.CONFIGURED)

    assert codes(desk((), (unknown,))) == [code, "reader-missing"]
    assert codes(desk((reader(None),), (unknown,))) == [code, "card-missing"]
    assert codes(desk((), (for_cards,))) == ["reader-missing", code]


def test_one_trouble_of_two_readers_is_told_of_each() -> None:
    slots = slot(CRASHED), slot(CRASHED, SECOND, slot_id=1)

    told = diagnose(desk(TWO_READERS, (module(*slots),)), AT).findings

    crashed = [each.facts["reader"] for each in told if each.code == "token-crashed"]
    assert sorted(map(str, crashed)) == sorted((READER, SECOND))


def test_a_module_is_told_by_what_it_says_of_itself() -> None:
    here = desk()
    info = here.modules[0].info
    assert isinstance(info, ModuleInfo)

    facts = only(here, "driver-loaded").facts

    assert (facts["product"], facts["version"]) == (info.description, info.version)


@pytest.mark.parametrize("failure", [DEVICE_ERROR, HUNG])
@pytest.mark.parametrize("name", ["VMware Virtual USB CCID 00 00", "QEMU QEMU USB CCID 00 00"])
def test_a_card_that_fails_behind_a_made_up_reader_is_given_the_real_one(
    failure: Failure, name: str
) -> None:
    failing = desk((reader(name=name),), (module(slot(failure, name)),))

    found = only(failing, "token-failed-virtual")

    assert codes(failing) == ["token-failed-virtual"]
    assert found.steps[0] == "pass-reader-through"
    assert found.facts["reader"] == name


def test_certificates_that_a_made_up_reader_does_not_give_speak_against_no_card() -> None:
    name = "VMware Virtual USB CCID 00 00"
    here = desk((reader(name=name),), (module(slot(UNREADABLE, name)),))

    assert codes(here) == ["token-failed-virtual"]
