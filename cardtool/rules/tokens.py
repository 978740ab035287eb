# SPDX-License-Identifier: Apache-2.0
"""Findings about tokens: what a driver read from each card, or why it could not."""

import re
from collections.abc import Iterator
from datetime import datetime

from cardtool import catalog
from cardtool.model.diagnosis import Finding
from cardtool.model.snapshot import Failure, Module, ModuleInfo, Slot, Snapshot
from cardtool.rules import desk, fitting, host, ports, reader_names
from cardtool.rules.codes import Fact, finding, with_steps
from cardtool.rules.remembered import remembered
from cardtool.rules.renewal import Policy

_NOT_RECOGNISED = "CKR_TOKEN_NOT_RECOGNIZED"

_REMOVED = "CKR_DEVICE_REMOVED"
"""The card, or its reader, went away while the driver read it. Source: PKCS#11 v2.40 §5.1."""

_OF_MACOS = ("CKR_DEVICE_ERROR", "CKR_FUNCTION_FAILED")
"""What modules say where macOS loses a command or its answer. Source: OpenSC/OpenSC#2887."""

_NOT_TRANSACTED = "SCARD_E_NOT_TRANSACTED"

_OF_READERS = ("token-failed", "token-hung")
"""Codes of which a reader may be the cause."""

_AKIS = "akis"
"""The family of cards of which some are identity cards."""

_TODAYS_CARDS, _NEXT_CARDS, _THEIR_GENERATION = "akis-2x", "akis-v3", 2
"""Catalogue ids of AKİS cards, and the first number of the drivers of today's, identity cards too.

Such a driver knows today's e-signature cards; it is an identity card that it most likely refuses.
Whether it knows the next cards is not public; an earlier driver knows neither.
"""

_OF_OTHERS = ("no", "abroad", "key")
"""What cards may sign with that are certainly not a person's e-signature card."""


def check(snapshot: Snapshot, _at: datetime, _policy: Policy) -> Iterator[Finding]:
    """Give a finding for each token that was read, and for each slot that could not be read."""
    read = {id(slot) for _, slot, _ in desk.tokens(snapshot)}
    for module, slot, token in snapshot.tokens():
        facts = {"reader": desk.place_name(module, slot), "module": module.path}
        if id(slot) in read:
            yield finding("token-read", **facts, label=token.label)
        else:
            yield finding("token-blank", **facts)
    if not read and not desk.signing_seats(snapshot) and fitting.needs_no_reader(snapshot):
        for module in snapshot.modules:  # none needs a card: say which answered without a token
            if isinstance(module.slots, tuple) and not any(
                isinstance(slot.token, Failure) for slot in module.slots
            ):
                yield finding("driver-without-token", module=module.path)
    seen = set()
    for trouble in _troubles(snapshot):
        if (key := (trouble.code, trouble.facts.get("reader"))) not in seen:
            seen.add(key)
            yield _fitting(trouble, snapshot)


@remembered
def are_others(snapshot: Snapshot) -> bool:
    """Tell whether cards are here, and each is known to be no e-signature card of a person.

    It is of a kind that is not, or holds certificates and no NES among them, or is an AKİS card
    that a driver of today does not know: an identity card, most likely.
    """
    filled = {reader.name for reader in ports.signing_readers(snapshot) if ports.was_filled(reader)}
    return bool(filled) and not _may_hold_nes(snapshot) and filled <= _readers_of_others(snapshot)


def _may_hold_nes(snapshot: Snapshot) -> bool:
    """Tell whether an NES was read, or a token whose reader is not known."""
    return any(place.nes or place.reader is None for place in desk.places(snapshot))


def _readers_of_others(snapshot: Snapshot) -> set[str | int | None]:
    """Return the readers whose cards are no e-signature cards, if no NES was read from any.

    The certificates decide. A token that shows none may be anybody's, whatever kind its card is.
    """
    places = desk.places(snapshot)
    without_nes = {place.reader for place in places if place.certificates}
    of_other_kind = {
        seat.reader
        for seat in desk.seats(snapshot)
        if seat.card.holds != "nes" and seat.card.signs in _OF_OTHERS
    }
    refused = {given.facts["reader"] for given in _troubles(snapshot) if _is_of_today(given)}
    silent = {place.reader for place in places} - without_nes
    return without_nes | ((of_other_kind | refused) - silent)


@remembered
def _is_own_elsewhere(snapshot: Snapshot) -> bool:
    """Tell whether a person's own card is probably in a reader that cannot be used."""
    return are_others(snapshot) and bool(ports.divide(snapshot)[1])


def _is_of_today(trouble: Finding) -> bool:
    return trouble.code == "driver-too-old" and trouble.facts["phase"] == "current"


def _fitting(failed: Finding, snapshot: Snapshot) -> Finding:
    """Say what the system reports about the reader in which a token failed."""
    if failed.code not in _OF_READERS:
        is_spare = _is_of_today(failed) and _is_own_elsewhere(snapshot)
        left = (step for step in failed.steps if step != "update-driver")
        return with_steps(failed, left) if is_spare else failed
    if reader_names.is_emulated(str(failed.facts["reader"])):
        kept = {name: failed.facts[name] for name in ("reader", "reason")}
        return finding("token-failed-virtual", **kept)
    if failed.code == "token-hung":  # a program that hangs may keep the card waiting
        is_held = bool(desk.programs(snapshot))
        return with_steps(failed, ("close-programs", *failed.steps)) if is_held else failed
    if _is_of_macos(failed, snapshot):
        return finding("token-failed-on-mac", **failed.facts)
    devices = ports.devices_of(str(failed.facts["reader"]), snapshot)
    if not devices or not all(one.asleep for one in devices):  # of two that are alike, which is it?
        return failed
    return finding("token-failed-asleep", **failed.facts, usb=devices[0].id)


