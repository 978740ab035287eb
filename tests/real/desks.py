# SPDX-License-Identifier: Apache-2.0
"""Desks made of real parts, each with what is wrong at it and what should be said of it."""

import functools
import json
import os
import platform
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cardtool.probe.host import describe
from tests.rig import certificates
from tests.rig.card import (
    AKIS_CURRENT_ATR,
    Fault,
    Noise,
    PullOut,
    ScriptedCard,
    Silence,
    Swap,
    mute_card,
    unknown_card,
)
from tests.rig.driver import Driver
from tests.rig.machine import Machine
from tests.rig.modules import (
    CKF_SO_PIN_LOCKED,
    CKF_USER_PIN_FINAL_TRY,
    CKF_USER_PIN_LOCKED,
    CKF_USER_PIN_TO_BE_CHANGED,
    CKR_DEVICE_ERROR,
    CKR_GENERAL_ERROR,
    CKR_TOKEN_NOT_RECOGNIZED,
    HEALTHY,
    Module,
    Place,
    Slot,
    hostile_module,
    library_for_another_machine,
    scripted_module,
)
from tests.rig.pcsc import READER, PcscService
from tests.rig.pkcs15 import Pin, pkcs15_card
from tests.rig.softhsm import SoftHsm

AT = datetime(2026, 6, 1, 9, 0, 0, tzinfo=UTC)
"""The moment that every desk is judged for."""

NAME = "Gülşen İĞNECİ"
NUMBER = certificates.tckn(42)
OTHER_NAME = "Ilgın ŞAHİNOĞLU"
OTHER_NUMBER = certificates.tckn(77)
_LONG_NAME = "Maker of Readers With Names Too Long for a Slot Description Model"


@dataclass(frozen=True, kw_only=True)
class Desk:
    """One workstation as cardtool finds it."""

    env: dict[str, str]
    arguments: tuple[str, ...] = ()
    """Options of the command line that the desk needs."""
    cards: list[ScriptedCard] = field(default_factory=list)
    """Every card whose log should be looked at."""
    modules: tuple[Module, ...] = ()
    """Every module that would write down a login."""
    machine: Machine | None = None
    """The machine it stands on, where that is not this one."""


@dataclass(frozen=True, kw_only=True)
class Case:
    """A desk, and what should be said of it."""

    build: Callable[[ExitStack, Path], Desk]
    verdict: str
    exit_status: int
    beside: tuple[str, ...] = ()
    """Codes that must be among the findings too."""
    phase: str = "-"
    """Which of its texts the verdict has, as in the fact `phase`."""


def here(case: Case) -> Case:
    """Return what is said on this machine: a container, where CI may run, may hide a driver."""
    marks = describe().session.marks
    if case.verdict == "driver-missing" and "container" in marks and "polkit" not in marks:
        return replace(case, verdict="driver-out-of-reach", exit_status=3)
    return case


_READING = {0xA4, 0xB0, 0xC0, 0xCA}
"""SELECT, READ BINARY, GET RESPONSE and GET DATA. Source: ISO/IEC 7816-4 §11."""
_DIRECTORY = b"\x80\x18"
"""AKİS's own command that lists a folder."""


def only_reads(command: bytes) -> bool:
    """Tell whether a command that a card was sent changes nothing, and is no PIN."""
    return command[1] in _READING or command[:2] == _DIRECTORY


@functools.cache
def nes(days_left: float, *, name: str = NAME, number: str = NUMBER, days: int = 1095) -> bytes:
    """Make an NES that ends so many days after `AT`; `days` is how long it is valid in all."""
    end = AT + timedelta(days=days_left)
    return certificates.nes(
        name=name, number=number, not_before=end - timedelta(days=days), not_after=end
    )


def akis(*ders: bytes, fault: Fault | None = None, pin: Pin | None = None) -> ScriptedCard:
    """Make an AKİS card with these certificates, on a quick wire."""
    labels = [f"{NUMBER}NES{place}" for place in range(len(ders))]
    return pkcs15_card(list(zip(labels, ders, strict=True)), quick=True, fault=fault, pin=pin)


