# SPDX-License-Identifier: Apache-2.0
"""What belongs together in a snapshot: the card in each reader, its module, and each NES.

Gives no findings; it answers the questions that several rules ask.
"""

import functools
from collections.abc import Iterable, Iterator
from datetime import datetime

import msgspec

from cardtool import catalog
from cardtool.model.certificate import Certificate
from cardtool.model.snapshot import (
    Card,
    CertificateObject,
    Failure,
    Module,
    Reader,
    Slot,
    Snapshot,
    Token,
)
from cardtool.rules import fitting, named
from cardtool.rules.kinds import is_nes
from cardtool.rules.remembered import remembered
from cardtool.rules.renewal import Issuers

_GONE = frozenset({0x8010001D, 0x8010001E})
"""SCARD_E_NO_SERVICE, SCARD_E_SERVICE_STOPPED. Source: PC/SC, winscard.h."""

PIN_LOCKED = "CKF_USER_PIN_LOCKED"

_UNPLUGGED = "UNAVAILABLE"
"""The state that pcscd gives a reader whose driver says that the device is gone.

Source: drivers_notes/readers.md#unplugged-in-the-middle.
"""


class Seat(msgspec.Struct, frozen=True, kw_only=True):
    """A reader and the card of the catalogue that is in it."""

    reader: str
    card: catalog.Card


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """One card, or one slot that belongs to no reader, and everything that was read from it."""

    reader: str | None
    name: str
    """The reader's name, or the module's own description of the slot."""
    tokens: tuple[tuple[Module, Token], ...]
    certificates: tuple[tuple[Token, CertificateObject], ...] = ()
    """The certificates of the tokens; each once, even if several modules read it."""
    nes: tuple["Nes", ...] = ()
    """The qualified ones among them."""


class Nes(msgspec.Struct, frozen=True, kw_only=True):
    """A qualified certificate, where it lies and on which token."""

    place: str
    certificate: Certificate
    sha256: str
    token: Token
    ends_at: datetime
    """Its last second, or that of an issuer on the same card, if that ends first."""

    def is_in_force(self, at: datetime) -> bool:
        """Tell whether a moment lies within its validity, first and last second included."""
        return self.certificate.not_before_at <= at <= self.ends_at


@remembered
def readers(snapshot: Snapshot) -> tuple[Reader, ...]:
    """Return the readers that can be used; none where PC/SC could not be asked."""
    listed = () if isinstance(snapshot.readers, Failure) else snapshot.readers
    return tuple(reader for reader in listed if _UNPLUGGED not in reader.states)


def unplugged(snapshot: Snapshot) -> tuple[str, ...]:
    """Return the names of the readers that are gone, or that PC/SC still lists and cannot use."""
    listed = () if isinstance(snapshot.readers, Failure) else snapshot.readers
    unusable = (reader.name for reader in listed if _UNPLUGGED in reader.states)
    usable = {reader.name for reader in readers(snapshot)}
    gone = (name for name in (*snapshot.vanished, *unusable) if name not in usable)
    return tuple(dict.fromkeys(gone))


def is_virtual(reader: Reader) -> bool:
    """Tell whether a program only pretends to be this reader, so that no card can be put in."""
    return is_virtual_name(reader.name)


@functools.lru_cache(maxsize=1024)
def is_virtual_name(name: str) -> bool:
    """Tell by its name whether a reader is virtual, with or without the numbers at the end."""
    models = catalog.readers_named(name)
    return bool(models) and all(model.form == "virtual" for model in models)


def is_gone(readers: object) -> bool:
    """Tell whether a failure in place of the readers means that the PC/SC service is stopped."""
    return isinstance(readers, Failure) and readers.api == "pcsc" and readers.code in _GONE


@remembered
def seats(snapshot: Snapshot) -> tuple[Seat, ...]:
    """Return each reader that holds a card of the catalogue."""
    return tuple(
        Seat(reader=reader.name, card=card)
        for reader in readers(snapshot)
        if isinstance(reader.card, Card)
        if (card := catalog.card_for(reader.card.atr)) is not None
    )


@remembered
def signing_seats(snapshot: Snapshot) -> tuple[Seat, ...]:
    """Return each reader that holds a card on which an NES may be."""
    return tuple(seat for seat in seats(snapshot) if seat.card.holds == "nes")


@remembered
def tokens(snapshot: Snapshot) -> tuple[tuple[Module, Slot, Token], ...]:
    """Return every token that was read, but not the empty slots of software tokens.

    A card driver describes a blank card in the same way as software describes an empty slot. So if
    a card here may hold an NES, such a token of a card driver counts as read.
    """
    seats = signing_seats(snapshot)
    return tuple(
        (module, slot, token)
        for module, slot, token in snapshot.tokens()
        if not named.is_blank(slot, token) or (seats and not named.is_software(module))
    )


@remembered
def signing_cards(snapshot: Snapshot) -> tuple[catalog.Card, ...]:
    """Return the kinds of cards in `signing_seats`, each once."""
    return tuple({seat.card.id: seat.card for seat in signing_seats(snapshot)}.values())


def place_name(module: Module, slot: Slot) -> str:
    """Name the place of a slot for people."""
    return slot.reader or slot.description or f"{module.path} {slot.id}"


