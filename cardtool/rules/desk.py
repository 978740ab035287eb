# SPDX-License-Identifier: Apache-2.0
"""Brings together what a snapshot has of each card: its reader, its module, its certificates.

Gives no findings; it answers questions that several rules ask.
"""

from datetime import datetime
from typing import TypeGuard

import msgspec

from cardtool import catalog
from cardtool.model.certificate import Certificate
from cardtool.model.snapshot import Card, CertificateObject, Failure, Module, Slot, Snapshot, Token
from cardtool.rules import fitting
from cardtool.rules.kinds import PERSONAL, Kind, kind
from cardtool.rules.ports import readers
from cardtool.rules.remembered import remembered
from cardtool.rules.renewal import Issuers

_MOST_PROGRAMS = 20
"""So many programs are named, at most, of which one may keep a card busy."""

_ONLY_WATCH = ("gsd-", "gnome-", "goa-", "geoclue", "explorer.exe", "svchost.exe", "lsass.exe")
"""How the names begin of programs of the system that have PC/SC's library loaded and keep no card.
"""


class Seat(msgspec.Struct, frozen=True, kw_only=True):
    """A reader and the card of the catalogue that is in it."""

    reader: str
    card: catalog.Card


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """A certificate that could be read, with its place and its token."""

    place: str
    token: Token
    certificate: Certificate
    sha256: str
    kind: Kind
    ends_at: datetime
    """Its last second, or that of an issuer on the same card, if that ends first."""

    @property
    def whose(self) -> dict[str, str]:
        """Return the facts that most findings about a certificate give first."""
        return {"reader": self.place, "holder": self.certificate.holder}

    @property
    def is_pin_locked(self) -> bool:
        """Tell whether the token says that its PIN is locked. Source: PKCS#11 v2.40 §3.2."""
        return "CKF_USER_PIN_LOCKED" in self.token.flags

    def is_in_force(self, at: datetime) -> bool:
        """Tell whether a moment lies within its validity, first and last second included."""
        return self.certificate.not_before_at <= at <= self.ends_at


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """One card, or one slot without a reader, and everything that was read from it."""

    reader: str | None
    name: str
    """The reader's name, or the module's own description of the slot."""
    tokens: tuple[tuple[Module, Token], ...]
    objects: tuple[CertificateObject, ...]
    """The certificates of the tokens; each once, even if several modules read it."""
    certificates: tuple[Held, ...]
    """Those among them that could be read."""
    nes: tuple[Held, ...]
    """The qualified ones of persons."""


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
def signing_cards(snapshot: Snapshot) -> tuple[catalog.Card, ...]:
    """Return the kinds of cards in `signing_seats`, each once."""
    return tuple({seat.card.id: seat.card for seat in signing_seats(snapshot)}.values())


@remembered
def tokens(snapshot: Snapshot) -> tuple[tuple[Module, Slot, Token], ...]:
    """Return every token that was read, but not the empty slots of software tokens.

    A card driver describes a blank card just as software describes an empty slot. So if a card here
    may hold an NES, such a token counts as read if it is a card driver's.
    """
    seats = signing_seats(snapshot)
    return tuple(
        (module, slot, token)
        for module, slot, token in snapshot.tokens()
        if not fitting.is_blank(slot, token) or (seats and not fitting.is_software(module))
    )


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
    stored: dict[tuple[str, object], tuple[Token, CertificateObject]] = {}
    for _, _, token in read:
        for one in () if isinstance(token.certificates, Failure) else token.certificates:
            stored.setdefault((one.sha256, one.content), (token, one))
    readable = [
        (token, one.sha256, one.content)
        for token, one in stored.values()
        if isinstance(one.content, Certificate)
    ]
    issuers = Issuers([certificate for _, _, certificate in readable])
    held = tuple(
        Held(
            place=name,
            token=token,
            certificate=certificate,
            sha256=sha256,
            kind=kind(certificate),
            ends_at=issuers.ends_at(certificate),
        )
        for token, sha256, certificate in readable
    )
    return Place(
        reader=slot.reader,
        name=name,
        tokens=tuple((module, token) for module, _, token in read),
        objects=tuple(one for _, one in stored.values()),
        certificates=held,
        nes=tuple(one for one in held if one.kind in PERSONAL),
    )


