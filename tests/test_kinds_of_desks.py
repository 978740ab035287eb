# SPDX-License-Identifier: Apache-2.0
"""Kinds of workstations that are easily told the wrong thing: each is described at least twice.

`says` is a step that the first thing to act on has to have, `never` are steps that no finding of
such a workstation may have.
"""

import re
from pathlib import Path
from typing import NamedTuple

import pytest
from msgspec.structs import replace

from cardtool.model.diagnosis import Diagnosis, Link, Severity
from cardtool.model.snapshot import Failure
from cardtool.model.surroundings import Session
from cardtool.rules import diagnose
from cardtool.text import LANGUAGES, Text
from cardtool.views.people import contents
from cardtool.views.people.hands import awaited
from tests.described import FILES, read

_CASES = {file.stem: file for file in FILES}
_ORDERING = frozenset({"order-reader", "buy-reader", "pay-reader"})
_SENDING_IN = frozenset({"ask-for-new-card", "replace-card"})
_KAMU_SM = frozenset({"unlock-pin", "create-pin", "renew-online", "tell-officer", "order-reader"})
_STARTING = frozenset({"start-windows-service", "enable-windows-service", "start-pcscd"})


class Kind(NamedTuple):
    """What the workstations of a kind are told, and what never."""

    desks: str
    says: str
    never: frozenset[str] = frozenset()


