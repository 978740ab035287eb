# SPDX-License-Identifier: Apache-2.0
"""The job pcsc: readers and cards from PC/SC's status changes alone. Runs in a worker.

Answers in plain values, as `jobs.READERS` reads them, because the library of the records is slow to
load. A status change gives presence, ATR and the count of insertions without power, reset or hold,
so no card is connected to before it was read. Source: PC/SC part 5 §3.2.5; pcsc-lite,
SCardGetStatusChange.
"""

import json
import sys
import time
from collections.abc import Callable
from typing import Any, TypeVar

from smartcard import scard

T = TypeVar("T")
_Record = dict[str, Any]  # the values of a record of the model, as JSON spells them

_SYMBOLS = {
    getattr(scard, name) & 0xFFFFFFFF: name
    for name in sorted(dir(scard), reverse=True)  # SCARD_W_ before SCARD_E_: the commoner one stays
    if name.startswith(("SCARD_E_", "SCARD_F_", "SCARD_W_"))
}

_STATES = ("EMPTY", "PRESENT", "MUTE", "UNPOWERED", "INUSE", "EXCLUSIVE", "UNAVAILABLE", "UNKNOWN")
"""The SCARD_STATE_ bits that describe; the others only steer the call."""

_ABSENT = 0  # value of SCARD_ATTR_ICC_PRESENCE. Source: PC/SC part 3 §3.1.3

_NO_NEWS = (scard.SCARD_S_SUCCESS, scard.SCARD_E_NO_SMARTCARD)
"""Results of a connection that the reader's state shows as well."""

_ATTEMPTS = 3
"""If a reader is unplugged between listing and asking, the whole list is invalid: list again.

If polkit refuses a client, pcscd closes its connection. On a busy machine this can happen before
the client library has sent its first message; the library then reports no service: ask again. Seen
on Debian 13, pcscd 2.3.3, 2026-11-28. Source: pcsc-lite, winscard_clnt.c, SCardEstablishContextTH.
"""


def answer(question: bytes) -> bytes:
    """Return all readers (an empty list: PC/SC knows none), or why PC/SC cannot be asked.

    Each part gets its own context. After a restart of the service, or after pcscd has refused a
    connection to a card, an old context still looks valid, but every call with it fails.
    """
    asked = json.loads(question)
    noticed_at = time.monotonic() + asked["poll_s"]
    verify = asked["verify"] if sys.platform == "linux" else ()
    met = {name: _in_context(_settle, name, asked["settle_s"], noticed_at) for name in verify}
    readers = _in_context(_list, met)
    return json.dumps(failure(readers) if isinstance(readers, int) else readers).encode()


def _in_context(do: Callable[..., T], *arguments: object) -> T | int:
    """Return the result of a function in a context of its own, or the code if there is none."""
    for _ in range(_ATTEMPTS):
        code, context = scard.SCardEstablishContext(scard.SCARD_SCOPE_USER)
        if code != scard.SCARD_E_NO_SERVICE or sys.platform != "linux":
            break
    if code != scard.SCARD_S_SUCCESS:
        return int(code)
    try:
        return do(context, *arguments)
    finally:
        scard.SCardReleaseContext(context)


def _settle(context: int, name: str, settle_s: float, noticed_at: float) -> int:
    """Wait until PC/SC has noticed that a card was just pulled, and until the card is back.

    Return the code of a connection, or `SCARD_W_REMOVED_CARD` if the card is gone and PC/SC has not
    noticed yet. pcsc-lite notices at its next poll, at the latest at `noticed_at`; the reader's
    driver knows at once. If the driver cannot be asked, wait for the poll. Other systems than Linux
    do not need this.
    """
    if not _becomes(context, name, scard.SCARD_STATE_PRESENT, 0.0):
        _becomes(context, name, scard.SCARD_STATE_PRESENT, settle_s)
        return int(scard.SCARD_S_SUCCESS)
    code, is_in = _connect(context, name)
    wait_s = settle_s if is_in is False else max(noticed_at - time.monotonic(), 0.0)
    if is_in or not _becomes(context, name, scard.SCARD_STATE_EMPTY, wait_s):
        return code
    _becomes(context, name, scard.SCARD_STATE_PRESENT, settle_s)
    return int(scard.SCARD_S_SUCCESS)


def _becomes(context: int, name: str, wanted: int, wait_s: float) -> bool:
    """Wait until a reader is in a wanted state, whatever else changes about it meanwhile."""
    end = time.monotonic() + wait_s
    state, left_s = scard.SCARD_STATE_UNAWARE, 0.0
    while True:
        awaited = [(name, state & ~scard.SCARD_STATE_CHANGED)]
        code, changes = calls(name).SCardGetStatusChange(context, round(left_s * 1000), awaited)
        if code != scard.SCARD_S_SUCCESS:
            return False
        state = changes[0][1]
        if state & wanted:
            return True
        left_s = end - time.monotonic()
        if left_s <= 0:
            return False


