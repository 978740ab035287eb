# SPDX-License-Identifier: Apache-2.0
"""Findings about PINs and whether a card can sign, and the certificates that `sign-test` may use.

The state of a PIN comes from the token's flags; no PIN is tried. What goes wrong in a signing
program, its browser or its network cannot be seen from here.
"""

import re
from collections.abc import Iterator
from datetime import datetime

import msgspec
from msgspec.structs import replace

from cardtool.model.certificate import Certificate
from cardtool.model.diagnosis import Diagnosis, Finding, Severity
from cardtool.model.snapshot import CertificateObject, Failure, Module, Slot, Snapshot, Token
from cardtool.model.surroundings import Host
from cardtool.rules import desk, fitting, host, ports, trust
from cardtool.rules.codes import ROWS, finding, with_steps
from cardtool.rules.kinds import PERSONAL, SEALS, is_broken
from cardtool.rules.renewal import Policy
from cardtool.rules.timeline import lines_of

_PIN_LOCKED, _PUK_LOCKED = "CKF_USER_PIN_LOCKED", "CKF_SO_PIN_LOCKED"
_FINAL_TRY, _COUNT_LOW = "CKF_USER_PIN_FINAL_TRY", "CKF_USER_PIN_COUNT_LOW"
_TO_BE_CHANGED, _INITIALISED = "CKF_USER_PIN_TO_BE_CHANGED", "CKF_USER_PIN_INITIALIZED"

_PIN_FLAGS = (
    ({_PIN_LOCKED, _PUK_LOCKED}, "pin-and-puk-locked"),
    ({_PIN_LOCKED}, "pin-locked"),
    ({_FINAL_TRY, _PUK_LOCKED}, "pin-final-try-puk-locked"),
    ({_FINAL_TRY}, "pin-final-try"),
    ({_TO_BE_CHANGED, _INITIALISED}, "pin-to-be-changed"),
    ({_COUNT_LOW}, "pin-count-low"),
    ({_INITIALISED}, "pin-ready"),
)
"""Worst first; the first code whose flags are all set counts. If none fits, the PIN was never set.

Source: PKCS#11 v2.40 §3.2, CK_TOKEN_INFO.
"""

_WITH_PUK = ("pin-and-puk-locked", "pin-final-try-puk-locked")
"""Codes that say that the PUK is locked too."""

_OF_SEALS = {
    "pin-and-puk-locked": ("seal-pin-unusable", "puk-locked"),
    "pin-locked": ("seal-pin-unusable", "-"),
    "pin-never-set": ("seal-pin-unusable", "never-set"),
    "pin-to-be-changed": ("seal-pin-unusable", "never-set"),
    "pin-final-try-puk-locked": ("seal-pin-warning", "final-try"),
    "pin-final-try": ("seal-pin-warning", "final-try"),
    "pin-count-low": ("seal-pin-warning", "count-low"),
}
"""Code of a PIN -> that of a seal's, and its phase."""

_WARNINGS = frozenset({_PIN_LOCKED, _FINAL_TRY, _COUNT_LOW, _TO_BE_CHANGED, _PUK_LOCKED})

_RISKY = ("pin-final-try", "pin-count-low")

_MOVED_FROM = 14393
"""Build of the oldest Windows, 10 of 2016, that the updates of 14 October 2025 are for.

Source: Microsoft, KB 5073121 (21 November 2025): since then a KSP, not a CSP, has these keys.
"""

_SPY = "pkcs11-spy"
"""Catalogue id of a module that writes down everything it is given, PINs too."""