KINDS = {
    "a remote session whose computer has no driver": Kind(
        "driver-missing-remote driver-missing-remote-token",
        "run-again",
        frozenset({"install-driver", "install-card-driver"}),
    ),
    "a driver that lacks a library": Kind(
        "driver-needs-library driver-needs-library-mac",
        "find-library",
        frozenset({"remove-driver", "install-runtime"}),
    ),
    "the reader driver of macOS itself": Kind(
        "token-failed-on-mac token-failed-on-mac-26", "use-ifd-ccid", _SENDING_IN
    ),
    "an external reader without its driver": Kind(
        "reader-driver-missing-au9560 reader-driver-missing-windows reader-driver-missing-acr38u",
        "do-not-order",
        _ORDERING,
    ),
    "a remote desktop that passes no reader on": Kind(
        "session-remote-desktop-broken session-remote-desktop-refused",
        "use-microsofts-client",
        _STARTING,
    ),
    "a container whose service asks polkit": Kind(
        "service-access-denied-container service-access-denied-container-fedora",
        "start-pcscd-alone",
        frozenset({"print-polkit-rule", "run-at-desk"}),
    ),
    "a reader that Windows could not start": Kind(
        "reader-not-started reader-not-started-omnikey", "retry-reader-start", _ORDERING
    ),
    "a token of SafeNet or Thales without its driver": Kind(
        "driver-missing-thales driver-missing-idprime",
        "install-card-driver",
        frozenset({"install-driver"}),
    ),
    "a card that fails after the computer slept": Kind(
        "token-failed-after-sleep token-failed", "replug-reader"
    ),
    "a service that runs and accepts nobody": Kind(
        "service-stuck service-stuck-usb-not-seen", "restart-windows-service", _STARTING
    ),
    "a distribution without its reader driver": Kind(
        "reader-driver-missing-fedora reader-driver-missing-arch reader-driver-missing-opensuse",
        "install-reader-driver",
        _ORDERING,
    ),
    "a driver for another processor": Kind(
        "driver-other-processor-mac driver-other-processor-linux-arm",
        "run-again",
        frozenset({"install-driver", "install-matching-akis", "install-matching-driver"}),
    ),
    "a driver for the other processor of a Mac or of Windows": Kind(
        "driver-for-other-program-mac driver-for-other-program-windows-arm",
        "run-again",
        frozenset({"install-driver"}),
    ),
    "a card that loses its power": Kind(
        "card-loses-power card-loses-power-again-and-again", "try-other-port", _SENDING_IN
    ),
    "a badge on a reader whose slot is empty": Kind(
        "card-beside-slot card-beside-slot-identity-card", "insert-card", _ORDERING
    ),
    "a reader whose driver Windows refuses": Kind(
        "reader-driver-refused reader-driver-refused-own-protocol",
        "replace-reader-driver",
        _ORDERING | frozenset({"remove-reader-driver"}),
    ),
    "a reader that did not wake up": Kind(
        "token-failed-asleep token-failed-asleep-beside-keyboard", "replug-reader", _SENDING_IN
    ),
    "a driver older than the token": Kind(
        "driver-older-than-card driver-older-than-card-etoken",
        "run-again",
        frozenset({"update-driver", "install-driver"}),
    ),
    "a certificate revoked because its holder left": Kind(
        "nes-revoked-left nes-revoked-left-closed",
        "apply-through-officer",
        frozenset({"apply-anew", "renew-online", "lift-suspension"}),
    ),
    "a Mac without a reader": Kind(
        "service-idle-on-a-mac service-idle-on-a-mac-beside-keyboard",
        "plug-own-reader",
        _STARTING | frozenset({"use-ifd-ccid"}),
    ),
    "Linux inside Windows": Kind(
        "session-wsl session-wsl-without-pcscd", "run-in-windows", _ORDERING
    ),
    "a security key beside an empty reader": Kind(
        "card-missing-beside-security-key card-missing-beside-nitrokey", "insert-card", _ORDERING
    ),
    "the computer's own empty slot alone": Kind(
        "reader-own-missing reader-own-missing-lenovo",
        "plug-own-reader",
        frozenset({"insert-card"}),
    ),
    "software readers alone": Kind(
        "reader-safenet-slots-only reader-virtual-only",
        "plug-own-reader",
        frozenset({"insert-card"}),
    ),
    "the certificate of another provider near its end": Kind(
        "provider-e-guven-expiring provider-e-imzatr-expiring", "renew-elsewhere", _KAMU_SM
    ),
    "a PIN of another provider's card": Kind(
        "provider-e-guven-locked provider-turktrust-locked", "unlock-pin-elsewhere", _KAMU_SM
    ),
    "a last try or a lock before the end": Kind(
        "pin-final-try-before-the-end pin-locked-five-days-left", "unlock-pin"
    ),
    "a seal alone": Kind("seal-only-fiscal seal-only-ended", "insert-nes-card"),
    "a card that its driver does not recognise": Kind(
        "identity-card-not-recognised driver-too-old-beside-other", "check-card-kind"
    ),
    "a suspended certificate that ends": Kind(
        "nes-suspended-five-days-left nes-suspended", "lift-suspension"
    ),
    "a stopped service with a reader plugged in": Kind(
        "service-stopped-reader-plugged service-stopped-windows",
        "start-windows-service",
        _ORDERING,
    ),
    "the session of services": Kind(
        "session-services session-services-running", "run-at-logon", _STARTING | _ORDERING
    ),
    "a reader that the last good check saw": Kind(
        "reader-gone reader-gone-beside-hello", "try-other-computer"
    ),
    "a reader that Windows cannot make work": Kind(
        "reader-faulty-problem-43 reader-faulty-problem-10", "try-faulty-elsewhere"
    ),
    "a driver of another build than the program": Kind(
        "driver-for-other-program driver-for-other-program-mac", "run-fitting-build"
    ),
    "a next card that waits in a second reader": Kind(
        "nes-next-card-in-second-reader nes-next-card-on-a-mac nes-waiting",
        "take-next-card",
        frozenset({"renew-online", "tell-officer"}),
    ),
    "one locked PIN beside another person's card": Kind(
        "pin-locked-one-of-two-doctors pin-locked-other-of-two", "unlock-pin", _SENDING_IN
    ),
    "a driver that a container or package does not show": Kind(
        "driver-out-of-reach driver-out-of-reach-flatpak",
        "run-outside-first",
        frozenset({"install-driver"}),
    ),
    "a card that polkit keeps from a session": Kind(
        "card-access-denied card-access-denied-hung-up", "run-at-desk", _SENDING_IN
    ),
    "a container without a way to the reader": Kind(
        "session-container session-container-own-service session-container-without-library",
        "share-pcsc-socket",
        _ORDERING | frozenset({"install-pcsc-library"}),
    ),
    "the SIM card of a telephone": Kind(
        "card-not-for-signing-sim card-not-for-signing-esim", "insert-nes-card", _SENDING_IN
    ),
    "a card without a program on it": Kind(
        "card-not-for-signing-memory card-not-for-signing-memory-i2c",
        "insert-nes-card",
        _SENDING_IN,
    ),
    "a contactless card on a reader without a slot": Kind(
        "card-without-slot card-without-slot-desfire",
        "use-reader-with-slot",
        frozenset({"insert-nes-card"}),
    ),
    "a last safe day that has passed": Kind(
        "nes-expiring-soon-safe-day-passed nes-expiring-soon", "renew-online"
    ),
}


