# SPDX-License-Identifier: Apache-2.0
"""Findings about cards: that one is there, answers, is known and can be had."""

from collections.abc import Callable, Iterator
from datetime import datetime

from cardtool.model.diagnosis import Finding
from cardtool.model.snapshot import Card, Failure, Reader, Snapshot
from cardtool.rules import desk
from cardtool.rules.codes import finding
from cardtool.rules.policy import Policy


def check(snapshot: Snapshot, at: datetime, _policy: Policy) -> Iterator[Finding]:
    """Give findings for each reader's card, or that no reader has one."""
    readers = desk.readers(snapshot)
    if readers and not any(_has_card(reader) or reader.changes > 0 for reader in readers):
        yield finding("card-missing", readers=", ".join(reader.name for reader in readers))
        return
    unread = {seat.reader: seat.card.name for seat in desk.unread_seats(snapshot)}
    with_nes = {place.reader for place in desk.places(snapshot) if desk.nes_of(place)}
    name_card = _namer(snapshot, at, has_nes=bool(with_nes))
    for reader in readers:
        if isinstance(reader.card, Card):
            yield name_card(reader.name, reader.card.atr)
        yield from _in(reader)
        if reader.name in unread and "EXCLUSIVE" in reader.states:
            yield finding("card-in-use", reader=reader.name, card=unread[reader.name])
        if _has_card(reader) and reader.changes > 1:
            was_read = bool(with_nes & {None, reader.name})
            yield finding(
                "card-unstable-but-read" if was_read else "card-unstable", reader=reader.name
            )
    seats = desk.seats(snapshot)
    if len(seats) > 1:
        yield finding(
            "cards-several", count=len(seats), readers=", ".join(seat.reader for seat in seats)
        )


def _has_card(reader: Reader) -> bool:
    return reader.card is not None or "MUTE" in reader.states


def _in(reader: Reader) -> Iterator[Finding]:
    if isinstance(reader.card, Failure):
        yield finding("card-mute", reader=reader.name, reason=desk.reason(reader.card))
    elif reader.card is None and "MUTE" in reader.states:
        yield finding("card-mute", reader=reader.name, reason="SCARD_STATE_MUTE")
    elif reader.card is None:
        code = "card-pulled" if reader.changes > 0 else "reader-empty"
        yield finding(code, reader=reader.name)
    elif reader.changes == 1:
        yield finding("card-reread", reader=reader.name)


def _namer(snapshot: Snapshot, at: datetime, *, has_nes: bool) -> Callable[[str, str], Finding]:
    signing = bool(desk.signing_seats(snapshot))
    can_sign = signing or desk.can_sign(snapshot, at)
    read = {slot.reader for _, slot, _ in snapshot.tokens()}

    def named(reader: str, atr: str) -> Finding:
        card = desk.card_for(atr)
        if card is not None:
            code = "card-recognised" if signing or has_nes else "card-not-for-signing"
            return finding(code, reader=reader, card=card.name, atr=atr)
        code = "card-unlisted" if can_sign or reader in read else "card-unknown"
        return finding(code, reader=reader, atr=atr)

    return named