def check(snapshot: Snapshot, at: datetime, _policy: Policy) -> Iterator[Finding]:
    """Give the state of the PIN for each card with an NES in force, and which cards can sign."""
    yield from _pins(snapshot, at)
    if host.is_clock_wrong(snapshot):
        return  # whether an NES is in force depends on the clock
    refused = trust.refused(snapshot)
    ready = {
        nes.place: nes
        for nes in desk.nes_in_force(snapshot, at)
        if _is_pin_set(nes.token) and not nes.is_pin_locked and nes.certificate not in refused
    }
    choices = tuple(_choices(snapshot)) if ready else ()
    read = {id(token): place.tokens for place in desk.places(snapshot) for _, token in place.tokens}
    lines = lines_of(ready.values(), at)
    in_turn = sorted(ready.values(), key=lambda nes: bool(lines[nes.certificate.person].after(nes)))
    for nes in in_turn:  # a card whose successor can sign too comes last
        given = finding("desk-ready", **nes.whose, module=_driver(nes, read[id(nes.token)]))
        yield with_steps(given, (*choices, *given.steps)) if choices else given
        if nes.certificate.key.startswith("rsa-") and _has_moved_rsa(snapshot.host):
            yield finding("rsa-on-windows", **nes.whose, release=snapshot.host.release)


def _driver(nes: desk.Held, read: tuple[tuple[Module, Token], ...]) -> str:
    """Return the path of a module that showed an NES on its card, if possible not pkcs11-spy."""
    holding = [
        module
        for module, token in read
        if token is nes.token or any(stored.content == nes.certificate for stored in _stored(token))
    ]
    return min(holding, key=lambda module: fitting.module_id(module) == _SPY).path


def _stored(token: Token) -> tuple[CertificateObject, ...]:
    return () if isinstance(token.certificates, Failure) else token.certificates


def _choices(snapshot: Snapshot) -> Iterator[str]:
    """Yield what is to be chosen first, because a program may take another than it should."""
    signing = [one for one in desk.all_certificates(snapshot) if one.kind in PERSONAL | SEALS]
    if len(ports.readers(snapshot)) > 1 or len(signing) > 1:
        yield "choose-certificate"
    if len(fitting.products(snapshot)) > 1:
        yield "choose-driver"


def _has_moved_rsa(system: Host) -> bool:
    """Tell whether updates of this Windows give RSA keys on cards to another provider of keys."""
    build = re.search(r"\b10\.0\.(\d+)", system.release)
    return system.platform == "win32" and build is not None and int(build[1]) >= _MOVED_FROM


def _pins(snapshot: Snapshot, at: datetime) -> Iterator[Finding]:
    for module, slot, token in () if snapshot.seen is None else desk.tokens(snapshot):
        if token.flags:  # another program showed them, and not whose card it is
            place = desk.place_name(module, slot)
            yield finding(_pin_code(token), reader=place, holder=None, label=token.label)
    seen = set()
    for nes in desk.all_nes(snapshot):
        if nes.is_in_force(at) and nes.place not in seen:
            seen.add(nes.place)
            code = _pin_code(nes.token)
            facts = {**nes.whose, "label": nes.token.label}
            if _PUK_LOCKED in nes.token.flags and code not in _WITH_PUK:
                yield finding("puk-locked", **facts)  # first: it decides what still helps
            yield finding(code, **facts)
    has_nes = bool(desk.all_nes(snapshot))
    for seal in desk.all_certificates(snapshot) if snapshot.seen is None else ():
        if seal.kind in SEALS and seal.is_in_force(at) and seal.place not in seen:
            seen.add(seal.place)
            yield from _pin_of_seal(seal, has_nes=has_nes)


def _pin_of_seal(seal: desk.Held, *, has_nes: bool) -> Iterator[Finding]:
    """Say what is wrong with the PIN of a seal: a fault only where seals are all that is here."""
    pin = _pin_code(seal.token)
    if pin not in _OF_SEALS:
        return
    code, phase = _OF_SEALS[pin]
    if has_nes and ROWS[code].severity is Severity.CRITICAL:
        code = "seal-pin-unusable-beside"
    given = finding(code, **seal.whose, label=seal.token.label, phase=phase)
    yield with_steps(given, ROWS[pin].steps) if pin in _WITH_PUK else given


def _pin_code(token: Token) -> str:
    codes = (code for flags, code in _PIN_FLAGS if flags <= set(token.flags))
    return next(codes, "pin-never-set")