@pytest.mark.parametrize(
    ("desk", "holder"),
    [
        ("pin-locked-one-of-two-doctors", "DR. ALİ ÖRNEK"),
        ("pin-locked-other-of-two", "DR. CAN ÖRNEK"),
    ],
)
def test_whose_pin_is_locked_is_said_where_two_people_share_a_computer(
    desk: str, holder: str
) -> None:
    (locked,) = [one for one in _diagnosis(desk).findings if one.code == "pin-locked"]

    assert locked.facts["holder"] == holder


_LOCKED_OUT = frozenset({"container", "flatpak", "snap", "wsl"})


def _diagnosis(name: str) -> Diagnosis:
    case = read(_CASES[name])
    return diagnose(case.desk(), case.at)


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_of_workstation_is_told_the_right_thing_and_never_the_wrong_one(kind: str) -> None:
    desks = KINDS[kind].desks.split()

    assert len(desks) > 1
    for name in desks:
        diagnosis = _diagnosis(name)
        told = {step for finding in diagnosis.findings for step in finding.steps}
        first = next(one for one in diagnosis.findings if one.code == diagnosis.todo[0])

        assert KINDS[kind].says in first.steps, name
        assert not told & KINDS[kind].never, name


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_where_this_program_was_kept_from_looking_nothing_is_called_broken(file: Path) -> None:
    diagnosis = _diagnosis(file.stem)
    snapshot = diagnosis.snapshot
    marks = set(snapshot.host.session.marks)
    is_cut_off = snapshot.host.session.id == 0 or bool(_LOCKED_OUT & marks)
    is_refused = is_cut_off and isinstance(snapshot.readers, Failure)

    if is_refused or snapshot.running or snapshot.seen == ():
        assert diagnosis.severity is Severity.UNKNOWN
        assert [one.code for one in diagnosis.findings if one.severity is Severity.CRITICAL] == []


_OF_READERS = {"reader-not-offered", "reader-not-seen"}
"""Codes of what a container's own service may not open; a package asks the computer's service."""
_ANSWERED = {"service-timeout", "service-failed"}
"""Codes of a service that was reached."""
_LINUX = [file for file in FILES if read(file).desk().host.platform == "linux"]


@pytest.mark.parametrize("mark", sorted(_LOCKED_OUT - {"wsl"}))
@pytest.mark.parametrize("file", _LINUX, ids=lambda file: file.stem)
def test_the_same_facts_seen_from_inside_a_package_or_container_call_nothing_missing(
    file: Path, mark: str
) -> None:
    case = read(file)
    desk = case.desk()
    has_own = mark == "container" and isinstance(desk.readers, tuple)
    host = replace(
        desk.host,
        pcscd="/usr/sbin/pcscd" if has_own else None,
        services=(),
        session=Session(marks=(mark,)),
    )

    found = diagnose(replace(desk, host=host), case.at).findings

    called_broken = {one.code for one in found if one.severity is Severity.CRITICAL}
    hidden = {one.code for one in found if one.link is Link.SERVICE} - _ANSWERED
    hidden |= _OF_READERS if has_own else set()
    assert not called_broken & (hidden | {"driver-missing"})


