# SPDX-License-Identifier: Apache-2.0
"""`sign-test` at a terminal of its own, with SoftHSM as the card: what it says and what it tries.

SoftHSM tells of a wrong PIN (CKF_USER_PIN_COUNT_LOW) and never locks (2.6.1); other states of a
PIN are flags that the rig sets.
"""

import json
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from cardtool.model.snapshot import Failure
from cardtool.probe.signing_jobs import Sign, Unsigned, Why, sign
from tests.conftest import softhsm_module
from tests.rig import certificates, opensc
from tests.rig.certificates import KeyKind
from tests.rig.command import COMMAND
from tests.rig.driver import Driver
from tests.rig.modules import (
    CKF_SO_PIN_LOCKED,
    CKF_USER_PIN_COUNT_LOW,
    CKF_USER_PIN_FINAL_TRY,
    CKF_USER_PIN_INITIALIZED,
    CKF_USER_PIN_LOCKED,
    CKF_USER_PIN_TO_BE_CHANGED,
    HEALTHY,
    Module,
    Slot,
    scripted_module,
)
from tests.rig.pcsc import PcscService
from tests.rig.softhsm import PIN, Refusable, SoftHsm
from tests.rig.terminal import Terminal

assert sys.platform == "linux"

pytestmark = pytest.mark.real

_WRONG = "654321"
_ASKS = "The PIN: "
_SIGNS = "Your card signs."


def _nes(
    kind: KeyKind = "rsa", *, name: str = "Gülşen İĞNECİ", number: int = 42, days_left: int = 400
) -> tuple[str, bytes]:
    end = datetime.now(UTC) + timedelta(days=days_left)
    identity = certificates.tckn(number)
    der = certificates.nes(
        name=name, number=identity, not_before=end - timedelta(days=1095), not_after=end, key=kind
    )
    return f"{identity}NES0", der


def _store(
    folder: Path, kind: KeyKind | None = "rsa", *, of: KeyKind = "rsa", pin: str = PIN
) -> SoftHsm:
    """Make a token with an NES and its key; where `kind` is None, an NES `of` a kind alone."""
    softhsm_module()
    store = SoftHsm(folder, pin=pin)
    store.add([_nes(kind or of)])
    if kind is not None:
        store.add_key(certificates.private_key(kind))
    return store


@contextmanager
def _run(
    module: Path | None, environment: dict[str, str], *arguments: str, language: str = "en"
) -> Iterator[Terminal]:
    env = {
        "PCSCLITE_CSOCK_NAME": "/nowhere/pcscd.comm",
        **environment,
        "CARDTOOL_STATE": "",
        "PYTHONIOENCODING": "utf-8",
    }
    named = [] if module is None else ["--module", str(module)]
    command = [str(COMMAND), "sign-test", "--lang", language, *named, *arguments]
    with Terminal(command, env) as terminal:
        yield terminal


def _shown(screen: str) -> str:
    """Return a screen's words, wherever its lines end."""
    return " ".join(screen.split())


@pytest.mark.parametrize(
    ("kind", "mechanism"),
    [("rsa", "rsa-2048, CKM_SHA256_RSA_PKCS"), ("ec", "ec-secp384r1, CKM_ECDSA")],
)
@pytest.mark.parametrize("language", ["en", "tr"])
def test_with_the_right_pin_the_card_signs(
    tmp_path: Path, kind: KeyKind, mechanism: str, language: str
) -> None:
    store = _store(tmp_path, kind)
    watched = store.watched()

    with _run(watched.path, store.env, language=language) as terminal:
        terminal.type(PIN, after=_ASKS if language == "en" else "Şifre (PIN): ")
        status, said = terminal.end()

    assert status == 0
    assert {"en": _SIGNS, "tr": "Kartınız imza atıyor."}[language] in said
    assert mechanism in _shown(said)
    assert "Gülşen İĞNECİ" in said
    assert watched.logins == 1


def test_a_program_is_told_that_the_card_signs_and_nothing_of_its_holder(tmp_path: Path) -> None:
    store = _store(tmp_path, "ec")

    with _run(store.module, store.env, "--format", "json") as terminal:
        terminal.type(PIN, after=_ASKS)
        status, said = terminal.end()

    assert status == 0
    assert json.loads(said)["code"] == "card-signs"
    assert "Gülşen" not in said