def desk(
    stack: ExitStack,
    *cards: ScriptedCard | None,
    names: Sequence[str] = (READER,),
    driver: Driver = Driver.AKISP11,
) -> Desk:
    """Make a desk with a reader for each card; None leaves it empty."""
    service = stack.enter_context(PcscService(len(cards), names=tuple(names), driver=driver))
    seen = []
    for slot, card in enumerate(cards):
        if card is not None:
            service.insert(card, slot)
            seen.append(card)
            if isinstance(card.fault, Swap):
                seen.append(card.fault.card)
    return Desk(env=service.env, cards=seen)


def with_module(stack: ExitStack, *modules: Module, limit_s: int | None = None) -> Desk:
    """Make a desk with a current AKİS card that is to be read by these modules, first to last."""
    made = desk(stack, ScriptedCard(atr=AKIS_CURRENT_ATR, answer=lambda _: b"\x6d\x00", quick=True))
    named = [word for module in modules for word in ("--module", str(module.path))]
    limit = () if limit_s is None else ("--timeout", str(limit_s))
    return Desk(env=made.env, cards=made.cards, modules=modules, arguments=(*named, *limit))


def _no_service(stack: ExitStack, _: Path) -> Desk:
    service = stack.enter_context(PcscService(1))
    card = akis(nes(400))
    service.insert(card)
    service.stop()
    return Desk(env=service.env, cards=[card])


def _certificates(*days_left: float) -> Callable[[ExitStack, Path], Desk]:
    return lambda stack, _: desk(stack, akis(*(nes(days) for days in days_left)))


def _ends_today(stack: ExitStack, _: Path) -> Desk:
    """Make a desk whose certificate ends hours from now, by the clock that the look goes by."""
    days_left = (datetime.now(UTC) - AT) / timedelta(days=1) + 0.25
    return desk(stack, akis(nes(days_left, days=int(days_left) + 365)))


def _fault(make: Callable[[], Fault], *more: str) -> Callable[[ExitStack, Path], Desk]:
    def build(stack: ExitStack, _: Path) -> Desk:
        made = desk(stack, akis(nes(400), certificates.ca().der, fault=make()))
        return Desk(env=made.env, cards=made.cards, arguments=more)

    return build


def _scripted(*slots: Slot, constant: bool = False) -> Callable[[ExitStack, Path], Desk]:
    def build(stack: ExitStack, folder: Path) -> Desk:
        return with_module(stack, scripted_module(folder, slots, constant=constant))

    return build


def _hostile(name: str, limit_s: int | None = None) -> Callable[[ExitStack, Path], Desk]:
    """Make a desk with a hostile module; on a busy machine the limit must do for all before it."""
    return lambda stack, folder: with_module(stack, hostile_module(folder, name), limit_s=limit_s)


def _coded(place: Place, code: str, *slots: Slot) -> Callable[[ExitStack, Path], Desk]:
    def build(stack: ExitStack, folder: Path) -> Desk:
        return with_module(stack, scripted_module(folder, slots, code={place: code}))

    return build


def _reset_once(stack: ExitStack, folder: Path) -> Desk:
    """Make a desk where another program resets the card during the first reading."""
    once = folder / "once"
    code = (
        f'FILE *once = fopen("{once}", "r"); if (once) fclose(once); '
        f'else {{ fclose(fopen("{once}", "w")); return 0x32; }}'
    )
    return _coded("IN_FIND_OBJECTS", code, _healthy())(stack, folder)


def _bad_before_good(stack: ExitStack, folder: Path) -> Desk:
    bad = Slot(token_info=CKR_DEVICE_ERROR)
    return with_module(
        stack,
        scripted_module(folder, [bad], name="bad"),
        scripted_module(folder, [_healthy()], name="good"),
    )


def _softhsm(*cards: ScriptedCard | None) -> Callable[[ExitStack, Path], Desk]:
    """Make a desk with a software token, which is named, beside readers for these cards."""

    def build(stack: ExitStack, folder: Path) -> Desk:
        store = SoftHsm(folder)
        store.add([(f"{NUMBER}NES0", nes(400))])
        socket = desk(stack, *cards).env["PCSCLITE_CSOCK_NAME"]
        return Desk(
            env={**store.env, "PCSCLITE_CSOCK_NAME": socket},
            arguments=("--module", str(store.module)),
        )

    return build