def _is_of_macos(trouble: Finding, snapshot: Snapshot) -> bool:
    """Tell whether the reader driver of macOS may be to blame: it loses what is sent to a card.

    It is not if PC/SC could not connect for another reason. Source: OpenSC/OpenSC#2887;
    blog.apdu.fr, macOS Sonoma bug: SCardControl() returns SCARD_E_NOT_TRANSACTED.
    """
    name = trouble.facts["reader"]
    refusals = [one.connection for one in ports.readers(snapshot) if one.name == name]
    return (
        host.has_own_reader_driver(snapshot.host)
        and str(trouble.facts["reason"]).startswith(_OF_MACOS)
        and all(refusal is None or refusal.name == _NOT_TRANSACTED for refusal in refusals)
    )


def _troubles(snapshot: Snapshot) -> Iterator[Finding]:
    seats, reading = desk.signing_seats(snapshot), desk.reading_modules(snapshot)
    read = {slot.reader for _, slot, _ in desk.tokens(snapshot)}
    seats_of = {seat.reader: seat for seat in seats}
    unread_kinds: dict[str, desk.Seat] = {}
    for seat in desk.unread_seats(snapshot):
        unread_kinds.setdefault(seat.card.id, seat)
    for module, slot, failure in _failures(snapshot):
        mine = None if slot.reader is None else seats_of.get(slot.reader)
        unread = [mine] if mine is not None and mine.reader not in reading else []
        if slot.reader is None:
            unread = list(unread_kinds.values())
        if desk.is_ours(failure):
            yield finding("cardtool-fault", part=module.path, reason=failure)
        elif unread:
            yield from _unread(module, unread, failure)
        elif not seats and slot.reader not in read:
            yield _of_no_seat(module, slot, failure)
        elif (
            mine is not None  # all cards were read: a slot without a reader holds none of them
            and failure.name != _NOT_RECOGNISED
            and desk.is_missed(module, mine, reading[mine.reader])
        ):
            yield finding("driver-beside-failed", module=module.path, reason=failure)
        elif fitting.is_named(module):
            yield finding("driver-named-failed", module=module.path, reason=failure)


def _failures(snapshot: Snapshot) -> Iterator[tuple[Module, Slot, Failure]]:
    for module in snapshot.modules:
        for slot in fitting.slots(module):
            if failure := fitting.failure(slot):
                yield module, slot, failure


def _of_no_seat(module: Module, slot: Slot, failure: Failure) -> Finding:
    """Say that a slot could not be read, where no reader holds a card of the catalogue.

    If a named module does not answer, the module is at fault: no known card keeps it waiting.
    """
    code = _code(failure)
    if code == "token-hung" and fitting.is_named(module):
        return finding("driver-hung", module=module.path, reason=failure)
    place = desk.place_name(module, slot)
    return finding(code, reader=place, module=module.path, reason=failure)


def _unread(module: Module, seats: list[desk.Seat], failure: Failure) -> Iterator[Finding]:
    """Say what kept a module from reading a card; of several cards, name one that it is for."""
    seat = next((seat for seat in seats if fitting.is_for(module, seat.card)), seats[0])
    code, module_id = _code(failure), fitting.module_id(module)
    facts: dict[str, Fact] = {"reader": seat.reader, "module": module.path, "reason": failure}
    if code == "token-not-recognised" and _is_of_package(module_id, seat.card):
        version = module.info.version if isinstance(module.info, ModuleInfo) else None
        facts |= {"card": seat.card.name, "version": version}
        if seat.card.family == _AKIS:
            yield _of_akis(facts, _generation(seat.card, version))
        else:
            yield finding("driver-older-than-card", **facts)
    elif code != "token-not-recognised" or module_id in (None, *seat.card.modules):
        yield finding(code, **facts)


def _is_of_package(module_id: str | None, card: catalog.Card) -> bool:
    """Tell whether a module is the one for a card, or another one of its package."""
    known = catalog.load()
    first = known.module(card.modules[0])
    return module_id in card.modules and known.module(str(module_id)).package == first.package


def _of_akis(facts: dict[str, Fact], generation: str) -> Finding:
    """Say that AKİS refuses an AKİS card; only a driver that is old is updated before all else."""
    refused = finding("driver-too-old", **facts, phase=generation)
    return (
        with_steps(refused, ("update-driver", *refused.steps)) if generation == "old" else refused
    )


def _generation(card: catalog.Card, version: str | None) -> str:
    """Return whether an AKİS driver is `current` or `old` for a card; `-`: not known."""
    first = re.match(r"\d+", version or "")
    if first is None or card.id not in (_TODAYS_CARDS, _NEXT_CARDS):
        return "-"
    if int(first[0]) < _THEIR_GENERATION:
        return "old"
    return "current" if card.id == _TODAYS_CARDS else "-"


def _code(failure: Failure) -> str:
    match failure.api, failure.name:
        case "worker", "TIMEOUT":
            return "token-hung"
        case "worker", _:
            return "token-crashed"
        case _, name if name == _NOT_RECOGNISED:
            return "token-not-recognised"
        case _, name if name == _REMOVED:
            return "token-lost"
        case _:
            return "token-failed"