def test_a_key_that_wants_the_pin_each_time_gets_the_one_that_was_accepted(tmp_path: Path) -> None:
    store = _store(tmp_path, None)
    store.add_key(certificates.private_key("rsa"), always=True)
    watched = store.watched()

    with _run(watched.path, store.env) as terminal:
        terminal.type(PIN, after=_ASKS)
        status, said = terminal.end()

    assert (status, _SIGNS in said) == (0, True)
    log = watched.login_log.read_text()
    assert log == "C_Login user 1\nC_Login user 2\n"  # CKU_USER, CKU_CONTEXT_SPECIFIC


def test_a_wrong_pin_is_tried_once_and_the_card_says_how_it_stands(tmp_path: Path) -> None:
    store = _store(tmp_path)
    watched = store.watched()

    with _run(watched.path, store.env) as terminal:
        terminal.type(_WRONG, after=_ASKS)
        status, said = terminal.end()

    assert status == 1
    assert "The PIN is wrong (CKR_PIN_INCORRECT" in terminal.screen
    assert "The last PIN entered for this card was wrong." in said
    assert _SIGNS not in said
    assert watched.log == ["C_Login user 1"]
    assert "user PIN count low" in _flags(store)


def _flags(store: SoftHsm) -> str:
    command = ["pkcs11-tool", "--module", str(store.module), "--list-slots"]
    return subprocess.run(command, env=store.env, capture_output=True, text=True, check=True).stdout


def test_after_a_wrong_pin_it_goes_on_only_when_told_twice(tmp_path: Path) -> None:
    store = _store(tmp_path)
    watched = store.watched(flags=CKF_USER_PIN_FINAL_TRY)

    with _run(watched.path, store.env) as terminal:
        first = terminal.end()
    with _run(watched.path, store.env, "--last-try") as terminal:
        terminal.type("", after="Type this word to go on (yes): ")
        second = terminal.end()
    before = watched.logins
    with _run(watched.path, store.env, "--last-try") as terminal:
        terminal.type("yes", after="Type this word to go on (yes): ")
        terminal.type(PIN, after=_ASKS)
        third = terminal.end()

    assert first[0] == 1
    assert "One try is left for the PIN of the card." in first[1]
    assert second == (3, "")
    assert before == 0
    assert third[0] == 0
    assert _SIGNS in third[1]
    assert watched.logins == 1


_REFUSED = {
    "locked": (HEALTHY | CKF_USER_PIN_LOCKED, "pin-locked", 2),
    "pin and puk locked": (
        HEALTHY | CKF_USER_PIN_LOCKED | CKF_SO_PIN_LOCKED,
        "pin-and-puk-locked",
        2,
    ),
    "never set": (HEALTHY & ~CKF_USER_PIN_INITIALIZED, "pin-never-set", 2),
    "to be changed": (HEALTHY | CKF_USER_PIN_TO_BE_CHANGED, "pin-to-be-changed", 1),
    "last try": (HEALTHY | CKF_USER_PIN_FINAL_TRY, "pin-final-try", 1),
    "few tries": (HEALTHY | CKF_USER_PIN_COUNT_LOW, "pin-count-low", 1),
    "puk locked": (HEALTHY | CKF_SO_PIN_LOCKED, "puk-locked", 1),
}


@pytest.mark.parametrize(("flags", "code", "status"), _REFUSED.values(), ids=_REFUSED)
def test_a_pin_that_should_not_be_tried_is_not_asked_for(
    tmp_path: Path, flags: int, code: str, status: int
) -> None:
    module = scripted_module(tmp_path, [Slot(token_flags=flags, certificates=[_nes()])])
    told_once = ["--last-try"] if code in {"pin-locked", "pin-and-puk-locked"} else []

    with _run(module.path, dict(os.environ), "-v", *told_once) as terminal:
        ended, said = terminal.end()

    assert ended == status
    assert f"For support: {code}" in said
    assert _ASKS not in terminal.screen
    assert ("--last-try" in terminal.screen) == (
        code in {"pin-final-try", "pin-count-low", "puk-locked"}
    )
    assert module.logins == 0


def test_of_two_people_it_asks_whose_card_is_to_sign(tmp_path: Path) -> None:
    store = _two_people(tmp_path)

    with _run(store.module, store.env) as terminal:
        terminal.wait_for("Number: ")
        place = next(
            line.split(".")[0].strip()
            for line in terminal.screen.splitlines()
            if "Ilgın ŞAHİNOĞLU" in line
        )
        terminal.type(place, after="Number: ")
        terminal.type(PIN, after=_ASKS)
        status, said = terminal.end()

    assert status == 0
    assert "Ilgın ŞAHİNOĞLU" in said
    assert "ec-secp384r1" in said