FIRST = {
    "card-unpowered": "reseat-card",
    "card-unpowered-behind-hub": "leave-out-hub",
    "card-unpowered-on-inner-hub": "reseat-card",
    "certificates-missing": "check-card-kind",
    "certificates-missing-on-idprime": "ask-provider",
    "certificates-missing-on-token": "ask-own-provider",
    "driver-missing-remote": "install-driver-there",
    "driver-missing-remote-token": "install-card-driver-there",
    "driver-needs-library": "reinstall-driver",
    "driver-other-processor-mac": "install-mac-arm-driver",
    "driver-other-processor-mac-etoken": "install-arm-card-driver-of-provider",
    "driver-too-old-beside-empty": "check-card-or-use-empty",
    "driver-too-old-beside-other": "check-card-kind",
    "driver-too-old-v3": "check-card-kind",
    "driver-too-old-v3-first-driver": "update-driver",
    "driver-wrong-architecture": "install-matching-akis",
    "driver-wrong-architecture-left-over": "renew-elsewhere",
    "driver-wrong-architecture-safesign": "install-matching-driver-of-provider",
    "nes-ends-tonight": "renew-online",
    "nes-expired": "newer-card-or-officer",
    "nes-expired-beside-built-in": "newer-card-or-officer",
    "nes-expired-overnight": "newer-card-or-officer",
    "provider-e-tugra-expired": "newer-card-or-elsewhere",
    "nes-expired-beside-empty": "newer-card-to-empty",
    "nes-expired-beside-unusable": "newer-card-to-working",
    "nes-revoked-beside-ended": "apply-anew",
    "nes-suspended-beside-ended": "lift-suspension",
    "reader-driver-for-arm": "use-ccid-reader",
    "reader-driver-for-arm-emulated": "use-ccid-reader",
    "reader-driver-missing-on-arm": "open-device-manager",
    "reader-driver-refused-beside-either": "replace-reader-driver",
    "reader-not-offered-mac": "replug-reader",
    "reader-not-offered-mac-hub": "leave-out-hub",
    "card-missing-beside-asleep": "insert-card",
    "card-missing-beside-blocked-driver": "insert-card-into-working",
    "card-missing-beside-refused": "insert-card-into-working",
    "card-missing-in-the-keyboard": "insert-card",
    "card-missing-virtual-windows": "insert-on-host",
    "reader-asleep-beside-keyboard": "leave-out-hub",
    "reader-not-offered-beside-keyboard": "try-other-port",
    "seal-only-beside-empty": "use-empty-reader",
    "seal-only-fiscal": "insert-nes-card",
    "token-hung": "reinsert-card",
    "token-hung-while-browser-holds": "close-seen-programs",
    "token-hung-while-held": "close-seen-programs",
}
"""Workstations in pairs that differ in one thing -> what is to be done first of all."""


@pytest.mark.parametrize("name", FIRST)
def test_what_stands_beside_decides_what_is_done_first(name: str) -> None:
    diagnosis = _diagnosis(name)
    first = next(one for one in diagnosis.findings if one.code == diagnosis.todo[0])

    assert first.steps[0] == FIRST[name]


@pytest.mark.parametrize(
    "name", ["card-missing", "card-missing-beside-blocked-driver", "card-missing-virtual"]
)
def test_the_page_waits_for_the_card_into_whichever_reader_it_is_to_go(name: str) -> None:
    assert awaited(contents.acts(_diagnosis(name), Text("en"))) == ("card-came",)


def test_a_reader_behind_a_hub_is_not_plugged_in_there_again() -> None:
    told = {
        step for given in _diagnosis("reader-not-offered-mac-hub").findings for step in given.steps
    }

    assert not told & {"try-other-port", "replug-reader"}


def test_a_hub_that_is_plugged_into_the_one_of_the_computer_can_be_left_out() -> None:
    case = read(_CASES["card-unpowered-on-inner-hub"])
    desk = case.desk()
    assert isinstance(desk.usb, tuple)
    behind = replace(desk.usb[0], port="1-1.3.2", hubs=("8087:0024", "05E3:0608"))
    found = diagnose(replace(desk, usb=(behind,)), case.at)

    assert found.deciding.steps[0] == "leave-out-hub"


def test_the_library_that_a_driver_lacks_is_named() -> None:
    named = {
        name: next(
            given.facts["library"]
            for given in _diagnosis(name).findings
            if given.code == "driver-needs-library"
        )
        for name in ("driver-needs-library", "driver-needs-library-mac")
    }

    assert named == {
        "driver-needs-library": "libcrypto.so.1.1",
        "driver-needs-library-mac": "libcrypto.1.1.dylib",
    }


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("driver-other-processor-mac-etoken", "SafeNet Authentication Client.*E-Tuğra"),
        ("driver-wrong-architecture-safesign", "SafeSign Identity Client.*E-Güven"),
        ("seal-expiring", "Kamu SM"),
    ],
)
def test_the_first_step_names_the_product_and_who_gives_it(
    name: str, said: str, language: str
) -> None:
    diagnosis = _diagnosis(name)
    first = diagnosis.deciding

    assert re.search(said, Text(language).step(first.steps[0], first.facts | first.road))


def test_both_services_of_windows_are_named_where_both_are_disabled() -> None:
    both, one = (
        [given.code for given in _diagnosis(name).findings]
        for name in ("service-disabled-both", "service-disabled-enumerator-manual")
    )

    assert both == ["service-disabled-windows", "service-enumerator-stopped"]
    assert one == ["service-disabled-windows"]


def test_enough_workstations_could_not_be_looked_at() -> None:
    unknown = [file for file in FILES if _diagnosis(file.stem).severity is Severity.UNKNOWN]

    assert len(unknown) >= 12, unknown