@remembered
def places(snapshot: Snapshot) -> tuple[Place, ...]:
    """Return the places where tokens were read; a card read by two modules is one place."""
    by_place: dict[tuple[str, ...], list[tuple[Module, Slot, Token]]] = {}
    for module, slot, token in tokens(snapshot):
        key = (module.path, str(slot.id)) if slot.reader is None else (slot.reader,)
        by_place.setdefault(key, []).append((module, slot, token))
    return tuple(map(_place, by_place.values()))


def _place(read: list[tuple[Module, Slot, Token]]) -> Place:
    module, slot, _ = read[0]
    name = place_name(module, slot)
    stored = tuple(_certificates(token for _, _, token in read))
    readable = [
        (token, one.sha256, one.content)
        for token, one in stored
        if isinstance(one.content, Certificate)
    ]
    issuers = Issuers([certificate for _, _, certificate in readable])
    return Place(
        reader=slot.reader,
        name=name,
        tokens=tuple((module, token) for module, _, token in read),
        certificates=stored,
        nes=tuple(
            Nes(
                place=name,
                certificate=certificate,
                sha256=sha256,
                token=token,
                ends_at=issuers.ends_at(certificate),
            )
            for token, sha256, certificate in readable
            if is_nes(certificate)
        ),
    )


def _certificates(tokens: Iterable[Token]) -> Iterator[tuple[Token, CertificateObject]]:
    seen = set()
    for token in tokens:
        if isinstance(token.certificates, Failure):
            continue
        for stored in token.certificates:
            if (key := (stored.sha256, stored.content)) not in seen:
                seen.add(key)
                yield token, stored


@remembered
def reading_modules(snapshot: Snapshot) -> dict[str, Module]:
    """Return by reader the module that read the card in it.

    If a slot matches no reader, its module counts as having read every card that it may be for. It
    cannot be known which card is in the slot, and to report a missing driver would be wrong.
    """
    by_reader: dict[str, Module] = {}
    without_reader: dict[str, Module] = {}
    for module, slot, _ in tokens(snapshot):
        if slot.reader is None:
            without_reader.setdefault(module.path, module)
        else:
            by_reader.setdefault(slot.reader, module)
    by_card: dict[str, Module | None] = {}
    for seat in seats(snapshot) if without_reader else ():
        card = seat.card
        if card.id not in by_card:
            fits = (each for each in without_reader.values() if fitting.may_be_for(each, card))
            by_card[card.id] = next(fits, None)
        if (first := by_card[card.id]) is not None:
            by_reader.setdefault(seat.reader, first)
    return by_reader


@remembered
def unread_seats(snapshot: Snapshot) -> tuple[Seat, ...]:
    """Return each reader whose card may hold an NES and was read by no module."""
    read = reading_modules(snapshot)
    return tuple(seat for seat in signing_seats(snapshot) if seat.reader not in read)


def is_missed(module: Module, seat: Seat, reading: Module) -> bool:
    """Tell whether this module, and not the one that did, should have read the card in this seat.

    It should if somebody named it, or if the catalogue prefers it for the card.
    """
    if named.is_named(module):
        return True
    order, mine, theirs = seat.card.modules, fitting.module_id(module), fitting.module_id(reading)
    return mine in order and (theirs not in order or order.index(mine) < order.index(theirs))


@remembered
def all_nes(snapshot: Snapshot) -> tuple[Nes, ...]:
    """Return every qualified certificate that was read, each once, in the order of reading."""
    first: dict[Certificate, Nes] = {}
    for place in places(snapshot):
        for nes in place.nes:
            first.setdefault(nes.certificate, nes)
    return tuple(first.values())


def can_sign(snapshot: Snapshot, at: datetime) -> bool:
    """Tell whether an NES is in force on a card that is still in a reader."""
    return bool(nes_in_force(snapshot, at))


def nes_in_force(snapshot: Snapshot, at: datetime) -> tuple[Nes, ...]:
    """Return each NES that is in force on a card that is still in a reader."""
    cards = signing_cards(snapshot)
    with_card = {reader.name for reader in readers(snapshot) if isinstance(reader.card, Card)}
    return tuple(
        nes
        for place in places(snapshot)
        if (isinstance(snapshot.readers, Failure) and not _is_software(place))
        or place.reader in with_card
        or (place.reader is None and any(_may_hold(place, card) for card in cards))
        for nes in place.nes
        if nes.is_in_force(at)
    )


def _is_software(place: Place) -> bool:
    """Tell whether only software without a card behind it was read here."""
    return all(named.is_software(module) for module, _ in place.tokens)


def _may_hold(place: Place, card: catalog.Card) -> bool:
    return any(fitting.may_be_for(module, card) for module, _ in place.tokens)


def reason(failure: Failure) -> str:
    """Return an interface's symbol and number in a form that a person can look up."""
    if failure.code is None or failure.name.startswith("0x"):
        return failure.name
    if failure.api in ("pcsc", "pkcs11"):
        return f"{failure.name} 0x{failure.code & 0xFFFFFFFF:08X}"
    return f"{failure.name} {failure.code}"


def is_ours(part: object) -> bool:
    """Tell whether a part of a snapshot is a fault of cardtool itself."""
    return isinstance(part, Failure) and part.api == "worker" and part.name in ("BUG", "NONSENSE")
