# SPDX-License-Identifier: Apache-2.0
"""Findings about cards: whether one is there, answers, is known and can be used."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

from cardtool import catalog
from cardtool.model.diagnosis import Finding
from cardtool.model.snapshot import Card, Failure, Reader, Snapshot
from cardtool.model.surroundings import Host
from cardtool.rules import desk, fitting, ports, reader_names, session
from cardtool.rules.codes import finding
from cardtool.rules.renewal import Policy

_REFUSALS = {
    "SCARD_E_SHARING_VIOLATION": "card-in-use",
    "SCARD_W_RESET_CARD": "card-in-use",
    "SCARD_W_SECURITY_VIOLATION": "card-line-broken",
    "SCARD_F_COMM_ERROR": "card-line-broken",
    "SCARD_E_PROTO_MISMATCH": "card-protocol-mismatch",
    "SCARD_E_CARD_UNSUPPORTED": "card-protocol-mismatch",
    "SCARD_W_UNPOWERED_CARD": "card-loses-power",
    "SCARD_W_UNRESPONSIVE_CARD": "card-mute",
    "SCARD_W_REMOVED_CARD": "card-pulled",
    "SCARD_E_NO_SMARTCARD": "card-pulled",
}
"""What it means if a card that gave its ATR refuses a connection. Source: PC/SC, winscard.h."""

_BY_THE_WAY = ("card-line-broken", "card-mute", "card-loses-power")
"""Refusals that may come of a reader that is made up, and not of the card."""

NOT_NES = {
    "no": "card-not-for-signing",
    "abroad": "card-not-yours",
    "key": "card-not-yours",
    "token": "card-other-token",
    "unsure": "card-unsure",
}
"""What a card may sign with -> the finding about it, if no e-signature card is there."""

_TAKEN_OUT = ("card-not-for-signing", "card-not-yours")
"""Codes of cards in whose place an e-signature card is inserted, if the reader has a slot."""

_MAYBE_OWN = ("token", "unsure")
"""Cards that may hold the e-signature; a driver that reads them is the right one."""

_GNUPG = "scdaemon"
"""GnuPG's program, which keeps a card for itself.