@pytest.mark.parametrize("typed", ["0", "3", "", "Gülşen"])
def test_it_never_guesses_between_two_people(tmp_path: Path, typed: str) -> None:
    store = _two_people(tmp_path)
    watched = store.watched()

    with _run(watched.path, store.env) as terminal:
        terminal.type(typed, after="Number: ")
        status, said = terminal.end()

    assert (status, said) == (3, "")
    assert "type one from 1 to 2" in terminal.screen
    assert watched.logins == 0


def _two_people(folder: Path) -> SoftHsm:
    store = _store(folder, None)
    store.add_key(certificates.private_key("rsa"))
    store.add([_nes("ec", name="Ilgın ŞAHİNOĞLU", number=77)], first=2)
    store.add_key(certificates.private_key("ec"), identifier=2)
    return store


def test_a_reader_is_chosen_by_part_of_its_name(tmp_path: Path) -> None:
    slots = [
        Slot(description=name, token_flags=flags, certificates=[_nes(name=person, number=number)])
        for name, flags, person, number in (
            ("ACS ACR39U 00 00", HEALTHY, "Gülşen İĞNECİ", 42),
            ("MILKO V1. 01 00", HEALTHY | CKF_USER_PIN_LOCKED, "Ilgın ŞAHİNOĞLU", 77),
        )
    ]
    module = scripted_module(tmp_path, slots)

    with _run(module.path, dict(os.environ), "--reader", "MILKO", "-v") as terminal:
        chosen = terminal.end()
    with _run(module.path, dict(os.environ), "--reader", "Gemalto") as terminal:
        refused = terminal.end()

    assert chosen[0] == 2
    assert "For support: pin-locked" in chosen[1]
    assert refused == (3, "")
    assert "Found: ACS ACR39U 00 00, MILKO V1. 01 00" in _shown(terminal.screen)


def test_of_two_keys_with_one_identifier_the_certificates_own_counts(tmp_path: Path) -> None:
    store = _store(tmp_path, None, of="ec")
    for key in (_other_key(), certificates.private_key("ec"), _other_key()):
        store.add_key(key)
    watched = store.watched()

    with _run(watched.path, store.env) as terminal:
        terminal.type(PIN, after=_ASKS)
        status, said = terminal.end()

    assert (status, _SIGNS in said) == (0, True)
    assert watched.logins == 1


def _other_key() -> bytes:
    key = ec.generate_private_key(ec.SECP384R1())
    return key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


def test_a_signature_by_another_key_is_told_from_the_cards(tmp_path: Path) -> None:
    store = _store(tmp_path, None, of="ec")
    store.add_key(_other_key())

    with _run(store.module, store.env) as terminal:
        terminal.type(PIN, after=_ASKS)
        status, said = terminal.end()

    assert (status, said) == (2, "")
    assert "the signature does not fit the certificate" in terminal.screen


def test_a_card_without_the_key_is_told(tmp_path: Path) -> None:
    store = _store(tmp_path, None)

    with _run(store.module, store.env) as terminal:
        terminal.type(PIN, after=_ASKS)
        status, said = terminal.end()

    assert (status, said) == (2, "")
    assert "the key of this certificate is not on the card" in terminal.screen


def test_a_driver_that_cannot_sign_is_not_given_the_pin(tmp_path: Path) -> None:
    module = scripted_module(tmp_path, [Slot(certificates=[_nes()])])

    with _run(module.path, dict(os.environ)) as terminal:
        terminal.type(PIN, after=_ASKS)
        status, said = terminal.end()

    assert (status, said) == (2, "")
    assert "CKR_FUNCTION_NOT_SUPPORTED" in terminal.screen
    assert module.logins == 0


@pytest.mark.parametrize(
    ("refused", "answer", "words", "logins"),
    [
        ("AT_Login", 0xA4, "The card did not accept the PIN (CKR_PIN_LOCKED", 1),
        ("AT_Login", 0xA3, "The card did not accept the PIN (CKR_PIN_EXPIRED", 1),
        ("AT_Login", 0x30, "The card did not accept the PIN (CKR_DEVICE_ERROR 0x00000030", 1),
        ("AT_SignInit", 0x30, "but the card did not sign (CKR_DEVICE_ERROR 0x00000030", 1),
        ("AT_GetMechanismList", 0x05, "PIN was not tried because the card could not be read", 0),
        ("AT_GetMechanismList", 0, "cannot sign with this key (rsa-2048)", 0),
    ],
)
def test_whatever_the_card_answers_it_is_asked_once(
    tmp_path: Path, refused: Refusable, answer: int, words: str, logins: int
) -> None:
    store = _store(tmp_path)
    watched = store.watched(refused=refused, answer=answer)

    with _run(watched.path, store.env) as terminal:
        terminal.type(PIN, after=_ASKS)
        status, said = terminal.end()

    assert (status, said) == (2, "")
    assert words in terminal.screen
    assert watched.logins == logins


