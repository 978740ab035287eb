# SPDX-License-Identifier: Apache-2.0
"""The rig does what it claims, or nothing proven on it counts."""

import ctypes
import datetime as dt
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509

from tests.conftest import require, softhsm_module
from tests.rig import pcsc
from tests.rig.card import (
    AKIS_CURRENT_ATR,
    UNKNOWN_ATR,
    Noise,
    PullOut,
    Refusal,
    ScriptedCard,
    Silence,
    Swap,
    mute_card,
    unknown_card,
)
from tests.rig.certificates import NES_POLICY, ca, nes, tckn
from tests.rig.listing import Listing, listings, run_listing
from tests.rig.look import EMPTY, MUTE, NO_SERVICE, PRESENT, ServiceError
from tests.rig.modules import (
    CKF_USER_PIN_COUNT_LOW,
    CKF_USER_PIN_FINAL_TRY,
    CKF_USER_PIN_INITIALIZED,
    CKF_USER_PIN_LOCKED,
    CKR_ARGUMENTS_BAD,
    CKR_GENERAL_ERROR,
    CKR_TOKEN_NOT_RECOGNIZED,
    HEALTHY,
    Slot,
    hostile_module,
    library_for_another_machine,
    scripted_module,
    text_file,
    truncated_library,
)
from tests.rig.pcsc import READER, PcscService, without_polkit
from tests.rig.pkcs15 import Pin, pkcs15_card
from tests.rig.softhsm import SoftHsm

pytestmark = pytest.mark.real

START, END = dt.datetime(2025, 3, 1, 9, 30, tzinfo=dt.UTC), dt.datetime(2028, 2, 29, tzinfo=dt.UTC)
AYSE = nes(name="Ayşe Örnek", number=tckn(1), not_before=START, not_after=END)
MEHMET = nes(name="Mehmet Deneme", number=tckn(2), not_before=START, not_after=END, key="rsa")
PEOPLE = [(f"{tckn(1)}NES0", AYSE), (f"{tckn(2)}NES0", MEHMET)]
RESET = 2
"""vpcd's control byte."""


@pytest.fixture(scope="module")
def service() -> Iterator[PcscService]:
    """One service with one reader for every test that leaves it running and the reader free."""
    require(not pcsc.missing(), pcsc.missing())
    with PcscService() as running:
        yield running


def _read(service: PcscService, card: ScriptedCard) -> tuple[Listing, ...]:
    service.insert(card)
    return listings(service.module, service.env)


def _states(service: PcscService) -> list[int]:
    return [reader.state for reader in service.states()]


def test_service_without_readers_answers_with_none() -> None:
    require(not pcsc.missing(), pcsc.missing())
    with PcscService(0) as service:
        assert service.states() == ()


def test_reader_is_empty_until_a_card_is_in_and_after_it_is_out(service: PcscService) -> None:
    service.remove()
    (before,) = service.states()
    service.insert(unknown_card())
    (within,) = service.states()
    service.remove()
    (after,) = service.states()

    assert before.name == f"{READER} 00 00"
    assert [before.state, within.state, after.state] == [EMPTY, PRESENT, EMPTY]
    assert [within.events - before.events, after.events - before.events] == [1, 2]
    assert [before.atr, within.atr, after.atr] == [b"", UNKNOWN_ATR, b""]


def test_mute_card_is_present_without_an_answer_to_reset(service: PcscService) -> None:
    service.insert(mute_card())

    (reader,) = service.states()
    assert (reader.state, reader.atr) == (PRESENT | MUTE, b"")


def test_stopped_service_is_gone_and_a_started_one_finds_the_card_still_in() -> None:
    require(not pcsc.missing(), pcsc.missing())
    with PcscService() as service:
        service.insert(unknown_card())
        service.stop()
        with pytest.raises(ServiceError) as gone:
            service.states()
        service.start()

        assert gone.value.code == NO_SERVICE
        assert _states(service) == [PRESENT]


def test_readers_have_their_own_names_numbers_and_cards() -> None:
    require(not pcsc.missing(), pcsc.missing())
    long_name = "A reader whose maker thought that one name could hold the catalogue, twice over"
    with PcscService(5, names=(READER, long_name)) as service:
        service.insert(unknown_card(), slot=1)
        service.insert(pkcs15_card([]), slot=4)

        states = service.states()
        assert [state.name for state in states] == [
            f"{READER} 00 00",
            f"{long_name} 01 00",
            f"{READER} 02 00",
            f"{long_name} 03 00",
            f"{READER} 04 00",
        ]
        assert [state.atr for state in states] == [b"", UNKNOWN_ATR, b"", b"", AKIS_CURRENT_ATR]