Source: drivers_notes/services-and-sessions.md#gnupg.
"""

_SHARING = ("firefox", "chrome", "chromium", "msedge", "thunderbird")
"""How the names begin of programs that use cards together with others."""

_NO_ATR = "SCARD_STATE_PRESENT"
"""The card sent no answer-to-reset, because it got no power or too little."""


def check(snapshot: Snapshot, at: datetime, _policy: Policy) -> Iterator[Finding]:
    """Give the findings about the card in each reader, or that no reader has a card."""
    readers, places, seats = (
        ports.signing_readers(snapshot),
        desk.places(snapshot),
        desk.seats(snapshot),
    )
    keys, others = _parted(readers, {place.reader for place in places})
    yield from _keys(snapshot)
    if others and not any(map(ports.was_filled, others)):
        if not (fitting.needs_no_reader(snapshot) or ports.only_built_in(snapshot)):
            if not ports.is_spare(others, snapshot):
                yield _missing([reader.name for reader in others], snapshot)
            for name, card, atr in keys:
                yield finding("card-is-key", reader=name, card=card.called, atr=atr)
        return
    unread = {seat.reader: seat for seat in _unread(snapshot)}
    in_force = {place.reader for place in places if any(nes.is_in_force(at) for nes in place.nes)}
    name_card = _namer(snapshot, at)
    names = desk.programs(snapshot)
    for reader in readers:
        if isinstance(reader.card, Card):
            yield name_card(reader.name, reader.card.atr)
        yield from _in(reader)
        if reader.name in unread:
            yield from _refused(reader, unread[reader.name], names, snapshot.host)
        if ports.has_card(reader) and (reader.changes > 1 or reader.differs):
            was_read = bool(in_force & {None, reader.name})
            code = "card-unstable-but-read" if was_read else "card-unstable"
            yield finding(code, reader=reader.name)
    if len(seats) > 1:
        yield finding("cards-several", count=len(seats), readers=[seat.reader for seat in seats])


def _missing(empty: Sequence[str], snapshot: Snapshot) -> Finding:
    """Say that no card is in a slot, and what lies on a reader without one instead."""
    for reader in ports.readers(snapshot):
        atr = reader.card.atr if isinstance(reader.card, Card) else ""
        card = catalog.card_for(atr)
        if card is not None and ports.is_contactless(reader.name, snapshot):
            return finding("card-beside-slot", readers=empty, card=card.called, atr=atr)
    are_emulated = all(map(reader_names.is_emulated, empty))
    return finding("card-missing-virtual" if are_emulated else "card-missing", readers=empty)


def _keys(snapshot: Snapshot) -> Iterator[Finding]:
    """Name the security keys, which look like readers with a card in them."""
    for reader in ports.keys(snapshot):
        atr = reader.card.atr if isinstance(reader.card, Card) else None
        card = catalog.card_for(atr or "")
        called = card.called if card is not None and card.signs == "key" else "security-key"
        yield finding("card-is-key", reader=reader.name, card=called, atr=atr)


def _parted(
    readers: Sequence[Reader], read: set[str | None]
) -> tuple[list[tuple[str, catalog.Card, str]], list[Reader]]:
    """Separate security keys that no module read, with their ATRs, from readers for cards."""
    keys = [
        (reader.name, card, reader.card.atr)
        for reader in readers
        if isinstance(reader.card, Card) and reader.name not in read
        if (card := catalog.card_for(reader.card.atr)) is not None and card.signs == "key"
    ]
    names = {name for name, _, _ in keys}
    return keys, [reader for reader in readers if reader.name not in names]


def _unread(snapshot: Snapshot) -> Iterator[desk.Seat]:
    """Give each reader whose card may hold an NES, but from which no module read certificates."""
    yield from desk.unread_seats(snapshot)
    failed = {
        place.reader
        for place in desk.places(snapshot)
        if all(isinstance(token.certificates, Failure) for _, token in place.tokens)
    }
    yield from (seat for seat in desk.signing_seats(snapshot) if seat.reader in failed)


def _in(reader: Reader) -> Iterator[Finding]:
    if ports.refusal(reader) is not None:
        return
    if isinstance(reader.card, Failure):
        code = "card-unpowered" if reader.card.name == _NO_ATR else "card-mute"
        code = "card-mute-virtual" if reader_names.is_emulated(reader.name) else code
        yield finding(code, reader=reader.name, reason=reader.card)
    elif reader.card is None and ports.has_card(reader):
        code = "card-mute-virtual" if reader_names.is_emulated(reader.name) else "card-mute"
        yield finding(code, reader=reader.name, reason="SCARD_STATE_MUTE")
    elif reader.card is None:
        code = "card-pulled" if reader.changes > 0 else "reader-empty"
        yield finding(code, reader=reader.name)
    elif reader.changes == 1 and not reader.differs:
        yield finding("card-reread", reader=reader.name)


def _is_kept_out(refusal: Failure | None, host: Host) -> bool:
    """Tell whether polkit keeps a session from the card.

    Then pcscd closes the connection, up to version 1.9 without saying why. Source:
    drivers_notes/services-and-sessions.md#polkit.
    """
    is_said = refusal is not None and refusal.name == "SCARD_W_SECURITY_VIOLATION"
    return session.is_aside(host) or (is_said and host.platform == "linux")


def _is_unattended(host: Host) -> bool:
    """Tell whether nobody works in a session that polkit keeps out."""
    return session.is_aside(host) and "xrdp" not in host.session.marks


def _refused(
    reader: Reader, seat: desk.Seat, programs: tuple[str, ...], host: Host
) -> Iterator[Finding]:
    """Say why a card that no module read could not be used."""
    refusal = reader.connection
    code = None if refusal is None else _REFUSALS.get(refusal.name)
    if code == "card-line-broken" and _is_kept_out(refusal, host):
        code = "card-access-denied" if _is_unattended(host) else "card-access-denied-here"
    if code in _BY_THE_WAY and reader_names.is_emulated(reader.name):
        code = "card-mute-virtual"
    if code is None and "EXCLUSIVE" in reader.states:
        code = "card-in-use"
    others = [name for name in programs if not name.lower().startswith(_SHARING)]
    if code == "card-in-use" and others == [_GNUPG]:
        yield finding("card-in-use-gnupg", reader=reader.name, card=seat.card.name)
    elif code == "card-in-use":
        held = {"reader": reader.name, "card": seat.card.name}
        if programs:
            yield finding(code, **held, programs=programs)
        else:
            yield finding("card-in-use-unnamed", **held)
    elif code == "card-pulled":
        yield finding(code, reader=reader.name)
    elif code is not None:
        yield finding(code, reader=reader.name, reason=refusal)


def _namer(snapshot: Snapshot, at: datetime) -> Callable[[str, str], Finding]:
    """Return a function that names the card in a reader by its answer-to-reset."""
    signing = bool(desk.signing_seats(snapshot))
    has_nes = any(place.nes for place in desk.places(snapshot))
    read = {slot.reader for _, slot, _ in desk.tokens(snapshot)}
    named = list(filter(fitting.is_named, snapshot.modules))
    failing = {
        slot.reader for module in named for slot in fitting.slots(module) if fitting.failure(slot)
    }
    is_well = (
        signing
        or desk.can_sign(snapshot, at)
        or fitting.needs_no_reader(snapshot)
        or None in failing  # the card that a named module could not read may be any
        or not all(isinstance(module.slots, tuple) for module in named)
    )

    def name_card(reader: str, atr: str) -> Finding:
        card = catalog.card_for(atr)
        is_spoken_for = is_well or reader in read or reader in failing
        if card is not None:
            is_maybe_own = card.signs in _MAYBE_OWN
            is_fine = signing or has_nes or (is_maybe_own and is_spoken_for)
            code = "card-recognised" if is_fine else NOT_NES[card.signs]
            if code in _TAKEN_OUT and ports.is_contactless(reader, snapshot):
                code = "card-without-slot"
            return finding(code, reader=reader, card=card.called, atr=atr)
        return finding("card-unlisted" if is_spoken_for else "card-unknown", reader=reader, atr=atr)

    return name_card
