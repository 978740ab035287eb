# SPDX-License-Identifier: Apache-2.0
"""What is said of drivers: missing, unfit, failing, or failing beside another."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from cardtool.model.diagnosis import Link
from cardtool.model.snapshot import Failure, Library, Module, Source
from cardtool.model.surroundings import Session
from cardtool.rules import diagnose
from tests.desks import (
    AKIS,
    AKISP11,
    AT,
    BUG,
    CRASHED,
    DEVICE_ERROR,
    ETOKEN,
    HOST,
    HUNG,
    MEHMET,
    MUTE,
    NOT_RECOGNISED,
    OPENSC,
    READER,
    REFUSED,
    SECOND,
    UNKNOWN,
    codes,
    desk,
    fileless,
    module,
    nes,
    only,
    reader,
    slot,
    token,
    unloaded,
)

AKIS_V10 = "3BBA11008131FE4D55454B41452056312E30AE"
ETPKCS11 = "/usr/lib/libeTPkcs11.so"
DAY = timedelta(days=1)

MATCHING = "install-matching-driver"
MAC_ETOKEN = "/Library/Frameworks/eToken.framework/Versions/Current/libeToken.dylib"


@pytest.mark.parametrize(
    ("loader_said", "library"),
    [
        (
            "a: libssl.so.1: cannot open shared object file: No such file or directory",
            "libssl.so.1",
        ),
        ("Library not loaded: /b c/libssl.3.dylib\n  Referenced from: /x", "libssl.3.dylib"),
        ("Library not loaded: '@rpath/libssl.dylib'\n  Referenced from: '/x y'", "libssl.dylib"),
        ("Library not loaded: @rpath/A B.framework/A B  Referenced from: /x", "A B"),
        ("Library not loaded: libssl.dylib", "libssl.dylib"),
    ],
)
def test_the_library_that_a_loader_missed_is_named_whole(loader_said: str, library: str) -> None:
    failure = Failure(api="os", name="DLERROR", detail=loader_said)

    driver = replace(unloaded(), info=failure, slots=failure)

    facts = only(desk(modules=(driver,)), "driver-needs-library").facts

    assert facts["library"] == library


def test_a_missing_driver_is_named_with_the_places_of_this_system() -> None:
    facts = only(desk(modules=()), "driver-missing").facts

    assert facts["product"] == "AKİA (AKİS)"
    assert AKISP11 in str(facts["paths"])
    assert ".dll" not in str(facts["paths"])
    assert (facts["system"], facts["bits"]) == ("Linux", 64)


@pytest.mark.parametrize(
    ("platform", "bits", "system", "path"),
    [
        ("win32", 32, "Windows", r"C:\Windows\SysWOW64\akisp11.dll"),
        ("darwin", 64, "macOS", "/usr/local/lib/libakisp11.dylib"),
    ],
)
def test_a_missing_driver_is_named_for_the_system_and_the_bits_of_this_process(
    platform: str, bits: int, system: str, path: str
) -> None:
    host = replace(HOST, platform=platform, bits=bits)

    facts = only(desk(modules=(), host=host), "driver-missing").facts

    assert (facts["system"], facts["bits"]) == (system, bits)
    assert path in str(facts["paths"])


def test_a_system_the_catalogue_has_no_paths_for_names_none() -> None:
    host = replace(HOST, platform="freebsd14")

    facts = only(desk(modules=(), host=host), "driver-missing").facts
    assert (facts["system"], facts["paths"]) == ("freebsd14", "-")


def test_a_driver_for_another_card_does_not_make_up_for_a_missing_one() -> None:
    others = unloaded("/usr/lib/libeTPkcs11.so"), unloaded("/x.so", source=Source.P11_KIT)

    assert codes(desk(modules=others)) == ["driver-missing"]


def test_each_card_misses_its_own_driver() -> None:
    found = diagnose(desk((reader(), reader(ETOKEN, SECOND)), ()), AT).findings

    assert [each.facts["reader"] for each in found if each.steps] == [READER, SECOND]


def test_a_driver_asked_for_under_an_unknown_name_is_asked_about_the_card() -> None:
    silent = module(slot(None), path="/opt/own.so", source=Source.CONFIGURED)

    assert codes(desk(modules=(silent,))) == ["token-missing"]


@pytest.mark.parametrize(
    ("machines", "bits", "host", "expected"),
    [
        (("i386",), 32, ("x86_64", 64), ["driver-wrong-architecture"]),
        (("x86_64",), 64, ("aarch64", 64), ["driver-other-processor"]),
        (("riscv64",), 64, ("x86_64", 64), ["driver-other-processor"]),
        (("arm",), 32, ("aarch64", 64), ["driver-wrong-architecture"]),
        (("x86_64",), 32, ("x86_64", 64), ["driver-wrong-architecture"]),
        (("x86_64",), 64, ("i386", 32), ["driver-for-other-program"]),
        (("x86_64", "aarch64"), 64, ("aarch64", 64), ["driver-not-asked"]),
        (("i386", "x86_64"), 64, ("i386", 32), ["driver-not-asked"]),
    ],
)
def test_a_header_is_held_against_the_process(
    machines: tuple[str, ...], bits: int, host: tuple[str, int], expected: list[str]
) -> None:
    found = replace(unloaded(), library=Library(format="elf", machines=machines, bits=bits))
    here = replace(HOST, machine=host[0], bits=host[1])

    assert codes(desk(modules=(found,), host=here)) == expected


@pytest.mark.parametrize(
    ("platform", "machine", "built_for", "mark", "code"),
    [
        ("win32", "aarch64", "x86_64", "", "driver-for-other-program"),
        ("win32", "x86_64", "aarch64", "", "driver-other-processor"),
        ("linux", "aarch64", "x86_64", "", "driver-other-processor"),
        ("darwin", "x86_64", "aarch64", "rosetta", "driver-for-other-program"),
        ("darwin", "x86_64", "aarch64", "", "driver-other-processor"),
        ("darwin", "x86_64", "i386", "rosetta", "driver-wrong-architecture"),
    ],
)
def test_what_the_computer_runs_besides_decides_whether_a_driver_is_of_use(
    platform: str, machine: str, built_for: str, mark: str, code: str
) -> None:
    session = Session(marks=(mark,))
    host = replace(HOST, platform=platform, machine=machine, session=session)

    assert codes(desk(modules=(unloaded(machine=built_for),), host=host)) == [code]


def test_both_architectures_are_named() -> None:
    facts = only(desk(modules=(unloaded(machine="i386"),)), "driver-wrong-architecture").facts

    assert facts == {
        "module": AKISP11,
        "product": "AKİA (AKİS)",
        "built_for": "i386",
        "built_for_bits": 32,
        "machine": "x86_64",
        "machine_bits": 64,
    }


@pytest.mark.parametrize(
    ("atr", "path", "platform", "machine", "step"),
    [
        (AKIS, AKISP11, "linux", "x86_64", "install-matching-akis"),
        (AKIS, AKISP11, "darwin", "aarch64", "install-mac-arm-driver"),
        (AKIS, AKISP11, "linux", "aarch64", "use-intel-computer"),
        (ETOKEN, "/usr/lib/libeTPkcs11.so", "linux", "x86_64", f"{MATCHING}-of-provider"),
        (ETOKEN, MAC_ETOKEN, "darwin", "aarch64", "install-arm-card-driver-of-provider"),
    ],
)
def test_who_needs_another_build_of_the_driver_is_told_which(
    atr: str, path: str, platform: str, machine: str, step: str
) -> None:
    host = replace(HOST, platform=platform, machine=machine)
    here = desk((reader(atr),), (unloaded(path, machine="i386"),), host)

    (misfit,) = (each for each in diagnose(here, AT).findings if "built_for" in each.facts)
    assert misfit.steps[0] == step


def test_the_other_architecture_beside_a_driver_that_crashes_is_not_the_cause() -> None:
    pair = unloaded("/opt/Akia/libakisp11.so", machine="i386"), module(failure=CRASHED)

    assert codes(desk(modules=pair)) == ["driver-crashed"]


@pytest.mark.parametrize("source", [Source.CATALOG, Source.P11_KIT])
def test_a_file_nobody_asked_for_by_name_may_be_missing(source: Source) -> None:
    assert codes(desk(modules=(fileless(AKISP11, source=source),))) == ["driver-missing"]


def test_an_asked_for_file_that_is_missing_is_said_with_any_card() -> None:
    assert codes(desk(modules=(fileless("/none.so"),))) == ["driver-file-missing"]
    assert codes(desk(modules=(fileless(AKISP11),))) == ["driver-file-missing"]
    assert codes(desk((reader(None),), (fileless("/none.so"),))) == [
        "card-missing",
        "driver-file-missing",
    ]


def test_a_folder_is_no_library() -> None:
    folder = fileless("/opt", Failure(api="os", name="EISDIR", code=21))

    assert codes(desk(modules=(folder,))) == ["driver-not-library"]


@pytest.mark.parametrize("name", ["ENOEXEC", "EISDIR", "ENOSYS"])
def test_a_path_is_corrected_and_a_damaged_installation_repeated(name: str) -> None:
    failure, read = Failure(api="os", name=name, code=8), module(slot(token(nes())), path=OPENSC)
    asked_for, installed = (
        fileless(AKISP11, failure, source) for source in (Source.CONFIGURED, Source.CATALOG)
    )

    assert only(desk(modules=(asked_for,)), "driver-not-library").steps[0] == "correct-path"
    assert only(desk(modules=(installed,)), "driver-damaged").steps[0] == "remove-driver"
    here = (reader(AKIS_V10),)
    beside = desk(here, (asked_for, read))
    assert only(beside, "driver-beside-misnamed").steps[0] == "correct-path"
    assert codes(desk(here, (installed, read))) == ["driver-beside-failed"]
    gone = desk(here, (fileless("/old.so"), read))
    assert only(gone, "driver-beside-misnamed").steps[0] == "correct-path"


def test_a_driver_that_crashed_explains_that_a_lesser_one_shows_nothing() -> None:
    blank = module(slot(None), path=OPENSC)

    crashing = module(failure=CRASHED)
    assert codes(desk((reader(AKIS_V10),), (crashing, blank))) == ["driver-crashed"]
    assert codes(desk((reader(AKIS_V10),), (unloaded(), blank))) == ["token-missing"]


def test_one_card_that_is_not_read_makes_the_driver_of_both_a_fault() -> None:
    by_opensc = module(slot(token(nes(ends_at=AT - DAY))), path=OPENSC)
    both = (reader(AKIS_V10), reader(AKIS_V10, SECOND))

    found = codes(desk(both, (module(failure=CRASHED), by_opensc)))
    assert found == ["driver-crashed", "nes-expired"]


def test_the_driver_of_both_is_a_warning_where_the_card_that_was_read_can_sign() -> None:
    by_opensc = module(slot(token(nes())), path=OPENSC)
    here = desk((reader(AKIS_V10), reader(AKIS_V10, SECOND)), (module(failure=CRASHED), by_opensc))

    assert codes(here) == ["driver-beside-failed"]
    note = only(here, "card-not-read").facts
    assert note == {"reader": SECOND, "reason": "driver-crashed SIGSEGV 11"}


def test_two_copies_that_fail_are_one_note_about_the_card_that_neither_read() -> None:
    by_opensc = module(slot(token(nes())), path=OPENSC)
    copies = [module(failure=CRASHED, path=f"/opt/{name}/libakisp11.so") for name in ("a", "b")]
    both = (reader(AKIS_V10), reader(AKIS_V10, SECOND))

    notes = [
        each.facts["reader"]
        for each in diagnose(desk(both, (*copies, by_opensc)), AT).findings
        if each.code == "card-not-read"
    ]
    assert notes == [SECOND]


@pytest.mark.parametrize(
    "failing",
    [
        fileless(AKISP11),
        fileless(AKISP11, Failure(api="os", name="EISDIR", code=21)),
        fileless(AKISP11, Failure(api="os", name="EACCES", code=13), Source.CATALOG),
        module(failure=CRASHED),
        module(failure=HUNG),
        module(failure=REFUSED),
        unloaded(machine="i386"),
        unloaded(),
    ],
)
def test_a_driver_for_another_card_cannot_spoil_one_that_can_sign(failing: Module) -> None:
    able = module(slot(token(nes()), SECOND), path=ETPKCS11)
    unable = module(slot(token(nes(ends_at=AT - DAY)), SECOND), path=ETPKCS11)
    both = (reader(), reader(ETOKEN, SECOND))

    beside = desk(both, (failing, able))
    assert diagnose(beside, AT).verdict in ("nes-valid", "driver-beside-misnamed")
    assert only(beside, "card-not-read").facts["reader"] == READER
    alone = diagnose(desk(both, (failing, unable)), AT)
    assert "card-not-read" not in [each.code for each in alone.findings]
    assert {each.link for each in alone.findings if each.steps} >= {Link.DRIVER}


def test_a_driver_that_fails_says_nothing_of_a_card_it_is_not_for() -> None:
    both = (reader(), reader(ETOKEN, SECOND))
    blank, crashing = module(slot(None)), module(failure=CRASHED, path=ETPKCS11)

    assert codes(desk(both, (blank, crashing))) == ["driver-crashed", "token-missing"]
    unknowing = module(slot(NOT_RECOGNISED))
    assert codes(desk(both, (unknowing, crashing))) == ["driver-crashed", "driver-too-old"]


def test_a_driver_that_says_who_it_is_and_nothing_of_its_slots_was_not_asked() -> None:
    odd = replace(module(machine="i386"), slots=None)

    assert codes(desk(modules=(odd,))) == ["driver-not-asked"]


def test_the_twin_for_this_machine_beside_a_misfit_is_what_matters() -> None:
    pair = unloaded("/opt/Akia/libakisp11.so", machine="i386"), module(slot(NOT_RECOGNISED))

    assert codes(desk(modules=pair)) == ["driver-too-old"]
    asked_for = replace(pair[0], source=Source.CONFIGURED)
    assert "driver-wrong-architecture" in codes(desk(modules=(asked_for, pair[1])))


def test_a_driver_missed_for_one_of_two_cards_is_a_warning() -> None:
    wrapper = "/usr/lib/libpkcs11wrapper.so"
    first = module(slot(token(nes())), path=OPENSC)
    second = module(slot(token(nes(person=MEHMET)), SECOND, slot_id=1))
    failing = module(failure=CRASHED, path=wrapper)
    both = (reader(AKIS_V10), reader(AKIS_V10, SECOND))

    assert codes(desk(both, (first, second, failing))) == ["driver-beside-failed"]


def test_a_fault_of_cardtool_in_one_driver_blames_no_other() -> None:
    blank = module(slot(None), path=OPENSC)

    assert codes(desk((reader(AKIS_V10),), (module(failure=BUG), blank))) == ["cardtool-fault"]


@pytest.mark.parametrize("failing", [module(failure=CRASHED), unloaded(machine="i386")])
def test_a_preferred_driver_that_fails_is_a_warning_where_another_read_the_card(
    failing: Module,
) -> None:
    by_opensc = module(slot(token(nes())), path=OPENSC)

    assert codes(desk((reader(AKIS_V10),), (failing, by_opensc))) == ["driver-beside-failed"]


def test_a_lesser_driver_that_fails_is_none() -> None:
    failing = module(failure=CRASHED, path=OPENSC)

    assert codes(desk((reader(AKIS_V10),), (module(slot(token(nes()))), failing))) == []


def test_an_asked_for_driver_that_fails_is_a_warning_where_another_read_the_card() -> None:
    failing = module(path="/opt/own.so", source=Source.CONFIGURED, failure=CRASHED)
    reading = module(slot(token(nes())))

    assert codes(desk(modules=(reading, failing))) == ["driver-beside-failed"]
    softhsm = module(slot(token(nes()), None), source=Source.CONFIGURED)
    assert codes(desk((), (softhsm, failing))) == ["reader-missing", "driver-beside-failed"]


def test_a_preferred_driver_that_stumbles_over_one_slot_is_a_warning_too() -> None:
    stumbling, reading = module(slot(DEVICE_ERROR)), module(slot(token(nes())), path=OPENSC)

    assert codes(desk((reader(AKIS_V10),), (stumbling, reading))) == ["driver-beside-failed"]
    unknowing = module(slot(NOT_RECOGNISED))
    assert codes(desk((reader(AKIS_V10),), (unknowing, reading))) == []


@pytest.mark.parametrize("failure", [HUNG, REFUSED, CRASHED])
def test_what_was_named_comes_before_a_guess_about_the_card(failure: Failure) -> None:
    unknown = (reader(UNKNOWN),)
    asked_for = module(failure=failure, path="/x.so", source=Source.CONFIGURED)
    found_here = module(failure=failure, path="/x.so", source=Source.P11_KIT)

    assert diagnose(desk(unknown, (asked_for,)), AT).verdict.startswith("driver-")
    assert diagnose(desk(unknown, (found_here,)), AT).verdict == "card-unknown"


def test_a_named_driver_that_takes_its_time_over_an_unknown_card_is_given_more() -> None:
    slow = module(slot(HUNG), path="/x.so", source=Source.CONFIGURED)

    (hung,) = (
        each for each in diagnose(desk((reader(UNKNOWN),), (slow,)), AT).findings if each.steps
    )

    assert hung.code == "driver-hung"
    assert "allow-more-time" in hung.steps


def test_of_a_named_driver_whose_trouble_another_explains_a_note_stays_once() -> None:
    mute = (reader(None, card=MUTE),)
    refused = module(failure=REFUSED, path="/x.so", source=Source.CONFIGURED)
    at_two_slots = module(
        slot(DEVICE_ERROR), slot(DEVICE_ERROR, slot_id=1), path="/x.so", source=Source.CONFIGURED
    )

    for named in (refused, at_two_slots):
        assert only(desk(mute, (named,)), "driver-named-failed").facts["module"] == "/x.so"
    beside = module(failure=REFUSED, path="/x.so", source=Source.P11_KIT)
    found = [each.code for each in diagnose(desk(mute, (beside,)), AT).findings]
    assert "driver-named-failed" not in found


def test_a_named_driver_that_refuses_a_card_another_read_is_noted() -> None:
    refusing = module(slot(NOT_RECOGNISED), path="/x.so", source=Source.CONFIGURED)

    found = only(desk(modules=(module(slot(token(nes()))), refusing)), "driver-named-failed")

    assert found.facts["module"] == "/x.so"


def test_a_token_of_no_reader_counts_for_each_card_that_its_driver_may_be_for() -> None:
    by_akis = module(slot(token(nes()), None))

    assert codes(desk((reader(), reader(name=SECOND)), (by_akis,))) == []
    assert codes(desk((reader(ETOKEN), reader(ETOKEN, SECOND)), (by_akis,))).count("driver-missing")


def test_a_named_driver_that_crashed_explains_that_another_shows_no_card() -> None:
    crashed = module(failure=CRASHED, path="/opt/own.so", source=Source.CONFIGURED)

    assert codes(desk(modules=(module(slot(None)),))) == ["token-missing"]
    assert codes(desk(modules=(crashed, module(slot(None))))) == ["driver-crashed"]


def test_in_place_of_a_driver_for_other_cards_that_of_the_card_is_installed() -> None:
    named = module(path="/usr/lib/libeTPkcs11.so", source=Source.CONFIGURED)

    assert only(desk(modules=(named,)), "driver-not-for-card").steps[0] == "install-driver"
    token = desk((reader(ETOKEN),), (module(source=Source.CONFIGURED),))
    assert only(token, "driver-not-for-card").steps[0].startswith("install-card-driver")


def test_no_package_for_intel_is_to_be_installed_on_linux_on_arm() -> None:
    bare = desk(modules=(), host=replace(HOST, machine="aarch64"))

    assert only(bare, "driver-missing").steps[:2] == (
        "use-intel-computer",
        "ask-for-arm-linux-driver",
    )