def test_service_that_cannot_start_fails_at_once_and_says_why() -> None:
    require(not pcsc.missing(), pcsc.missing())
    with (
        pytest.raises(RuntimeError, match="invalid value line 1"),
        PcscService(names=('a "name" that breaks the configuration',)),
    ):
        pytest.fail("it started")


@pytest.mark.parametrize("option", ["--disable-polkit", "--debug"])
def test_polkit_is_left_out_where_the_service_knows_how(tmp_path: Path, option: str) -> None:
    program = tmp_path / "pcscd"
    program.write_text(f"#!/bin/sh\necho '  {option}  and what it does'\n")
    program.chmod(0o755)

    assert without_polkit(str(program)) == (("--disable-polkit",) if "polkit" in option else ())


def test_two_services_do_not_see_each_other(service: PcscService) -> None:
    service.insert(unknown_card())
    with PcscService(2) as other:
        assert _states(other) == [EMPTY, EMPTY]
    assert _states(service) == [PRESENT]


def test_service_ends_with_the_process_that_started_it() -> None:
    require(not pcsc.missing(), pcsc.missing())
    program = (
        "import signal; from tests.rig.pcsc import PcscService; s = PcscService(); s.start();"
        "print(s.env['PCSCLITE_CSOCK_NAME'], flush=True); signal.pause()"
    )
    root = Path(__file__).parents[1]
    with subprocess.Popen(
        [sys.executable, "-c", program], cwd=root, stdout=subprocess.PIPE
    ) as user:
        assert user.stdout is not None
        folder = Path(user.stdout.readline().decode().strip()).parents[2]
        assert _processes_of(folder)
        user.kill()

    deadline = time.monotonic() + 10
    while _processes_of(folder) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert _processes_of(folder) == []
    shutil.rmtree(folder)


