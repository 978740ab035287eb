# SPDX-License-Identifier: Apache-2.0
"""Which certificates can sign here, whether the PIN may be tried, and what decides then."""

from datetime import datetime

import msgspec
from msgspec.structs import replace

from cardtool.catalog import module_at
from cardtool.model.certificate import Certificate
from cardtool.model.diagnosis import Diagnosis
from cardtool.model.snapshot import CertificateObject, Failure, Module, Slot, Snapshot, Token
from cardtool.rules import desk
from cardtool.rules.codes import finding
from cardtool.rules.kinds import is_broken
from cardtool.rules.tokens import (
    COUNT_LOW,
    FINAL_TRY,
    PUK_LOCKED,
    TO_BE_CHANGED,
    is_pin_set,
    pin_code,
)

_SPY = "pkcs11-spy"
"""Catalogue id of a module that writes down everything it is given, PINs too."""

_WARNINGS = frozenset({desk.PIN_LOCKED, FINAL_TRY, COUNT_LOW, TO_BE_CHANGED, PUK_LOCKED})

_RISKY = ("pin-final-try", "pin-count-low")


class Candidate(msgspec.Struct, frozen=True, kw_only=True):
    """An NES in force, and the one place where its key is asked to sign."""

    place: str
    module: Module
    slot: Slot
    token: Token
    stored: CertificateObject
    certificate: Certificate
    warnings: tuple[str, ...] = ()
    """Flags of all tokens with the certificate that speak against trying the PIN."""


class PinState(msgspec.Struct, frozen=True, kw_only=True):
    """Whether a PIN may be tried."""

    usable: bool
    risky: bool
    """A wrong one may be the last."""

    @property
    def is_well(self) -> bool:
        """Tell whether there is nothing to warn of."""
        return self.usable and not self.risky


def candidates(snapshot: Snapshot, at: datetime, *, asked_for: bool) -> tuple[Candidate, ...]:
    """Return each NES in force, once.

    If modules were `asked_for`, their tokens need no reader. A card that is known not to be for
    signing is left out, and so is a broken certificate.
    """
    if asked_for:
        in_force = tuple(nes for nes in desk.all_nes(snapshot) if nes.is_in_force(at))
    else:
        in_force = desk.nes_in_force(snapshot, at)
    others = {seat.reader for seat in desk.seats(snapshot) if seat.card.holds != "nes"}
    made: dict[str, Candidate] = {}
    for nes in in_force:
        if nes.place in others or is_broken(nes.certificate):
            continue
        candidate = _locate(snapshot, nes)
        made.setdefault(candidate.stored.sha256, candidate)
    return tuple(made.values())


def _locate(snapshot: Snapshot, nes: desk.Nes) -> Candidate:
    """Find the token of an NES, preferably not behind a spy, and the warnings of all drivers."""
    holding = [
        Candidate(
            place=nes.place,
            module=module,
            slot=slot,
            token=token,
            stored=stored,
            certificate=nes.certificate,
        )
        for module, slot, token in snapshot.tokens()
        if not isinstance(token.certificates, Failure)
        for stored in token.certificates
        if stored.content == nes.certificate
    ]
    flags = {flag for candidate in holding for flag in candidate.token.flags}
    best = min(
        holding, key=lambda candidate: (is_spied_on(candidate), candidate.token is not nes.token)
    )
    return replace(best, warnings=tuple(sorted(flags & _WARNINGS)))


def is_spied_on(candidate: Candidate) -> bool:
    """Tell whether a module writes down what it is given."""
    known = module_at(candidate.module.path)
    return known is not None and known.id == _SPY


def pin_state(chosen: Candidate) -> PinState:
    """Tell from the token's flags whether its PIN may be tried."""
    token = _warned(chosen)
    code = pin_code(token)
    return PinState(
        usable=is_pin_set(token) and code in (*_RISKY, "pin-ready"),
        risky=code in _RISKY or PUK_LOCKED in token.flags,
    )


def deciding(diagnosis: Diagnosis, chosen: Candidate) -> Diagnosis:
    """Return the diagnosis with the PIN of the chosen token as its verdict."""
    warned = _warned(chosen)
    code = pin_code(warned)
    if code == "pin-ready" and PUK_LOCKED in warned.flags:
        code = "puk-locked"
    masked = {
        slot.id: token.label
        for module, slot, token in diagnosis.snapshot.tokens()
        if module.path == chosen.module.path
    }
    pin = finding(code, reader=chosen.place, label=masked.get(chosen.slot.id, "-"))
    others = (other for other in diagnosis.findings if other.code != code)
    return replace(diagnosis, findings=(pin, *others), verdict=code, severity=pin.severity)


def with_flags(
    snapshot: Snapshot, chosen: Candidate, flags: tuple[str, ...]
) -> tuple[Snapshot, Candidate]:
    """Return snapshot and candidate with the flags that the chosen token has now."""
    token = replace(chosen.token, flags=flags)
    slot = replace(chosen.slot, token=token)
    slots = chosen.module.slots if isinstance(chosen.module.slots, tuple) else ()
    module = replace(
        chosen.module, slots=tuple(slot if each is chosen.slot else each for each in slots)
    )
    modules = tuple(module if each is chosen.module else each for each in snapshot.modules)
    changed = replace(chosen, module=module, slot=slot, token=token)
    return replace(snapshot, modules=modules), changed


def _warned(chosen: Candidate) -> Token:
    return replace(chosen.token, flags=(*chosen.token.flags, *chosen.warnings))