def _unknown_beside(hostile: str, *, limit_s: int) -> Callable[[ExitStack, Path], Desk]:
    """Make a desk with a card that nobody knows, and a module that was named and misbehaves."""

    def build(stack: ExitStack, folder: Path) -> Desk:
        module = hostile_module(folder, hostile)
        arguments = ("--module", str(module.path), "--timeout", str(limit_s))
        return replace(desk(stack, unknown_card()), arguments=arguments, modules=(module,))

    return build


def _refusing_beside_mute(stack: ExitStack, folder: Path) -> Desk:
    module = hostile_module(folder, "initialize-fails")
    arguments = ("--module", str(module.path))
    return replace(desk(stack, mute_card()), arguments=arguments, modules=(module,))


def _healthy(flags: int = HEALTHY) -> Slot:
    return Slot(token_flags=flags, certificates=[(f"{NUMBER}NES0", nes(400))])


_CCID = {"ifd-ccid": ("1.5.2", ("072F:90CC", "072F:B100", "08E6:3438", "2A17:0001"))}


def _usb(vendor: str, product: str, name: str = "", **more: str) -> dict[str, str]:
    return {"idVendor": vendor, "idProduct": product, "product": name, **more}


_MILKO = _usb("2a17", "0001", "MILKO V1.", manufacturer="udea")
_ACR38T = _usb("072f", "90cc", "CCID USB Reader", manufacturer="ACS")
_ACR38U = _usb("072f", "9000", "ACR38U", manufacturer="ACS", bInterfaceClass="ff")
_ACR39T = _usb("072f", "b100", "ACR39U ICC Reader", manufacturer="ACS")


def _plugged(
    *devices: dict[str, str],
    card: Callable[[], ScriptedCard] | None = None,
    drivers: Mapping[str, tuple[str, tuple[str, ...]]] = _CCID,
) -> Callable[[ExitStack, Path], Desk]:
    """Make a desk with these devices on USB; PC/SC has a reader only where there is a card."""

    def build(stack: ExitStack, folder: Path) -> Desk:
        made = desk(stack, *([card()] if card else []))
        machine = Machine(folder / "machine")
        machine.plug(*devices)
        machine.install_reader_drivers(drivers)
        return replace(made, machine=machine)

    return build


def _named(name: str, *slots: Slot) -> Callable[[ExitStack, Path], Desk]:
    """Make a desk whose card is to be read by a module of this file name."""
    return lambda stack, folder: with_module(stack, scripted_module(folder, slots, name=name))


def _current_card() -> ScriptedCard:
    return ScriptedCard(atr=AKIS_CURRENT_ATR, answer=lambda _: b"\x6d\x00", quick=True)


def _wrong_architecture(stack: ExitStack, folder: Path) -> Desk:
    library = library_for_another_machine(folder / "i386.so").read_bytes()
    machine = Machine(folder / "machine")
    machine.put("/opt", {"Akia/libakisp11.so": library})
    return replace(desk(stack, _current_card(), driver=Driver.SYSTEM), machine=machine)


def _other_protocol(stack: ExitStack, folder: Path) -> Desk:
    """Make a desk whose card offers, as its one protocol, T=14: no reader speaks it."""
    atr = bytes.fromhex("3B9F968E31FE458065544320201231C073F6218081053C")
    made = desk(stack, ScriptedCard(atr=atr, answer=lambda _: b"\x6d\x00", quick=True))
    module = scripted_module(folder, [Slot(token_info=CKR_TOKEN_NOT_RECOGNIZED)])
    return replace(made, arguments=("--module", str(module.path)), modules=(module,))


def _two_copies(stack: ExitStack, folder: Path) -> Desk:
    module = scripted_module(folder, [_healthy()], name="libakisp11")
    library = module.path.read_bytes()
    machine = Machine(folder / "machine")
    older, newer = library, library + bytes(100)
    machine.put("/opt", {"Akia/libakisp11.so": newer, "akis/lib/libakisp11.so": older})
    made = desk(stack, _current_card(), driver=Driver.SYSTEM)
    return replace(made, machine=machine, modules=(module,))