def _is_pin_set(token: Token) -> bool:
    """Tell whether the holder has set the PIN, and need not change it before the first use."""
    return _INITIALISED in token.flags and _TO_BE_CHANGED not in token.flags


class Candidate(msgspec.Struct, frozen=True, kw_only=True):
    """An NES in force, and the one place where its key is asked to sign."""

    place: str
    module: Module
    slot: Slot
    token: Token
    stored: CertificateObject
    certificate: Certificate
    warnings: tuple[str, ...] = ()
    """The flags that warn against trying the PIN, of all drivers' tokens with the certificate."""


class PinState(msgspec.Struct, frozen=True, kw_only=True):
    """Whether a PIN may be tried."""

    usable: bool
    risky: bool
    """A wrong PIN may use up the last try."""

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
    others = {
        seat.reader
        for seat in desk.seats(snapshot)
        if seat.card.holds != "nes" and seat.card.signs == "no"
    }
    made: dict[str, Candidate] = {}
    for nes in in_force:
        if nes.place in others or is_broken(nes.certificate):
            continue
        candidate = _locate(snapshot, nes)
        made.setdefault(candidate.stored.sha256, candidate)
    return tuple(made.values())


def _locate(snapshot: Snapshot, nes: desk.Held) -> Candidate:
    """Find the token of an NES, if possible not through pkcs11-spy, and all drivers' warnings."""
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
        for stored in _stored(token)
        if stored.content == nes.certificate
    ]
    flags = {flag for candidate in holding for flag in candidate.token.flags}
    best = min(
        holding, key=lambda candidate: (is_spied_on(candidate), candidate.token is not nes.token)
    )
    return replace(best, warnings=tuple(sorted(flags & _WARNINGS)))


def is_spied_on(candidate: Candidate) -> bool:
    """Tell whether a module writes down what it is given."""
    return fitting.module_id(candidate.module) == _SPY


def pin_state(chosen: Candidate) -> PinState:
    """Tell from the token's flags whether its PIN may be tried."""
    token = _warned(chosen)
    code = _pin_code(token)
    return PinState(
        usable=_is_pin_set(token) and code in (*_RISKY, "pin-ready"),
        risky=code in _RISKY or _PUK_LOCKED in token.flags,
    )


def deciding(diagnosis: Diagnosis, chosen: Candidate) -> Diagnosis:
    """Return the diagnosis with the PIN of the chosen token as its verdict."""
    warned = _warned(chosen)
    code = _pin_code(warned)
    if code == "pin-ready" and _PUK_LOCKED in warned.flags:
        code = "puk-locked"
    masked = {
        slot.id: token.label
        for module, slot, token in diagnosis.snapshot.tokens()
        if module.path == chosen.module.path
    }
    holders = {
        found.facts["reader"]: found.facts["holder"]
        for found in diagnosis.findings
        if found.code == "nes-found"
    }
    pin = finding(
        code,
        reader=chosen.place,
        holder=holders.get(chosen.place, "-"),
        label=masked.get(chosen.slot.id, "-"),
    )
    others = (other for other in diagnosis.findings if other.code != code)
    return replace(
        diagnosis, findings=(pin, *others), verdict=code, severity=pin.severity, todo=(code,)
    )


def with_flags(
    snapshot: Snapshot, chosen: Candidate, flags: tuple[str, ...]
) -> tuple[Snapshot, Candidate]:
    """Return snapshot and candidate with the flags that the chosen token has now."""
    token = replace(chosen.token, flags=flags)
    slot = replace(chosen.slot, token=token)
    slots = (slot if one is chosen.slot else one for one in fitting.slots(chosen.module))
    module = replace(chosen.module, slots=tuple(slots))
    modules = tuple(module if one is chosen.module else one for one in snapshot.modules)
    changed = replace(chosen, module=module, slot=slot, token=token)
    return replace(snapshot, modules=modules), changed


def _warned(chosen: Candidate) -> Token:
    return replace(chosen.token, flags=(*chosen.token.flags, *chosen.warnings))
