# SPDX-License-Identifier: Apache-2.0
"""Findings about cards: that one is there, answers, is known and can be had."""

from collections.abc import Iterator
from datetime import datetime

from cardtool import catalog
from cardtool.model.diagnosis import Finding
from cardtool.model.snapshot import Card, Failure, Reader, Snapshot
from cardtool.rules import desk
from cardtool.rules.codes import finding
from cardtool.rules.policy import Policy


def check(snapshot: Snapshot, _at: datetime, _policy: Policy) -> Iterator[Finding]:
    """Give findings for each reader's card, or that no reader has one."""
    readers = desk.readers(snapshot)
    if readers and not any(_has_card(reader) for reader in readers):
        pulled = [reader.name for reader in readers if reader.changes]
        yield from (finding("card-pulled", reader=name) for name in pulled)
        if not pulled:
            yield finding("card-missing", readers=", ".join(reader.name for reader in readers))
        return
    for reader in readers:
        yield from _in(reader, snapshot)
    seats = desk.seats(snapshot)
    if len(seats) > 1:
        yield finding(
            "cards-several", count=len(seats), readers=", ".join(seat.reader for seat in seats)
        )


def _has_card(reader: Reader) -> bool:
    return reader.card is not None or "MUTE" in reader.states


def _in(reader: Reader, snapshot: Snapshot) -> Iterator[Finding]:
    match reader.card:
        case Card(atr=atr):
            yield _named(reader.name, atr, snapshot)
        case Failure() as failure:
            yield finding("card-mute", reader=reader.name, reason=desk.reason(failure))
        case None if "MUTE" in reader.states:
            yield finding("card-mute", reader=reader.name, reason="SCARD_STATE_MUTE")
        case _:
            yield finding("reader-empty", reader=reader.name)
            return
    for seat in desk.unread_seats(snapshot):
        if seat.reader == reader.name and "EXCLUSIVE" in reader.states:
            yield finding("card-in-use", reader=reader.name, card=seat.card.name)
    if reader.changes > 1:
        yield finding("card-unstable", reader=reader.name)
    elif reader.changes == 1:
        yield finding("card-reread", reader=reader.name)


def _named(reader: str, atr: str, snapshot: Snapshot) -> Finding:
    card = catalog.load().card_for(atr)
    signing = desk.signing_seats(snapshot)
    if card is not None:
        code = "card-recognised" if signing else "card-not-for-signing"
        return finding(code, reader=reader, card=card.name, atr=atr)
    was_read = any(slot.reader == reader for _, slot, _ in snapshot.tokens())
    code = "card-unlisted" if signing or was_read else "card-unknown"
    return finding(code, reader=reader, atr=atr)