@pytest.mark.parametrize(
    ("reply", "status", "words"),
    [
        ("9000", 2, ""),
        ("63C2", 1, "The PIN is wrong (CKR_PIN_INCORRECT"),
        ("6983", 2, "The card did not accept the PIN"),
    ],
)
@pytest.mark.parametrize("kind", opensc.CARDS.values(), ids=opensc.CARDS.keys())
def test_through_opensc_a_card_is_sent_the_pin_once(
    kind: opensc.Kind, reply: str, status: int, words: str
) -> None:
    """The card has no key, so this is as far as it goes; its log has every command."""
    card = kind.make(_nes()[1], bytes.fromhex(reply))

    with PcscService(1, driver=Driver.SYSTEM) as service:
        service.insert(card)
        with _run(opensc.module(), service.env) as terminal:
            terminal.type(PIN, after=_ASKS)
            ended, said = terminal.end()

    assert ended == status
    assert (words or kind.without_key) in terminal.screen
    assert _SIGNS not in said
    assert len(list(filter(_has_pin, card.commands))) == (1 if words else kind.logins)


def _has_pin(command: bytes) -> bool:
    """Tell whether it is VERIFY with data. Source: ISO/IEC 7816-4 §11.6.6."""
    return command[1] == 0x20 and len(command) > 5


def test_an_expired_certificate_is_judged_as_check_does(tmp_path: Path) -> None:
    module = scripted_module(tmp_path, [Slot(certificates=[_nes(days_left=-2)])])

    with _run(module.path, dict(os.environ)) as terminal:
        status, said = terminal.end()

    assert status == 2
    assert "Expired 2 days ago" in said
    assert _ASKS not in terminal.screen


@pytest.mark.parametrize(
    ("typed", "status", "words"),
    [("", 3, "No PIN was typed"), ("1" * 65, 3, "longer than 64 bytes"), ("\x03", 130, "")],
    ids=["nothing", "too long", "interrupted"],
)
def test_what_is_no_pin_is_not_tried(tmp_path: Path, typed: str, status: int, words: str) -> None:
    store = _store(tmp_path)
    watched = store.watched()

    with _run(watched.path, store.env) as terminal:
        terminal.type(typed, after=_ASKS)
        ended = terminal.end()

    assert ended == (status, "")
    assert words in terminal.screen
    assert watched.logins == 0


def test_without_a_terminal_nothing_is_looked_at(tmp_path: Path) -> None:
    module = scripted_module(tmp_path, [Slot(certificates=[_nes()])])

    done = subprocess.run(
        [COMMAND, "sign-test", "--lang", "en", "-v", "--module", module.path],
        input=f"{PIN}\n",
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stdout) == (3, "")
    assert "on a terminal only" in done.stderr
    assert "looking for" not in done.stderr
    assert module.logins == 0


def test_a_pin_in_another_state_than_was_agreed_to_is_not_tried(tmp_path: Path) -> None:
    module = scripted_module(
        tmp_path, [Slot(token_flags=HEALTHY | CKF_USER_PIN_FINAL_TRY, certificates=[_nes()])]
    )
    agreed = ("CKF_LOGIN_REQUIRED", "CKF_USER_PIN_INITIALIZED", "CKF_TOKEN_INITIALIZED")

    for flags, sha256, slot in (
        (agreed, "", 0),
        ((*agreed, "CKF_USER_PIN_FINAL_TRY"), "00" * 32, 0),
        (agreed, "", 7),
    ):
        question = Sign(path=str(module.path), slot_id=slot, flags=flags, sha256=sha256)
        answer = sign(question, PIN.encode(), timeout_s=30)

        assert answer == Unsigned(why=Why.CHANGED)
    assert module.logins == 0


def test_a_driver_that_dies_is_told_apart_from_a_refused_pin(tmp_path: Path) -> None:
    store = _store(tmp_path)
    watched = store.watched(gate=tmp_path / "gate")

    with _run(watched.path, store.env) as terminal:
        terminal.type(PIN, after=_ASKS)
        os.kill(_worker(terminal, watched).pid, signal.SIGKILL)
        status, said = terminal.end()

    assert (status, said) == (2, "")
    assert "SIGKILL" in terminal.screen
    assert "Whether the PIN was tried is not known" in terminal.screen
    assert watched.logins == 1