def _connect(context: int, name: str) -> tuple[int, bool | None]:
    """Connect to a card and leave it again; returns the code, and whether the card is in.

    The connection is shared and sends a powered card nothing. On it the reader's driver is asked
    whether the card is still in; None where it cannot be asked.

    Source: libccid 1.5, IFDHGetCapabilities; drivers_notes/middleware.md#pc-sc.
    """
    shared, protocols = scard.SCARD_SHARE_SHARED, scard.SCARD_PROTOCOL_ANY
    code, card, _ = calls(name).SCardConnect(context, name, shared, protocols)
    if code != scard.SCARD_S_SUCCESS:
        return int(code), None
    code, presence = scard.SCardGetAttrib(card, scard.SCARD_ATTR_ICC_PRESENCE)
    scard.SCardDisconnect(card, scard.SCARD_LEAVE_CARD)
    if code != scard.SCARD_S_SUCCESS:
        return int(scard.SCARD_S_SUCCESS), None
    is_in = list(presence) != [_ABSENT]
    return int(scard.SCARD_S_SUCCESS if is_in else scard.SCARD_W_REMOVED_CARD), is_in


def _list(context: int, met: dict[str, int]) -> list[_Record] | _Record:
    for _ in range(_ATTEMPTS):
        code, readers = _look(context, met)
        if code != scard.SCARD_E_UNKNOWN_READER:
            break
    return readers


def _look(context: int, met: dict[str, int]) -> tuple[int, list[_Record] | _Record]:
    code, found = names(context)
    if code == scard.SCARD_E_NO_READERS_AVAILABLE or (code == scard.SCARD_S_SUCCESS and not found):
        return code, []
    if code != scard.SCARD_S_SUCCESS:
        return code, failure(code)
    unaware = [(name, scard.SCARD_STATE_UNAWARE) for name in found]
    code, changes = calls(*found).SCardGetStatusChange(context, 0, unaware)
    if code != scard.SCARD_S_SUCCESS:
        return code, failure(code)
    return code, [
        reader(name, state, bytes(atr), met.get(name, scard.SCARD_S_SUCCESS))
        for name, state, atr in changes
    ]


def names(context: int) -> tuple[int, list[str]]:
    """Return a code and the names of all readers."""
    try:
        code, found = scard.SCardListReaders(context, [])
    except (SystemError, UnicodeError):  # pyscard, at a name that is no UTF-8
        from cardtool.probe import winscard  # noqa: PLC0415 - ctypes

        return winscard.SCardListReaders(context, [])
    return int(code), found


def reader(name: str, event_state: int, atr: bytes, met: int = scard.SCARD_S_SUCCESS) -> _Record:
    """Return the record of a reader; `met` is the code of a connection to its card."""
    if met == scard.SCARD_W_REMOVED_CARD:
        event_state, met = scard.SCARD_STATE_EMPTY, scard.SCARD_S_SUCCESS
    states = [state for state in _STATES if event_state & getattr(scard, f"SCARD_STATE_{state}")]
    return {
        "name": name,
        "states": states,
        "card": _card(states, atr.hex().upper()),
        "event_count": event_state >> 16 & 0xFFFF,
        "connection": None if met in _NO_NEWS else failure(met),
    }


def _card(states: list[str], atr: str) -> _Record | None:
    broken: _Record = {"type": "failure", "api": "pcsc"}
    if "MUTE" in states:
        return {**broken, "name": "SCARD_STATE_MUTE", "code": scard.SCARD_STATE_MUTE}
    if "PRESENT" not in states:
        return None
    if len(atr) > len("00"):
        return {"type": "card", "atr": atr}
    detail = f"no answer-to-reset: {atr}"
    present = scard.SCARD_STATE_PRESENT
    return {**broken, "name": "SCARD_STATE_PRESENT", "code": present, "detail": detail}


def calls(*taken: str) -> Any:  # noqa: ANN401 - two modules with the same functions
    """Return the module whose functions take these names: pyscard's take only ASCII."""
    if all(map(str.isascii, taken)):
        return scard
    from cardtool.probe import winscard  # noqa: PLC0415 - ctypes, for few readers

    return winscard


def failure(code: int) -> _Record:
    """Return the record of a call that PC/SC refused."""
    number = code & 0xFFFFFFFF  # negative on some platforms
    return {
        "type": "failure",
        "api": "pcsc",
        "name": _SYMBOLS.get(number, f"0x{number:08X}"),
        "code": number,
        "detail": scard.SCardGetErrorMessage(code) or "",  # Windows has no words for some
    }