def _processes_of(folder: Path) -> list[int]:
    """Find the processes that name this folder on their command line."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            command = (process / "cmdline").read_bytes()
        except OSError:
            continue
        if str(folder).encode() in command:
            found.append(int(process.name))
    return found


def test_stand_in_reads_the_certificates_byte_for_byte(service: PcscService) -> None:
    card = pkcs15_card(PEOPLE, quick=True, label="Deneme kartı", serial="00112233AABBCCDD")

    (token, *_) = _read(service, card)

    assert token.description == f"{READER} 00 00"
    assert token.label == "Deneme kartı"
    assert token.serial == "00112233AABBCCDD"
    assert token.certificates == tuple(PEOPLE)


def test_pkcs11_tool_shows_the_certificate_as_a_person_would_see_it(service: PcscService) -> None:
    service.insert(pkcs15_card(PEOPLE[:1]))
    shown = subprocess.run(
        ["pkcs11-tool", "--module", str(service.module), "-O", "--type", "cert"],
        env=service.env,
        capture_output=True,
        text=True,
        check=True,
    ).stdout

    assert f"label:      {tckn(1)}NES0" in shown


def test_stand_in_sends_the_card_nothing_but_select_and_read(service: PcscService) -> None:
    card = pkcs15_card(PEOPLE, quick=True)

    _read(service, card)

    select, read_binary = 0xA4, 0xB0
    assert {command[1] for command in card.commands} == {select, read_binary}
    assert RESET not in card.controls


def test_card_whose_pin_was_never_set_says_so(service: PcscService) -> None:
    (with_pin, *_) = _read(service, pkcs15_card(PEOPLE, quick=True))
    (without, *_) = _read(service, pkcs15_card(PEOPLE, quick=True, pin=Pin(initialised=False)))

    assert with_pin.flags & CKF_USER_PIN_INITIALIZED
    assert not without.flags & CKF_USER_PIN_INITIALIZED


@pytest.mark.parametrize(
    ("tries_left", "flags"),
    [
        (0, CKF_USER_PIN_LOCKED),
        (1, CKF_USER_PIN_FINAL_TRY | CKF_USER_PIN_COUNT_LOW),
        (2, CKF_USER_PIN_COUNT_LOW),
        (3, 0),
    ],
)
def test_stand_in_takes_the_tries_left_from_a_file_and_sends_no_verify(
    service: PcscService, tries_left: int, flags: int
) -> None:
    card = pkcs15_card(PEOPLE, quick=True, pin=Pin(tries_left=tries_left))

    (token, *_) = _read(service, card)

    assert token.flags == HEALTHY | flags
    assert not any(command[1] == 0x20 for command in card.commands)


@pytest.mark.parametrize(
    ("fault", "status"), [("abort-on-load", -signal.SIGABRT), ("crash", -signal.SIGILL)]
)
def test_stand_in_crashes_where_it_is_asked_to(
    service: PcscService, fault: str, status: int
) -> None:
    done = run_listing(service.module, {**service.env, "AKISP11_FAULT": fault})

    assert done.returncode == status


def test_stand_in_refuses_or_hangs_where_it_is_asked_to(service: PcscService) -> None:
    refused = run_listing(service.module, {**service.env, "AKISP11_FAULT": "refuse"})

    assert b"GeneralError" in refused.stderr
    with pytest.raises(subprocess.TimeoutExpired):
        run_listing(service.module, {**service.env, "AKISP11_FAULT": "hang"}, timeout_s=1)


def test_stand_in_writes_a_login_down_and_sends_the_card_nothing(
    service: PcscService, tmp_path: Path
) -> None:
    card = pkcs15_card(PEOPLE, quick=True)
    service.insert(card)
    log = tmp_path / "logins"
    subprocess.run(
        ["pkcs11-tool", "--module", str(service.module), "--login", "--pin", "1234", "-O"],
        env={**service.env, "AKISP11_LOGINS": str(log)},
        capture_output=True,
        check=False,
    )

    assert log.read_text() == "C_Login session 1 user 1\n"
    assert not any(command[1] == 0x20 for command in card.commands)


def test_card_without_certificates_is_a_token_all_the_same(service: PcscService) -> None:
    (token, *_) = _read(service, pkcs15_card([], quick=True))

    assert (token.error, token.certificates) == ("", ())


def test_pulled_out_card_leaves_a_shorter_list_and_an_empty_reader(service: PcscService) -> None:
    (token, *_) = _read(service, pkcs15_card(PEOPLE, quick=True, fault=PullOut(after=19)))

    assert len(token.certificates) < len(PEOPLE)
    service.remove()
    assert _states(service) == [EMPTY]


def test_swapped_card_is_counted_by_the_reader(service: PcscService) -> None:
    second = unknown_card()
    service.insert(pkcs15_card(PEOPLE, quick=True, fault=Swap(after=19, card=second)))
    (before,) = service.states()

    run_listing(service.module, service.env)
    service.wait_for_swap()

    (after,) = service.states()
    assert (after.state, after.atr) == (PRESENT, UNKNOWN_ATR)
    assert after.events - before.events == 2


def test_silent_card_keeps_its_reader_waiting(service: PcscService) -> None:
    card = pkcs15_card(PEOPLE, quick=True, fault=Silence(after=5))
    service.insert(card)

    with pytest.raises(subprocess.TimeoutExpired):
        run_listing(service.module, service.env, timeout_s=2)

    assert len(card.commands) == 6


@pytest.mark.parametrize("fault", [Noise(after=14), Refusal(after=14)])
def test_garbled_answers_lose_certificates(service: PcscService, fault: Noise | Refusal) -> None:
    card = pkcs15_card(PEOPLE, quick=True, fault=fault)
    service.insert(card)

    done = run_listing(service.module, service.env)

    assert len(card.commands) > 14
    assert AYSE.hex().encode() not in done.stdout


def test_card_takes_its_time_for_each_command(service: PcscService) -> None:
    card = pkcs15_card(PEOPLE, quick=True, delay_s=0.02)
    service.insert(card)
    start = time.monotonic()

    run_listing(service.module, service.env)

    assert time.monotonic() - start > 0.02 * len(card.commands)


def test_quick_wire_is_quicker_than_the_wire_as_it_is(service: PcscService) -> None:
    took = {}
    for quick in (True, False):
        service.insert(pkcs15_card(PEOPLE, quick=quick))
        start = time.monotonic()
        run_listing(service.module, service.env)
        took[quick] = time.monotonic() - start

    assert took[True] < took[False]


def test_certificate_has_the_profile_of_an_nes() -> None:
    certificate = x509.load_der_x509_certificate(AYSE)
    issuer = x509.load_der_x509_certificate(ca().der)

    certificate.verify_directly_issued_by(issuer)
    subject = certificate.subject.rfc4514_string({x509.NameOID.SERIAL_NUMBER: "no"})
    assert subject == f"CN=Ayşe Örnek,no={tckn(1)},C=TR"
    assert (certificate.not_valid_before_utc, certificate.not_valid_after_utc) == (START, END)
    usage = certificate.extensions.get_extension_for_class(x509.KeyUsage)
    assert usage.critical
    assert usage.value.content_commitment
    (policy,) = certificate.extensions.get_extension_for_class(x509.CertificatePolicies).value
    assert policy.policy_identifier.dotted_string == NES_POLICY
    statements = certificate.extensions.get_extension_for_oid(
        x509.ObjectIdentifier("1.3.6.1.5.5.7.1.3")
    ).value
    assert isinstance(statements, x509.UnrecognizedExtension)
    assert bytes.fromhex("060604008E460101") in statements.value
    assert "5070 sayılı".encode() in statements.value


@pytest.mark.parametrize("number", [0, 1, 42, 99])
def test_identity_numbers_are_nobodys_and_pass_their_check(number: int) -> None:
    digits = [int(digit) for digit in tckn(number)]

    assert tckn(number).startswith("1000000")
    odd, even = sum(digits[0:9:2]), sum(digits[1:8:2])
    assert digits[9:] == [(odd * 7 - even) % 10, sum(digits[:10]) % 10]


@pytest.mark.parametrize("name", ["abort-on-load", "abort-in-slot-list"])
def test_aborting_module_takes_its_process_with_it(tmp_path: Path, name: str) -> None:
    done = run_listing(hostile_module(tmp_path, name).path, os.environ)

    assert done.returncode == -signal.SIGABRT


@pytest.mark.parametrize("name", ["hang-in-initialize", "hang-in-token-info"])
def test_hanging_module_never_answers(tmp_path: Path, name: str) -> None:
    with pytest.raises(subprocess.TimeoutExpired):
        run_listing(hostile_module(tmp_path, name).path, os.environ, timeout_s=1)


def test_talkative_module_writes_into_the_answer(tmp_path: Path) -> None:
    done = run_listing(hostile_module(tmp_path, "print-on-load").path, os.environ)

    assert done.stdout.startswith(b"driver 1.0 {}\n[{")
    assert done.stderr == b"driver: hello\n"


def test_failing_module_says_general_error(tmp_path: Path) -> None:
    done = run_listing(hostile_module(tmp_path, "initialize-fails").path, os.environ)

    assert done.returncode == 1
    assert b"GeneralError" in done.stderr


def test_module_that_wants_no_arguments_refuses_them(tmp_path: Path) -> None:
    module = hostile_module(tmp_path, "null-initialize-only").path
    functions = ctypes.c_void_p()
    ctypes.CDLL(str(module)).C_GetFunctionList(ctypes.byref(functions))
    assert functions.value
    version_size, initialize_type = 8, ctypes.CFUNCTYPE(ctypes.c_ulong, ctypes.c_char_p)
    first = ctypes.c_void_p.from_address(functions.value + version_size).value
    assert first
    initialize = initialize_type(first)

    assert initialize(bytes(48)) == CKR_ARGUMENTS_BAD
    assert initialize(None) == 0


@pytest.mark.parametrize("constant", [True, False])
def test_scripted_module_says_what_its_script_says(tmp_path: Path, *, constant: bool) -> None:
    locked = HEALTHY | CKF_USER_PIN_LOCKED
    slots = [
        Slot(description='Bozuk "okuyucu"', token_info=CKR_TOKEN_NOT_RECOGNIZED),
        Slot(token_flags=locked, label="KART", serial="42", certificates=PEOPLE),
    ]

    module = scripted_module(tmp_path, slots, constant=constant)

    unrecognised, token = listings(module.path, os.environ)
    assert unrecognised == Listing(description='Bozuk "okuyucu"', error="TokenNotRecognised")
    assert token == Listing(
        description=f"{READER} 00 00",
        label="KART",
        serial="42",
        flags=locked,
        certificates=tuple(PEOPLE),
    )
    assert module.logins == 0


def test_slot_whose_information_fails_costs_python_pkcs11_all_slots(tmp_path: Path) -> None:
    module = scripted_module(tmp_path, [Slot(), Slot(slot_info=CKR_GENERAL_ERROR)])

    done = run_listing(module.path, os.environ)

    assert (done.returncode, done.stdout) == (1, b"")
    assert b"GeneralError" in done.stderr


def test_login_is_written_down(tmp_path: Path) -> None:
    module = scripted_module(tmp_path, [Slot()])

    for _ in range(2):
        command = ["pkcs11-tool", "--module", str(module.path), "--login", "--pin", "1234", "-O"]
        subprocess.run(command, capture_output=True, check=False)

    assert module.logins == 2


def test_files_that_are_no_library_are_refused_by_the_loader(tmp_path: Path) -> None:
    foreign = run_listing(library_for_another_machine(tmp_path / "i386.so"), os.environ)
    text = run_listing(text_file(tmp_path / "text.so"), os.environ)
    cut = run_listing(truncated_library(tmp_path / "cut.so"), os.environ)

    assert b"wrong ELF class: ELFCLASS32" in foreign.stderr
    assert b"invalid ELF header" in text.stderr
    assert b"file too short" in cut.stderr


def test_softhsm_token_shows_its_certificates_without_a_pin(tmp_path: Path) -> None:
    softhsm_module()
    store = SoftHsm(tmp_path, label="Deneme")
    store.add(PEOPLE)

    token, _ = listings(store.module, store.env)

    assert (token.label, sorted(token.certificates)) == ("Deneme", sorted(PEOPLE))