def certificates(snapshot: Snapshot) -> tuple[Held, ...]:
    """Return the certificates that could be read; one that lies in two places is there twice."""
    return tuple(held for place in places(snapshot) for held in place.certificates)


@remembered
def all_certificates(snapshot: Snapshot) -> tuple[Held, ...]:
    """Return every certificate that could be read, each once, in the order of reading."""
    first: dict[Certificate, Held] = {}
    for held in certificates(snapshot):
        first.setdefault(held.certificate, held)
    return tuple(first.values())


@remembered
def all_nes(snapshot: Snapshot) -> tuple[Held, ...]:
    """Return every qualified certificate that was read, each once, in the order of reading."""
    return tuple(held for held in all_certificates(snapshot) if held.kind in PERSONAL)


def can_sign(snapshot: Snapshot, at: datetime) -> bool:
    """Tell whether an NES is in force on a card that is still in a reader."""
    return bool(nes_in_force(snapshot, at))


def nes_in_force(snapshot: Snapshot, at: datetime) -> tuple[Held, ...]:
    """Return each NES that is in force on a card that is still in a reader."""
    cards = signing_cards(snapshot)
    with_card = {reader.name for reader in readers(snapshot) if isinstance(reader.card, Card)}

    def is_still_here(place: Place) -> bool:
        modules = [module for module, _ in place.tokens]
        if isinstance(snapshot.readers, Failure) and not all(map(fitting.is_software, modules)):
            return True
        if place.reader is not None:
            return place.reader in with_card
        return any(fitting.may_be_for(module, card) for module in modules for card in cards)

    here = filter(is_still_here, places(snapshot))
    return tuple(nes for place in here for nes in place.nes if nes.is_in_force(at))


@remembered
def reading_modules(snapshot: Snapshot) -> dict[str, Module]:
    """Return by reader the module that read the card in it.

    If a slot matches no reader, its module counts as having read every card that it may be for:
    nobody knows which card is in the slot, and reporting a missing driver would be wrong.
    """
    by_reader: dict[str, Module] = {}
    without_reader: dict[str, Module] = {}
    for module, slot, _ in tokens(snapshot):
        if slot.reader is None:
            without_reader.setdefault(module.path, module)
        else:
            by_reader.setdefault(slot.reader, module)
    by_card = {
        card.id: next(
            (module for module in without_reader.values() if fitting.may_be_for(module, card)), None
        )
        for card in {seat.card.id: seat.card for seat in seats(snapshot)}.values()
    }
    for seat in seats(snapshot):
        if (first := by_card[seat.card.id]) is not None:
            by_reader.setdefault(seat.reader, first)
    return by_reader


@remembered
def unread_seats(snapshot: Snapshot) -> tuple[Seat, ...]:
    """Return each reader whose card may hold an NES and was read by no module."""
    read = reading_modules(snapshot)
    return tuple(seat for seat in signing_seats(snapshot) if seat.reader not in read)


def is_missed(module: Module, seat: Seat, reading: Module) -> bool:
    """Tell whether this module should have read the card in this seat, instead of the one that did.

    It should if somebody named it, or if the catalogue prefers it for the card.
    """
    if fitting.is_named(module):
        return True
    order, mine, theirs = seat.card.modules, fitting.module_id(module), fitting.module_id(reading)
    return mine in order and (theirs not in order or order.index(mine) < order.index(theirs))


def programs(snapshot: Snapshot) -> tuple[str, ...]:
    """Name the programs that a person could close and that may use a card, each once."""
    names = {program.name for program in snapshot.clients or ()} - {""}
    left = (name for name in names if not name.lower().startswith(_ONLY_WATCH))
    return tuple(sorted(left)[:_MOST_PROGRAMS])


def is_ours(part: object) -> TypeGuard[Failure]:
    """Tell whether a part of a snapshot is a fault of cardtool itself."""
    return isinstance(part, Failure) and part.api == "worker" and part.name in ("BUG", "NONSENSE")