def _held(stack: ExitStack, _: Path) -> Desk:
    made = desk(stack, akis(nes(400)))
    holder = stack.enter_context(
        subprocess.Popen(
            [sys.executable, "-c", _HOLD],
            env=made.env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
    )
    stack.callback(holder.kill)
    assert holder.stdout is not None
    assert holder.stdout.readline() == b"held\n"
    return made


_HOLD = """
import sys
from smartcard import scard
_, context = scard.SCardEstablishContext(scard.SCARD_SCOPE_USER)
_, (name, *_) = scard.SCardListReaders(context, [])
code, *_ = scard.SCardConnect(context, name, scard.SCARD_SHARE_EXCLUSIVE, scard.SCARD_PROTOCOL_ANY)
print("held" if code == 0 else hex(code), flush=True)
sys.stdin.read()
"""
"""What another program does to a card it wants for itself."""


def _remembering(
    build: Callable[[ExitStack, Path], Desk], **known: object
) -> Callable[[ExitStack, Path], Desk]:
    """Make a desk where all was well at some other time."""

    def remembering(stack: ExitStack, folder: Path) -> Desk:
        made = build(stack, folder)
        state = folder / "last-good.json"
        usual = {
            "taken_at": AT.isoformat(),
            "release": platform.freedesktop_os_release()["PRETTY_NAME"],
            "readers": [READER],
        }
        state.write_text(json.dumps(usual | known))
        return replace(made, env={**made.env, "CARDTOOL_STATE": str(state)})

    return remembering


def _environment(
    build: Callable[[ExitStack, Path], Desk], **variables: str
) -> Callable[[ExitStack, Path], Desk]:
    def build_within(stack: ExitStack, folder: Path) -> Desk:
        made = build(stack, folder)
        return replace(made, env={**made.env, **variables})

    return build_within


def _sandbox(_: ExitStack, folder: Path) -> Desk:
    """Make a desk of a program that brings no service of its own and reaches none."""
    machine = Machine(folder / "machine")
    machine.put("/usr/sbin", {})  # where pcscd would be
    return Desk(env={**os.environ, "PCSCLITE_CSOCK_NAME": "/nonexistent"}, machine=machine)


def _masked(stack: ExitStack, folder: Path) -> Desk:
    """Make a desk whose systemd was told never to start the service."""
    made = _no_service(stack, folder)
    systemctl = folder / "bin" / "systemctl"
    systemctl.parent.mkdir()
    systemctl.write_text(
        "#!/bin/sh\nprintf 'Id=pcscd.socket\\nLoadState=masked\\n"
        "ActiveState=inactive\\nUnitFileState=masked\\n'\n"
    )
    systemctl.chmod(0o755)
    path = f"{systemctl.parent}:{os.environ['PATH']}"
    return replace(made, env={**made.env, "PATH": path})


def _container(stack: ExitStack, folder: Path) -> Desk:
    made = desk(stack)
    machine = Machine(folder / "machine")
    machine.put("/usr/sbin", {})  # where pcscd would be
    machine.put("/run", {".containerenv": b""})
    return replace(
        made,
        env={**made.env, "PCSCLITE_CSOCK_NAME": "/run/pcscd/pcscd.comm"},
        machine=machine,
    )


CASES: dict[str, Case] = {
    "no-service": Case(build=_no_service, verdict="service-stopped", exit_status=2),
    "no-reader": Case(build=lambda stack, _: desk(stack), verdict="reader-missing", exit_status=2),
    "empty-reader": Case(
        build=lambda stack, _: desk(stack, None), verdict="card-missing", exit_status=2
    ),
    "mute-card": Case(
        build=lambda stack, _: desk(stack, mute_card()), verdict="card-mute", exit_status=2
    ),
    "unknown-card": Case(
        build=lambda stack, _: desk(stack, unknown_card()), verdict="card-unknown", exit_status=2
    ),
    "valid": Case(
        build=_certificates(400),
        verdict="nes-valid",
        exit_status=0,
        beside=("service-running", "reader-found", "card-recognised", "token-read", "nes-found"),
    ),
    "ends-in-60-days": Case(build=_certificates(60), verdict="nes-expiring", exit_status=1),
    "ends-in-20-days": Case(build=_certificates(20), verdict="nes-expiring-soon", exit_status=1),
    "ends-in-5-days": Case(build=_certificates(5), verdict="nes-expiring-critical", exit_status=2),
    "expired": Case(build=_certificates(-1), verdict="nes-expired", exit_status=2),
    "not-yet-valid": Case(
        build=lambda stack, _: desk(stack, akis(nes(1100))),
        verdict="nes-not-yet-valid",
        exit_status=1,
    ),
    "old-and-new-on-one-card": Case(
        build=_certificates(-30, 700),
        verdict="nes-valid",
        exit_status=0,
        beside=("nes-superseded",),
    ),
    "nes-and-authority": Case(
        build=lambda stack, _: desk(stack, akis(certificates.ca().der, nes(400))),
        verdict="nes-valid",
        exit_status=0,
    ),
    "authority-only": Case(
        build=lambda stack, _: desk(stack, akis(certificates.ca().der)),
        verdict="nes-missing",
        exit_status=2,
    ),
    "no-certificate": Case(
        build=lambda stack, _: desk(stack, akis()), verdict="certificates-missing", exit_status=2
    ),
    "garbage-for-a-certificate": Case(
        build=_scripted(Slot(certificates=[("x", b"\x30\x82\x01\x00" + bytes(256))])),
        verdict="certificate-unparsable",
        exit_status=2,
    ),
    "pin-never-set": Case(
        build=lambda stack, _: desk(stack, akis(nes(400), pin=Pin(initialised=False))),
        verdict="pin-never-set",
        exit_status=2,
    ),
    "two-cards-old-and-new": Case(
        build=lambda stack, _: desk(stack, akis(nes(-10)), akis(nes(1000))),
        verdict="nes-valid",
        exit_status=0,
        beside=("readers-several", "cards-several", "nes-old-card"),
    ),
    "mute-card-beside-a-good-one": Case(
        build=lambda stack, _: desk(stack, mute_card(), akis(nes(400))),
        verdict="nes-valid",
        exit_status=0,
        beside=("card-not-read",),
    ),
    "sixth-reader": Case(
        build=lambda stack, _: desk(stack, None, None, None, None, None, akis(nes(400))),
        verdict="nes-valid",
        exit_status=0,
    ),
    "readers-with-one-long-name": Case(
        build=lambda stack, _: desk(stack, None, akis(nes(400)), names=[_LONG_NAME]),
        verdict="nes-valid",
        exit_status=0,
    ),
    "unknown-card-in-a-reader-of-the-same-long-name": Case(
        build=lambda stack, _: desk(stack, unknown_card(), akis(nes(400)), names=[_LONG_NAME]),
        verdict="nes-valid",
        exit_status=0,
        beside=("card-unlisted",),
    ),
    "reader-with-a-turkish-name": Case(
        build=lambda stack, _: desk(stack, akis(nes(400)), None, names=[READER, "Çağrı Okuyucu"]),
        verdict="nes-valid",
        exit_status=0,
    ),
    "no-driver-for-the-card": Case(
        build=lambda stack, _: desk(stack, _current_card(), driver=Driver.SYSTEM),
        verdict="driver-missing",
        exit_status=2,
    ),
    "driver-crashes-on-load": Case(
        build=_hostile("abort-on-load"), verdict="driver-crashed", exit_status=2
    ),
    "driver-crashes-later": Case(
        build=_hostile("abort-in-slot-list"), verdict="driver-crashed", exit_status=2
    ),
    "driver-hangs": Case(
        build=_hostile("hang-in-initialize", 4), verdict="driver-hung", exit_status=2
    ),
    "driver-refuses": Case(
        build=_hostile("initialize-fails"), verdict="driver-refused", exit_status=2
    ),
    "driver-prints": Case(
        build=_coded("ON_LOAD", 'puts("{\\"noise\\": 1}"); fflush(stdout);', _healthy()),
        verdict="nes-valid",
        exit_status=0,
    ),
    "driver-takes-no-arguments": Case(
        build=_coded("IN_INITIALIZE", "if (arguments) return CKR_ARGUMENTS_BAD;", _healthy()),
        verdict="nes-valid",
        exit_status=0,
    ),
    "driver-too-old-for-the-card": Case(
        build=_scripted(Slot(token_info=CKR_TOKEN_NOT_RECOGNIZED)),
        verdict="token-not-recognised",
        exit_status=2,
    ),
    "token-hangs": Case(
        build=_hostile("hang-in-token-info", 6), verdict="token-hung", exit_status=2
    ),
    "bad-slot-beside-a-good-one": Case(
        build=_scripted(
            Slot(description="another", slot_info=CKR_GENERAL_ERROR),
            Slot(description="a third", token_info=CKR_DEVICE_ERROR),
            _healthy(),
        ),
        verdict="nes-valid",
        exit_status=0,
    ),
    "crashing-slot-beside-a-good-one": Case(
        build=_coded(
            "IN_GET_TOKEN_INFO", "if (slot == 0) abort();", Slot(description="another"), _healthy()
        ),
        verdict="nes-valid",
        exit_status=0,
    ),
    "bad-module-before-a-good-one": Case(
        build=_bad_before_good, verdict="driver-beside-failed", exit_status=1, beside=("nes-valid",)
    ),
    "bad-slot-of-a-read-only-module": Case(
        build=_scripted(
            Slot(description="another", slot_info=CKR_GENERAL_ERROR), _healthy(), constant=True
        ),
        verdict="nes-valid",
        exit_status=0,
    ),
    "pin-locked": Case(
        build=_scripted(_healthy(HEALTHY | CKF_USER_PIN_LOCKED)),
        verdict="pin-locked",
        exit_status=2,
    ),
    "pin-last-try": Case(
        build=_scripted(_healthy(HEALTHY | CKF_USER_PIN_FINAL_TRY)),
        verdict="pin-final-try",
        exit_status=1,
    ),
    "softhsm-without-a-card": Case(
        build=_softhsm(None), verdict="nes-valid", exit_status=0, beside=("token-blank",)
    ),
    "softhsm-without-a-reader": Case(
        build=_softhsm(),
        verdict="nes-valid",
        exit_status=0,
        beside=("reader-not-needed", "token-blank"),
    ),
    "named-driver-hangs-beside-an-unknown-card": Case(
        build=_unknown_beside("hang-in-initialize", limit_s=2),
        verdict="driver-hung",
        exit_status=2,
        beside=("card-unlisted",),
    ),
    "named-driver-is-slow-beside-an-unknown-card": Case(
        build=_unknown_beside("hang-in-token-info", limit_s=3),
        verdict="driver-hung",
        exit_status=2,
        beside=("card-unlisted",),
    ),
    "named-driver-refuses-beside-a-mute-card": Case(
        build=_refusing_beside_mute,
        verdict="card-mute",
        exit_status=2,
        beside=("driver-named-failed",),
    ),
    "pulled-while-read": Case(
        build=_fault(lambda: PullOut(after=12)),
        verdict="card-pulled",
        exit_status=2,
    ),
    "swapped-while-read": Case(
        build=_fault(
            lambda: Swap(after=12, card=akis(nes(900, name=OTHER_NAME, number=OTHER_NUMBER)))
        ),
        verdict="nes-valid",
        exit_status=0,
        beside=("card-reread",),
    ),
    "silent-while-read": Case(
        build=_fault(lambda: Silence(after=6), "--timeout", "5"),
        verdict="token-hung",
        exit_status=2,
    ),
    "memory-of-the-card-fails": Case(
        build=_coded("IN_FIND_OBJECTS", "return 0x30;", _healthy()),
        verdict="card-worn",
        exit_status=2,
    ),
    "reset-while-read": Case(
        build=_reset_once, verdict="nes-valid", exit_status=0, beside=("card-reread",)
    ),
    "card-of-another-protocol": Case(
        build=_other_protocol, verdict="card-protocol-mismatch", exit_status=2
    ),
    "payment-card": Case(
        build=lambda stack, _: desk(stack, unknown_card(bytes.fromhex("3B6500002063CB6800"))),
        verdict="card-not-for-signing",
        exit_status=2,
    ),
    "card-of-another-provider": Case(
        build=lambda stack, _: desk(
            stack, unknown_card(bytes.fromhex("3BD5180081313A7D8073C8211030"))
        ),
        verdict="driver-missing",
        exit_status=2,
    ),
    "card-held-by-another-program": Case(build=_held, verdict="card-in-use", exit_status=2),
    "driver-was-initialised-already": Case(
        build=_coded("IN_INITIALIZE", "return 0x191;", _healthy()),
        verdict="nes-valid",
        exit_status=0,
    ),
    "own-driver-too-old-for-the-card": Case(
        build=_named("libakisp11", Slot(token_info=CKR_TOKEN_NOT_RECOGNIZED)),
        verdict="driver-too-old",
        exit_status=2,
        phase="old",
    ),
    "noise-while-read": Case(
        build=_fault(lambda: Noise(after=0)), verdict="driver-too-old", exit_status=2
    ),
    "driver-of-another-provider": Case(
        build=_named("libeTPkcs11", Slot(token_info=CKR_TOKEN_NOT_RECOGNIZED)),
        verdict="driver-not-for-card",
        exit_status=2,
    ),
    "driver-for-another-machine": Case(
        build=_wrong_architecture, verdict="driver-wrong-architecture", exit_status=2
    ),
    "driver-in-two-versions": Case(
        build=_two_copies, verdict="driver-copies-differ", exit_status=1, beside=("nes-valid",)
    ),
    "pin-to-be-changed": Case(
        build=_scripted(_healthy(HEALTHY | CKF_USER_PIN_TO_BE_CHANGED)),
        verdict="pin-to-be-changed",
        exit_status=1,
    ),
    "puk-locked": Case(
        build=_scripted(_healthy(HEALTHY | CKF_SO_PIN_LOCKED)),
        verdict="puk-locked",
        exit_status=1,
    ),
    "pin-and-puk-locked": Case(
        build=_scripted(_healthy(HEALTHY | CKF_USER_PIN_LOCKED | CKF_SO_PIN_LOCKED)),
        verdict="pin-and-puk-locked",
        exit_status=2,
    ),
    "reader-not-ccid": Case(
        build=_plugged(_ACR38U), verdict="reader-driver-missing", exit_status=2
    ),
    "reader-newer-than-its-driver": Case(
        build=_plugged(_ACR39T, drivers={"ifd-ccid": ("1.4.15", ("072F:90CC",))}),
        verdict="reader-driver-old",
        exit_status=2,
    ),
    "reader-that-two-drivers-want": Case(
        build=_plugged(_ACR38T, drivers={**_CCID, "ifd-acsccid": ("1.1.8", ("072F:90CC",))}),
        verdict="reader-drivers-clash",
        exit_status=2,
    ),
    "reader-blocked-by-policy": Case(
        build=_plugged({**_MILKO, "authorized": "0"}), verdict="reader-blocked", exit_status=2
    ),
    "reader-asleep": Case(
        build=_plugged({**_MILKO, "power/runtime_status": "suspended"}),
        verdict="reader-asleep",
        exit_status=2,
    ),
    "reader-not-offered": Case(
        build=_plugged(_ACR38T), verdict="reader-not-offered", exit_status=2
    ),
    "reader-unsupported": Case(
        build=_plugged(_usb("058f", "9540", "EMV Smartcard Reader")),
        verdict="reader-unsupported",
        exit_status=2,
    ),
    "reader-named-by-its-usb-id": Case(
        build=_plugged(_ACR39T, card=lambda: akis(nes(400))),
        verdict="nes-valid",
        exit_status=0,
        beside=("reader-identified",),
    ),
    "service-masked": Case(build=_masked, verdict="service-masked", exit_status=2),
    "container-without-the-socket": Case(
        build=_container, verdict="session-container", exit_status=3
    ),
    "flatpak": Case(
        build=_environment(_sandbox, FLATPAK_ID="tr.example.App"),
        verdict="session-flatpak",
        exit_status=3,
    ),
    "snap": Case(
        build=_environment(_sandbox, SNAP="/snap/app/1", SNAP_NAME="app"),
        verdict="session-snap",
        exit_status=3,
    ),
    "clock-went-back": Case(
        build=_remembering(_certificates(400), taken_at="2126-01-01T00:00:00Z"),
        verdict="clock-went-back",
        exit_status=1,
        beside=("nes-valid",),
    ),
    "changed-since-all-was-well": Case(
        build=_remembering(
            _named("libakisp11", Slot(token_info=CKR_TOKEN_NOT_RECOGNIZED)),
            release="Debian GNU/Linux 11 (bullseye)",
            readers=["another reader"],
            modules={"libakisp11.so": "2.6"},
        ),
        verdict="driver-too-old",
        exit_status=2,
        beside=("changed-system", "changed-reader", "changed-driver"),
        phase="old",
    ),
    "zone-elsewhere-on-the-last-day": Case(
        build=_environment(_ends_today, TZ="UTC"),
        verdict="clock-zone-odd",
        exit_status=1,
        beside=("nes-valid",),
    ),
}
"""Every desk by name."""
