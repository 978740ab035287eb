# SPDX-License-Identifier: Apache-2.0
"""Findings about tokens: what a driver read from each card, and the state of its PIN.

The state of a PIN comes from the token's flags: no PIN was ever tried on a card.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime

from cardtool.model.diagnosis import Finding
from cardtool.model.snapshot import Failure, Module, ModuleInfo, Slot, Snapshot, Token
from cardtool.rules import desk, fitting, named
from cardtool.rules.codes import finding
from cardtool.rules.policy import Policy

_NOT_RECOGNISED = "CKR_TOKEN_NOT_RECOGNIZED"

PUK_LOCKED = "CKF_SO_PIN_LOCKED"
FINAL_TRY, COUNT_LOW = "CKF_USER_PIN_FINAL_TRY", "CKF_USER_PIN_COUNT_LOW"
TO_BE_CHANGED = "CKF_USER_PIN_TO_BE_CHANGED"
_INITIALISED = "CKF_USER_PIN_INITIALIZED"

_PIN_FLAGS = (
    ({desk.PIN_LOCKED, PUK_LOCKED}, "pin-and-puk-locked"),
    ({desk.PIN_LOCKED}, "pin-locked"),
    ({FINAL_TRY, PUK_LOCKED}, "pin-final-try-puk-locked"),
    ({FINAL_TRY}, "pin-final-try"),
    ({TO_BE_CHANGED, _INITIALISED}, "pin-to-be-changed"),
    ({COUNT_LOW}, "pin-count-low"),
    ({_INITIALISED}, "pin-ready"),
)
"""Worst first; the first code whose flags are all set counts. If none fits, the PIN was never set.

Source: PKCS#11 v2.40 §3.2, CK_TOKEN_INFO.
"""

_WITH_PUK = ("pin-and-puk-locked", "pin-final-try-puk-locked")
"""Codes that say that the PUK is locked too."""


def check(snapshot: Snapshot, _at: datetime, _policy: Policy) -> Iterator[Finding]:
    """Give a finding for each token read, and for each slot with a card that could not be."""
    read = {id(slot) for _, slot, _ in desk.tokens(snapshot)}
    for module, slot, token in snapshot.tokens():
        facts = {"reader": desk.place_name(module, slot), "module": module.path}
        if id(slot) in read:
            yield finding("token-read", **facts, label=token.label)
        else:
            yield finding("token-blank", **facts)
    if not read and not desk.signing_seats(snapshot) and named.needs_no_reader(snapshot):
        yield from _without_token(snapshot)
    seen = set()
    for trouble in _troubles(snapshot):
        if (key := (trouble.code, trouble.facts.get("reader"))) not in seen:
            seen.add(key)
            yield trouble


def check_pins(snapshot: Snapshot, at: datetime, _policy: Policy) -> Iterator[Finding]:
    """Give the state of the PIN for each card with an NES in force; other PINs do not matter."""
    seen = set()
    for nes in desk.all_nes(snapshot):
        if nes.is_in_force(at) and nes.place not in seen:
            seen.add(nes.place)
            code = pin_code(nes.token)
            facts = {"reader": nes.place, "label": nes.token.label}
            if PUK_LOCKED in nes.token.flags and code not in _WITH_PUK:
                yield finding("puk-locked", **facts)  # first: it decides what still helps
            yield finding(code, **facts)


def _failures(snapshot: Snapshot) -> Iterator[tuple[Module, Slot, Failure]]:
    for module in snapshot.modules:
        if isinstance(module.slots, tuple):
            for slot in module.slots:
                if isinstance(slot.token, Failure) and slot.token.name != named.EMPTY:
                    yield module, slot, slot.token


def _without_token(snapshot: Snapshot) -> Iterator[Finding]:
    """Give a finding for each module that needs no card, answered, and has no token."""
    for module in snapshot.modules:
        slots = module.slots if isinstance(module.slots, tuple) else None
        if slots is not None and not any(isinstance(slot.token, Failure) for slot in slots):
            yield finding("driver-without-token", module=module.path)


def _troubles(snapshot: Snapshot) -> Iterator[Finding]:
    seats, reading = desk.signing_seats(snapshot), desk.reading_modules(snapshot)
    read = {slot.reader for _, slot, _ in desk.tokens(snapshot)}
    seats_of = {seat.reader: (seat,) for seat in seats}
    unread_kinds = _of_each_kind(desk.unread_seats(snapshot))
    for module, slot, failure in _failures(snapshot):
        mine = () if slot.reader is None else seats_of.get(slot.reader, ())
        unread = [seat for seat in mine if seat.reader not in reading]
        if slot.reader is None:
            unread = unread_kinds
        reason = desk.reason(failure)
        if desk.is_ours(failure):
            yield finding("cardtool-fault", part=module.path, reason=reason)
        elif unread:
            yield from _unread(module, unread, failure)
        elif not seats and slot.reader not in read:
            yield _of_no_seat(module, slot, failure)
        elif (
            slot.reader
            is not None  # all cards were read, so a slot without a reader holds none of them
            and failure.name != _NOT_RECOGNISED
            and any(desk.is_missed(module, seat, reading[seat.reader]) for seat in mine)
        ):
            yield finding("driver-beside-failed", module=module.path, reason=reason)
        elif named.is_named(module):
            yield finding("driver-named-failed", module=module.path, reason=reason)


def _of_no_seat(module: Module, slot: Slot, failure: Failure) -> Finding:
    """Say that a slot could not be read, where no reader holds a card of the catalogue.

    If a named module does not answer, the module is at fault: no known card keeps it waiting.
    """
    facts = {"module": module.path, "reason": desk.reason(failure)}
    code = _code(failure)
    if code == "token-hung" and named.is_named(module):
        return finding("driver-hung", **facts)
    return finding(code, reader=desk.place_name(module, slot), **facts)


def _of_each_kind(seats: Iterable[desk.Seat]) -> list[desk.Seat]:
    """Return the first seat of each kind of card."""
    first: dict[str, desk.Seat] = {}
    for seat in seats:
        first.setdefault(seat.card.id, seat)
    return list(first.values())


def _unread(module: Module, seats: list[desk.Seat], failure: Failure) -> Iterator[Finding]:
    """Say what kept a module from reading a card; of several cards, one that it is for."""
    seat = next((seat for seat in seats if fitting.is_for(module, seat.card)), seats[0])
    code = _code(failure)
    facts = {"reader": seat.reader, "module": module.path, "reason": desk.reason(failure)}
    if code != "token-not-recognised":
        yield finding(code, **facts)
    elif fitting.module_id(module) == seat.card.modules[0]:
        version = module.info.version if isinstance(module.info, ModuleInfo) else "-"
        yield finding("driver-too-old", **facts, card=seat.card.name, version=version)
    elif fitting.is_for(module, seat.card) or fitting.module_id(module) is None:
        yield finding(code, **facts)


def _code(failure: Failure) -> str:
    match failure.api, failure.name:
        case "worker", "TIMEOUT":
            return "token-hung"
        case "worker", _:
            return "token-crashed"
        case _, name if name == _NOT_RECOGNISED:
            return "token-not-recognised"
        case _:
            return "token-failed"


def pin_code(token: Token) -> str:
    """Return the code of the state its PIN is in."""
    for flags, code in _PIN_FLAGS:
        if flags <= set(token.flags):
            return code
    return "pin-never-set"


def is_pin_set(token: Token) -> bool:
    """Return whether the holder has set the PIN, and need not change it before the first use."""
    return _INITIALISED in token.flags and TO_BE_CHANGED not in token.flags
