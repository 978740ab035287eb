# SPDX-License-Identifier: Apache-2.0
"""The job pcsc: readers and cards from PC/SC's status changes alone. Runs in a worker.

Answers as `jobs.READERS` reads it: plain values, for the records' library takes its time to load.

A status change tells presence, ATR and the count of insertions without power, reset or hold, so
no card is connected to before it was read. Source: PC/SC part 5 §3.2.5; pcsc-lite,
SCardGetStatusChange.
"""

import json
import sys
import time
from typing import Any

from smartcard import scard

_Record = dict[str, Any]
"""The values of a record of the model, as JSON spells them."""

_SYMBOLS = {
    getattr(scard, name) & 0xFFFFFFFF: name
    for name in sorted(dir(scard), reverse=True)  # SCARD_W_ before SCARD_E_: the commoner one stays
    if name.startswith(("SCARD_E_", "SCARD_F_", "SCARD_W_"))
}

_STATES = ("EMPTY", "PRESENT", "MUTE", "UNPOWERED", "INUSE", "EXCLUSIVE", "UNAVAILABLE", "UNKNOWN")
"""The SCARD_STATE_ bits that describe; the others only steer the call."""

_ABSENT = 0
"""Value of SCARD_ATTR_ICC_PRESENCE. Source: PC/SC part 3 §3.1.3."""

_ATTEMPTS = 3
"""A reader unplugged between listing and asking makes the whole list invalid: list again."""


def answer(question: bytes) -> bytes:
    """Return all readers, an empty list where PC/SC knows none, or why it cannot be asked.

    Each call makes a context of its own: after a restart of the service an old one still says
    that it is valid, and every call on it fails.
    """
    asked = json.loads(question)
    code, context = scard.SCardEstablishContext(scard.SCARD_SCOPE_USER)
    if code != scard.SCARD_S_SUCCESS:
        return json.dumps(_failure(code)).encode()
    try:
        verify = asked["verify"] if sys.platform == "linux" else ()
        gone = {name for name in verify if not _settle(context, name, asked["settle_s"])}
        for _ in range(_ATTEMPTS):
            code, found = _look(context, gone)
            if code != scard.SCARD_E_UNKNOWN_READER:
                break
        return json.dumps(found).encode()
    finally:
        scard.SCardReleaseContext(context)


def leave() -> None:
    """Do nothing: no context outlives its question."""


def _settle(context: int, name: str, settle_s: float) -> bool:
    """Wait until PC/SC knows of a card that was pulled a moment ago, and for it to come back.

    Returns False when the card is gone and PC/SC has not noticed by then: pcsc-lite learns of it
    when it polls, every 0.4 s, but the reader's driver knows at once. Other systems need no poll.
    """
    if not _becomes(context, name, scard.SCARD_STATE_PRESENT, 0.0):
        _becomes(context, name, scard.SCARD_STATE_PRESENT, settle_s)
        return True
    if _is_in(context, name):
        return True
    if not _becomes(context, name, scard.SCARD_STATE_EMPTY, settle_s):
        return False
    _becomes(context, name, scard.SCARD_STATE_PRESENT, settle_s)
    return True


def _becomes(context: int, name: str, wanted: int, wait_s: float) -> bool:
    """Wait until a reader is in a wanted state, whatever else changes about it meanwhile."""
    end = time.monotonic() + wait_s
    state, left_s = scard.SCARD_STATE_UNAWARE, 0.0
    while True:
        awaited = [(name, state & ~scard.SCARD_STATE_CHANGED)]
        code, changes = scard.SCardGetStatusChange(context, round(left_s * 1000), awaited)
        if code != scard.SCARD_S_SUCCESS:
            return False
        state = changes[0][1]
        if state & wanted:
            return True
        left_s = end - time.monotonic()
        if left_s <= 0:
            return False


def _is_in(context: int, name: str) -> bool:
    """Ask the reader's driver whether the card is in; yes where it cannot be asked.

    Over a shared connection, which sends a powered card nothing and leaves it as it is.

    Source: libccid 1.5, IFDHGetCapabilities; drivers_notes/middleware.md#pc-sc.
    """
    shared, protocols = scard.SCARD_SHARE_SHARED, scard.SCARD_PROTOCOL_ANY
    code, card, _ = scard.SCardConnect(context, name, shared, protocols)
    if code != scard.SCARD_S_SUCCESS:
        return True
    code, presence = scard.SCardGetAttrib(card, scard.SCARD_ATTR_ICC_PRESENCE)
    scard.SCardDisconnect(card, scard.SCARD_LEAVE_CARD)
    return code != scard.SCARD_S_SUCCESS or list(presence) != [_ABSENT]


def _look(context: int, gone: set[str]) -> tuple[int, list[_Record] | _Record]:
    try:
        code, names = scard.SCardListReaders(context, [])
    except (SystemError, UnicodeError) as error:  # pyscard, at a name that is no UTF-8
        return scard.SCARD_S_SUCCESS, _unnameable(str(error))
    if code == scard.SCARD_E_NO_READERS_AVAILABLE or (code == scard.SCARD_S_SUCCESS and not names):
        return code, []
    if code != scard.SCARD_S_SUCCESS:
        return code, _failure(code)
    unaware = [(name, scard.SCARD_STATE_UNAWARE) for name in names if name.isascii()]
    code, changes = scard.SCardGetStatusChange(context, 0, unaware)
    if code != scard.SCARD_S_SUCCESS:
        return code, _failure(code)
    found = {
        name: _reader(name, scard.SCARD_STATE_EMPTY if name in gone else state, bytes(atr))
        for name, state, atr in changes
    }
    strange = {"card": _unnameable("pyscard asks for readers by ASCII names only")}
    return code, [found.get(name) or {"name": name, **strange} for name in names]


def _reader(name: str, event_state: int, atr: bytes) -> _Record:
    states = [each for each in _STATES if event_state & getattr(scard, f"SCARD_STATE_{each}")]
    return {
        "name": name,
        "states": states,
        "card": _card(states, atr.hex().upper()),
        "event_count": event_state >> 16 & 0xFFFF,
    }


def _card(states: list[str], atr: str) -> _Record | None:
    failure: _Record = {"type": "failure", "api": "pcsc"}
    if "MUTE" in states:
        return {**failure, "name": "SCARD_STATE_MUTE", "code": scard.SCARD_STATE_MUTE}
    if "PRESENT" not in states:
        return None
    if len(atr) > len("00"):
        return {"type": "card", "atr": atr}
    detail = f"no answer-to-reset: {atr}"
    present = scard.SCARD_STATE_PRESENT
    return {**failure, "name": "SCARD_STATE_PRESENT", "code": present, "detail": detail}


def _unnameable(detail: str) -> _Record:
    return {"type": "failure", "api": "pcsc", "name": "SCARD_E_INVALID_VALUE", "detail": detail}


def _failure(code: int) -> _Record:
    number = code & 0xFFFFFFFF  # negative on some platforms
    return {
        "type": "failure",
        "api": "pcsc",
        "name": _SYMBOLS.get(number, f"0x{number:08X}"),
        "code": number,
        "detail": scard.SCardGetErrorMessage(code),
    }