def test_a_driver_that_prints_the_pin_and_crashes_shows_it_to_nobody(tmp_path: Path) -> None:
    pin = "gizli7391pin"
    store = _store(tmp_path, pin=pin)
    watched = store.watched(leaks=True)
    log = tmp_path / "opensc.log"
    (tmp_path / "own.conf").write_text(f"app default {{ debug = 9; debug_file = {log}; }}\n")
    noisy = {"OPENSC_DEBUG": "9", "OPENSC_CONF": str(tmp_path / "own.conf")}

    with _run(watched.path, {**store.env, **noisy}, "-v") as terminal:
        terminal.type(pin, after=_ASKS)
        status, said = terminal.end()

    assert (status, said) == (2, "")
    assert "SIG" in terminal.screen
    assert pin not in terminal.screen
    assert watched.logins == 1


def test_a_login_that_takes_too_long_is_let_go_and_not_killed(tmp_path: Path) -> None:
    store, gate = _store(tmp_path), tmp_path / "gate"
    watched = store.watched(gate=gate)

    with _run(watched.path, store.env, "--timeout", "4") as terminal:
        terminal.type(PIN, after=_ASKS)
        worker = _worker(terminal, watched)
        status = terminal.process.wait(60)

        assert status == 2
        assert not _has_ended(worker)
        gate.touch()
        end = time.monotonic() + 60
        while not _has_ended(worker):
            assert time.monotonic() < end
            time.sleep(0.01)
        terminal.end()

    assert "did not answer in time" in terminal.screen
    assert watched.logins == 1


def _worker(terminal: Terminal, watched: Module) -> psutil.Process:
    """Wait until the login has begun, and return the process that waits in it."""
    end = time.monotonic() + 60
    while watched.logins == 0:
        assert time.monotonic() < end, terminal.screen
        time.sleep(0.01)
    family = psutil.Process(terminal.process.pid).children(recursive=True)
    return [each for each in family if each.cmdline()[-2:] == ["worker", "sign"]][-1]


def _has_ended(process: psutil.Process) -> bool:
    """Tell whether it has ended, also where the first process, whose child it is now, reaps none.

    Processes of a container have such a first process.
    """
    try:
        return process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def test_the_pin_is_nowhere_to_be_found_while_the_card_signs(tmp_path: Path) -> None:
    """Not in a file, an argument, an environment, the screen or the log; no core would have it."""
    pin = "gizli7391pin"
    store, gate, temporary = _store(tmp_path, pin=pin), tmp_path / "gate", tmp_path / "tmp"
    watched = store.watched(gate=gate)
    temporary.mkdir()
    environment = {**store.env, "TMPDIR": str(temporary), "HOME": str(temporary)}

    with _run(watched.path, environment, "-v") as terminal:
        terminal.type(pin, after=_ASKS)
        worker = _worker(terminal, watched)
        supervisor, command = worker.parents()[:2]
        family = [command, supervisor, worker]
        assert COMMAND.name in " ".join(family[0].cmdline())
        public = b"".join(_public(each.pid) for each in psutil.process_iter())
        limits = [each.rlimit(resource.RLIMIT_CORE) for each in family]
        gate.touch()
        status, said = terminal.end()

    assert (status, _SIGNS in said) == (0, True)
    assert limits == [(0, 0)] * 3
    assert pin.encode() not in public
    assert pin not in terminal.screen + said
    for file in tmp_path.rglob("*"):
        assert not file.is_file() or pin.encode() not in file.read_bytes(), file


def _public(pid: int) -> bytes:
    """Return what the system shows of a process: nothing, where it may not be read."""
    found = b""
    for name in ("cmdline", "environ", "comm"):
        try:
            found += Path(f"/proc/{pid}/{name}").read_bytes()
        except OSError:  # it ended, or nobody may look into it
            continue
    return found


def test_a_pin_that_is_not_utf8_is_in_no_answer(tmp_path: Path) -> None:
    store = _store(tmp_path)
    question = Sign(path=str(store.module), slot_id=0, flags=(), sha256="")

    answer = sign(question, b"\xffgizli\xff", timeout_s=30)

    assert isinstance(answer, Failure | Unsigned)
    assert "gizli" not in str(answer)
