# SPDX-License-Identifier: Apache-2.0
"""What is said of a card that could not be had, and what of it says nothing of other cards."""

import pytest
from msgspec.structs import replace

from cardtool.model.diagnosis import Finding
from cardtool.model.snapshot import Failure, Reader, Source
from cardtool.model.surroundings import Process, Session
from cardtool.rules import diagnose
from cardtool.rules.causes import without_consequences, without_others
from cardtool.rules.codes import finding
from tests.desks import (
    AT,
    BANK,
    DEVICE_ERROR,
    GONE,
    HELD,
    HOST,
    MUTE,
    NOT_RECOGNISED,
    OPENSC,
    READER,
    REFUSED,
    SECOND,
    UNKNOWN,
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

BELGIAN = "3B9813400AA503010101AD1311"
YUBIKEY = "3BFD1300008131FE158073C021C057597562694B657940"
EPASS = "3B9F958131FE9F006646530501001171DF000006000015"
JCOP = "3BE900008131FE454A434F503431563232A7"
AKIS_V10 = "3BBA11008131FE4D55454B41452056312E30AE"
NO_ATR = Failure(api="pcsc", name="SCARD_STATE_PRESENT", code=32)
HELLO = "Windows Hello for Business 1"
TWO_READERS = (reader(), reader(name=SECOND))
WAITING = (module(slot(DEVICE_ERROR)),)


def _refusal(name: str, code: int) -> Failure:
    return Failure(api="pcsc", name=name, code=code)


UNPOWERED = _refusal("SCARD_W_UNPOWERED_CARD", 0x80100067)
MISMATCH = _refusal("SCARD_E_PROTO_MISMATCH", 0x8010000F)
DENIED = _refusal("SCARD_W_SECURITY_VIOLATION", 0x8010006A)
HUNG_UP = _refusal("SCARD_F_COMM_ERROR", 0x80100013)
REFUSALS = [
    (HELD, "card-in-use-unnamed"),
    (_refusal("SCARD_W_RESET_CARD", 0x80100068), "card-in-use-unnamed"),
    (DENIED, "card-access-denied-here"),
    (HUNG_UP, "card-line-broken"),
    (_refusal("SCARD_E_CARD_UNSUPPORTED", 0x8010001C), "card-protocol-mismatch"),
    (MISMATCH, "card-protocol-mismatch"),
    (UNPOWERED, "card-loses-power"),
    (_refusal("SCARD_W_UNRESPONSIVE_CARD", 0x80100066), "card-mute"),
    (_refusal("SCARD_W_REMOVED_CARD", 0x80100069), "card-pulled"),
    (_refusal("SCARD_E_NO_SMARTCARD", 0x8010000C), "card-pulled"),
]


def test_a_card_without_an_answer_has_no_power_or_is_mute() -> None:
    assert codes(desk((reader(card=NO_ATR),), ())) == ["card-unpowered"]
    assert codes(desk((reader(card=MUTE),), ())) == ["card-mute"]
    facts = only(desk((reader(card=NO_ATR),), ()), "card-unpowered").facts
    assert facts == {"reader": READER, "reason": "SCARD_STATE_PRESENT 0x00000020"}


@pytest.mark.parametrize("connection", [UNPOWERED, MISMATCH])
def test_a_card_that_did_not_answer_is_judged_by_that_and_not_by_a_connection(
    connection: Failure,
) -> None:
    mute, dark = (reader(card=card, connection=connection) for card in (MUTE, NO_ATR))

    assert codes(desk((mute,), ())) == ["card-mute"]
    assert codes(desk((dark,), ())) == ["card-unpowered"]


@pytest.mark.parametrize(("connection", "code"), REFUSALS)
def test_what_a_connection_met_is_why_a_card_was_not_read(connection: Failure, code: str) -> None:
    here = desk((reader(connection=connection),), WAITING)

    assert codes(here) == [code]
    facts = only(here, code).facts
    assert facts["reader"] == READER
    assert code in ("card-in-use-unnamed", "card-pulled") or str(facts["reason"]).startswith(
        "SCARD_"
    )


@pytest.mark.parametrize(("connection", "code"), REFUSALS)
def test_what_a_connection_met_is_nothing_to_a_card_that_was_read(
    connection: Failure, code: str
) -> None:
    found = diagnose(desk((reader(connection=connection),)), AT)

    assert (found.verdict, code in [each.code for each in found.findings]) == ("nes-valid", False)


@pytest.mark.parametrize(
    ("atr", "code"), [(UNKNOWN, "card-unknown"), (BANK, "card-not-for-signing")]
)
def test_what_a_connection_met_is_nothing_to_a_card_nobody_would_sign_with(
    atr: str, code: str
) -> None:
    assert codes(desk((reader(atr, connection=HELD),), ())) == [code]


def test_another_failure_of_a_connection_names_no_cause() -> None:
    odd = _refusal("SCARD_E_SYSTEM_CANCELLED", 0x80100012)

    assert codes(desk((reader(connection=odd),), WAITING)) == ["token-failed"]
    exclusive = reader(states=("PRESENT", "EXCLUSIVE"), connection=odd)
    assert codes(desk((exclusive,), WAITING)) == ["card-in-use-unnamed"]


@pytest.mark.parametrize(
    ("clients", "programs"),
    [
        ((Process(pid=7, name="akia"),), "akia"),
        (
            (
                Process(pid=9, name="scdaemon"),
                Process(pid=7, name="akia"),
                Process(pid=8, name="akia"),
            ),
            "akia, scdaemon",
        ),
    ],
)
def test_the_programs_that_may_hold_a_card_are_named_each_once(
    clients: tuple[Process, ...], programs: str
) -> None:
    held = replace(desk((reader(connection=HELD),), WAITING), clients=clients)

    assert only(held, "card-in-use").facts["programs"] == programs


@pytest.mark.parametrize("beside", [(), (Process(pid=8, name="gsd-smartcard"),)])
def test_gnupg_is_said_to_hold_a_card_that_nobody_else_can_hold(
    beside: tuple[Process, ...],
) -> None:
    clients = (Process(pid=9, name="scdaemon"), *beside)
    held = replace(desk((reader(connection=HELD),), WAITING), clients=clients)

    assert codes(held) == ["card-in-use-gnupg"]
    assert codes(replace(held, clients=beside))[0].startswith("card-in-use")
    assert codes(replace(held, clients=beside)) != ["card-in-use-gnupg"]


@pytest.mark.parametrize("clients", [None, (), (Process(pid=7, name=""),)])
def test_a_card_is_in_use_by_nobody_known_where_no_program_was_seen(
    clients: tuple[Process, ...] | None,
) -> None:
    held = replace(desk((reader(connection=HELD),), WAITING), clients=clients)

    assert codes(held) == ["card-in-use-unnamed"]
    assert set(only(held, "card-in-use-unnamed").facts) == {"reader", "card"}


@pytest.mark.parametrize(
    ("connection", "platform", "mark", "code"),
    [
        (DENIED, "linux", "", "card-access-denied-here"),
        (DENIED, "linux", "xrdp", "card-access-denied-here"),
        (HUNG_UP, "linux", "xrdp", "card-access-denied-here"),
        (DENIED, "linux", "ssh", "card-access-denied"),
        (HUNG_UP, "linux", "ssh", "card-access-denied"),
        (HUNG_UP, "linux", "container", "card-access-denied"),
        (HUNG_UP, "linux", "", "card-line-broken"),
        (HUNG_UP, "win32", "ssh", "card-line-broken"),
        (DENIED, "darwin", "", "card-line-broken"),
    ],
)
def test_only_a_session_of_linux_is_kept_from_the_card_and_then_nothing_is_broken(
    connection: Failure, platform: str, mark: str, code: str
) -> None:
    """With its line broken, a driver may fail or show an empty slot: drivers_notes, polkit."""
    kept = reader(connection=connection)
    host = replace(HOST, platform=platform, session=Session(marks=(mark,)))

    for content in (DEVICE_ERROR, None):
        assert codes(desk((kept,), (module(slot(content)),), host)) == [code]


def test_each_of_two_cards_has_its_own_trouble() -> None:
    held = reader(name=SECOND, connection=HELD)

    found = diagnose(desk((reader(card=NO_ATR), held), ()), AT).findings

    assert [(each.code, each.facts["reader"]) for each in found if each.link == "card"][:2] == [
        ("card-unpowered", READER),
        ("card-in-use-unnamed", SECOND),
    ]


@pytest.mark.parametrize(
    "unhad",
    [reader(card=NO_ATR, name=SECOND)]
    + [reader(name=SECOND, connection=connection) for connection, _ in REFUSALS],
)
def test_a_card_that_cannot_be_had_beside_one_that_can_sign_is_a_note(unhad: Reader) -> None:
    beside = desk((reader(), unhad))

    assert codes(beside) == []
    assert only(beside, "card-not-read").facts["reader"] == SECOND


def test_no_card_is_missed_in_a_reader_that_only_a_program_plays() -> None:
    virtual = reader(None, HELLO)

    assert "card-missing" not in codes(desk((virtual,), ()))
    assert only(desk((virtual, reader(None)), ()), "card-missing").facts == {"readers": READER}
    assert codes(desk((reader(UNKNOWN, HELLO), reader()))) == []
    assert "card-unknown" not in codes(desk((reader(UNKNOWN, HELLO),), ()))


def test_a_reader_that_was_pulled_out_explains_that_there_is_none() -> None:
    unplugged = finding("reader-unplugged", reader=SECOND)
    others = finding("token-failed", reader=READER, module="/x.so", reason="x")

    def shown(*found: Finding) -> list[str]:
        return [each.code for each in without_consequences(found, desk())]

    assert shown(unplugged, finding("reader-missing")) == ["reader-unplugged"]
    assert shown(unplugged, finding("card-missing", readers=READER)) == ["reader-unplugged"]
    assert shown(unplugged, others) == ["reader-unplugged", "token-failed"]


def test_a_reader_that_is_not_offered_explains_nothing_of_a_card_in_another() -> None:
    both = [
        finding("reader-not-offered", model="ACR39U", usb="072F:B100"),
        finding("token-failed", reader=READER, module="/x.so", reason="x"),
    ]

    assert without_consequences(both, desk()) == both
    assert without_consequences(both, desk(())) == both[:1]


def test_a_reader_that_is_not_offered_is_not_needed_where_another_card_can_sign() -> None:
    blocked = finding("reader-blocked", model="ACR39U", usb="072F:B100")
    stopped = finding("service-enumerator-stopped", state="stopped")

    noted = list(without_others([blocked, stopped], desk(), AT))

    assert [(each.code, each.facts) for each in noted] == [
        ("reader-not-used", {"model": "ACR39U", "usb": "072F:B100", "reason": "reader-blocked"}),
        ("service-not-needed", {"reason": "service-enumerator-stopped"}),
    ]
    assert list(without_others([blocked], desk(modules=()), AT)) == [blocked]


def test_a_note_on_a_driver_known_by_its_file_name_alone_is_about_no_card() -> None:
    changed = finding("changed-driver", module="libakisp11.so", before="1", after="2", good_at="x")

    assert without_consequences([changed], desk()) == [changed]


def test_a_card_that_nothing_refused_is_left_to_its_driver() -> None:
    blind = module(slot(NOT_RECOGNISED), path="/opt/own.so", source=Source.CONFIGURED)

    assert codes(desk(modules=(blind,))) == ["token-not-recognised"]
    assert codes(desk(modules=(module(slot(token(nes()))),))) == []


@pytest.mark.parametrize(
    ("atr", "code"),
    [
        (BELGIAN, "card-not-yours"),
        (YUBIKEY, "card-not-yours"),
        (EPASS, "card-other-token"),
        (JCOP, "card-unsure"),
    ],
)
def test_a_card_of_another_country_or_maker_is_named_with_what_it_is_good_for(
    atr: str, code: str
) -> None:
    assert codes(desk((reader(atr),), ())) == [code]
    assert codes(desk((reader(), reader(atr, SECOND)))) == []


@pytest.mark.parametrize(
    ("atr", "code"),
    [(BELGIAN, "card-not-yours"), (EPASS, "certificates-missing"), (JCOP, "certificates-missing")],
)
def test_a_card_that_may_be_somebodys_own_is_judged_by_the_driver_that_read_it(
    atr: str, code: str
) -> None:
    assert codes(desk((reader(atr),), (module(slot(token())),))) == [code]


def test_a_security_key_beside_an_empty_reader_is_left_alone() -> None:
    beside = desk((reader(None), reader(YUBIKEY, SECOND)), ())

    assert codes(beside) == ["card-missing"]
    assert only(beside, "card-missing").facts == {"readers": READER}
    assert only(beside, "card-is-key").facts["reader"] == SECOND


def test_a_security_key_that_a_driver_reads_takes_part_like_any_card() -> None:
    read = (module(slot(token(nes()), SECOND), path="/opt/own.so", source=Source.CONFIGURED),)

    assert codes(desk((reader(None), reader(YUBIKEY, SECOND)), read)) == []


def test_a_card_that_no_catalogue_lists_and_a_driver_read_is_not_unknown() -> None:
    read = desk((reader(UNKNOWN),), (module(slot(token())),))
    beside = desk((reader(UNKNOWN), reader(UNKNOWN, SECOND)), (module(slot(token())),))

    assert codes(read) == ["certificates-missing"]
    assert codes(beside) == ["card-unknown", "certificates-missing"]
    assert only(beside, "card-unknown").facts["reader"] == SECOND


@pytest.mark.parametrize("name", ["CKR_DEVICE_ERROR", "CKR_DEVICE_MEMORY", "CKR_DATA_INVALID"])
def test_a_card_that_is_known_and_cannot_be_read_to_its_end_is_worn(name: str) -> None:
    failure = Failure(api="pkcs11", name=name, code=0x30)
    broken = replace(token(), certificates=failure)

    worn = desk(modules=(module(slot(broken)),))

    assert codes(worn) == ["card-worn"]
    assert only(worn, "card-worn").facts == {"reader": READER, "reason": f"{name} 0x00000030"}


@pytest.mark.parametrize(
    ("disturbed", "expected"),
    [
        (reader(changes=1), "certificates-unreadable"),
        (reader(states=("PRESENT", "EXCLUSIVE")), "card-in-use-unnamed"),
        (reader(connection=HELD), "card-in-use-unnamed"),
        (reader(None, changes=1), "card-pulled"),
    ],
)
def test_a_card_that_something_disturbed_is_not_called_worn(
    disturbed: Reader, expected: str
) -> None:
    """A new card is asked for only where nothing else can be the cause."""
    broken = (module(slot(replace(token(), certificates=DEVICE_ERROR))),)

    assert codes(desk((disturbed,), broken)) == [expected]
    assert "card-worn" not in codes(desk(GONE, broken))


def test_a_card_is_not_worn_where_the_driver_failed_or_another_one_read_it() -> None:
    refused = replace(token(), certificates=REFUSED)
    failing = replace(token(), certificates=DEVICE_ERROR)
    slotted = module(slot(failing)), module(slot(token(authority())), path=OPENSC)
    nowhere = module(slot(failing, None), source=Source.CONFIGURED)

    assert codes(desk(modules=(module(slot(refused)),))) == ["certificates-unreadable"]
    assert codes(desk((reader(AKIS_V10),), slotted)) == ["certificates-unreadable"]
    assert codes(desk(modules=(nowhere,))) == ["certificates-unreadable"]
    assert codes(desk(modules=(module(slot(DEVICE_ERROR)),))) == ["token-failed"]


def test_a_worn_card_beside_one_that_can_sign_is_a_note() -> None:
    worn = slot(replace(token(), certificates=DEVICE_ERROR), SECOND, slot_id=1)

    beside = desk(TWO_READERS, (module(slot(token(nes())), worn),))

    assert codes(beside) == []
    assert str(only(beside, "card-not-read").facts["reason"]).startswith("card-worn")


@pytest.mark.parametrize(
    ("seen", "step", "named"),
    [
        (("imzager.exe", "explorer.exe"), "close-seen-programs", "imzager.exe"),
        (("gsd-smartcard",), "close-programs", "-"),
        ((), "close-programs", "-"),
    ],
)
def test_who_is_to_close_programs_is_told_those_that_were_seen_and_can_be_closed(
    seen: tuple[str, ...], step: str, named: str
) -> None:
    clients = tuple(Process(pid=7, name=name) for name in seen)
    failing = replace(desk((reader(),), (module(slot(DEVICE_ERROR)),)), clients=clients)

    found = only(failing, "token-failed")

    assert (step in found.steps, found.facts["programs"]) == (True, named)


@pytest.mark.parametrize("name", ["SCARD_F_COMM_ERROR", "SCARD_W_UNPOWERED_CARD"])
def test_a_card_that_a_made_up_reader_loses_may_work_in_the_real_one(name: str) -> None:
    refused = _refusal(name, 0x8010002F)
    made_up = "VMware Virtual USB CCID 00 00"
    here = desk((reader(name=made_up, connection=refused),), (module(slot(DEVICE_ERROR, made_up)),))

    assert codes(here) == ["card-mute-virtual"]


def test_programs_that_only_watch_or_share_a_card_take_no_blame_from_gnupg() -> None:
    names = ("geoclue", "firefox", "gsd-smartcard", "scdaemon")
    clients = tuple(Process(pid=9, name=name) for name in names)
    held = replace(desk((reader(connection=HELD),), WAITING), clients=clients)

    assert codes(held) == ["card-in-use-gnupg"]
    other = replace(held, clients=(*clients, Process(pid=10, name="java")))
    assert only(other, "card-in-use").facts["programs"] == "firefox, java, scdaemon"
