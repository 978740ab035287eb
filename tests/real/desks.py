# SPDX-License-Identifier: Apache-2.0
"""Desks made of real parts, each with what is wrong at it and what should be said of it."""

import functools
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

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
from tests.rig.modules import (
    CKF_USER_PIN_FINAL_TRY,
    CKF_USER_PIN_LOCKED,
    CKR_DEVICE_ERROR,
    CKR_GENERAL_ERROR,
    CKR_TOKEN_NOT_RECOGNIZED,
    HEALTHY,
    Module,
    Place,
    Slot,
    hostile_module,
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


@dataclass(frozen=True, kw_only=True)
class Case:
    """A desk, and what should be said of it."""

    build: Callable[[ExitStack, Path], Desk]
    verdict: str
    exit_status: int
    beside: tuple[str, ...] = ()
    """Codes that must be among the findings too."""


@functools.cache
def nes(days_left: float, *, name: str = NAME, number: str = NUMBER, days: int = 1095) -> bytes:
    """Make an NES that ends so many days after `AT`; `days` is how long it is valid in all."""
    end = AT + timedelta(days=days_left)
    return certificates.nes(
        name=name, number=number, not_before=end - timedelta(days=days), not_after=end
    )


def akis(*ders: bytes, fault: Fault | None = None, pin: Pin | None = None) -> ScriptedCard:
    """Make an AKİS V1.0 card with these certificates, on a quick wire."""
    labels = [f"{NUMBER}NES{place}" for place in range(len(ders))]
    return pkcs15_card(list(zip(labels, ders, strict=True)), quick=True, fault=fault, pin=pin)


def desk(stack: ExitStack, *cards: ScriptedCard | None, names: Sequence[str] = ()) -> Desk:
    """Make a desk with a reader for each card; None leaves it empty."""
    options = {"names": tuple(names)} if names else {}
    service = stack.enter_context(PcscService(len(cards), **options))
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
    return lambda stack, folder: with_module(stack, hostile_module(folder, name), limit_s=limit_s)


def _coded(place: Place, code: str, *slots: Slot) -> Callable[[ExitStack, Path], Desk]:
    def build(stack: ExitStack, folder: Path) -> Desk:
        return with_module(stack, scripted_module(folder, slots, code={place: code}))

    return build


def _bad_before_good(stack: ExitStack, folder: Path) -> Desk:
    bad = Slot(token_info=CKR_DEVICE_ERROR)
    return with_module(
        stack,
        scripted_module(folder, [bad], name="bad"),
        scripted_module(folder, [_healthy()], name="good"),
    )


def _softhsm(stack: ExitStack, folder: Path) -> Desk:
    store = SoftHsm(folder)
    store.add([(f"{NUMBER}NES0", nes(400))])
    empty = desk(stack, None)
    socket = empty.env["PCSCLITE_CSOCK_NAME"]
    return Desk(
        env={**store.env, "PCSCLITE_CSOCK_NAME": socket},
        arguments=("--module", str(store.module)),
    )


def _healthy(flags: int = HEALTHY) -> Slot:
    return Slot(token_flags=flags, certificates=[(f"{NUMBER}NES0", nes(400))])


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
        exit_status=1,
    ),
    "two-cards-old-and-new": Case(
        build=lambda stack, _: desk(stack, akis(nes(-10)), akis(nes(1000))),
        verdict="nes-valid",
        exit_status=0,
        beside=("readers-several", "cards-several", "nes-superseded"),
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
        build=lambda stack, _: desk(
            stack, ScriptedCard(atr=AKIS_CURRENT_ATR, answer=lambda _: b"\x6d\x00", quick=True)
        ),
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
        build=_hostile("hang-in-initialize", 2), verdict="driver-hung", exit_status=2
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
        build=_hostile("hang-in-token-info", 2), verdict="token-hung", exit_status=2
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
        build=_softhsm, verdict="card-missing", exit_status=2, beside=("nes-valid",)
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
        build=_fault(lambda: Silence(after=6), "--timeout", "3"),
        verdict="driver-hung",
        exit_status=2,
    ),
    "noise-while-read": Case(
        build=_fault(lambda: Noise(after=4)), verdict="token-not-recognised", exit_status=2
    ),
}
"""Every desk by name."""
