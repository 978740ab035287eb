# SPDX-License-Identifier: Apache-2.0
r"""The job watch: waits until a reader, a card or the PC/SC service comes or goes.

Runs in a worker.

It only asks for status changes: it connects to no card and sends none anything. PC/SC is called at
most four times a second, because under Wine and in some remote sessions a call that should wait
returns at once. After each wait that brings nothing, all readers are listed and asked afresh,
because a service may fail to report a change.

States that change while another program uses a card (in use, powered) are left out.

Source: PC/SC part 5 §3.2.5; Microsoft, SCardGetStatusChange: the high word of the state of
`\\?PnP?\Notification` is the number of readers; pcsc-lite, winscard_clnt.c.
"""

import json
import time
from typing import Any

from smartcard import scard

from cardtool.probe import pcsc

FLOOR_S = 0.25
"""The shortest time between two calls."""

_SLICE_S = 2.0
"""The longest wait for one call: after it everything is asked afresh."""

_NEWS = "\\\\?PnP?\\Notification"
_COUNT = 0xFFFF0000  # of the state of `_NEWS`: the number of readers; of a reader's: its events
_NO_NEWS = scard.SCARD_STATE_INUSE | scard.SCARD_STATE_EXCLUSIVE | scard.SCARD_STATE_UNPOWERED
_WELL = (scard.SCARD_S_SUCCESS, scard.SCARD_E_TIMEOUT)
_WITHOUT_NEWS = (scard.SCARD_E_UNKNOWN_READER, scard.SCARD_E_INVALID_PARAMETER)
"""No such news, or a reader has just gone; or the news would be one too many beside 16 readers.

Source: pcsc-lite, winscard_clnt.c, SCardGetStatusChange: PCSCLITE_MAX_READERS_CONTEXTS.
"""

_NAMES_LISTED = 2  # `winscard` lists the readers twice before each call

_Picture = list[dict[str, Any]] | dict[str, Any]
"""The readers as `jobs.READERS` reads them, or why PC/SC cannot be asked."""


class Watch:
    """Answers with the readers, and remembers its last answer."""

    def __init__(self) -> None:
        """Begin without a last answer, so that the first question is answered at once."""
        self._told: _Picture | None = None
        self._context: int | None = None
        self._states: dict[str, int] = {}
        self._count = 0
        self._knows_news = True
        self._next_at = 0.0

    def answer(self, question: bytes) -> bytes:
        """Return the readers when they differ from the last answer, or when time is up."""
        end = time.monotonic() + json.loads(question)["wait_s"]
        seen = self._look() if self._told is None else self._told
        while seen == self._told and time.monotonic() < end:
            seen = self._round(min(_SLICE_S, end - time.monotonic()))
        self._told = seen
        return json.dumps(seen).encode()

    def _round(self, wait_s: float) -> _Picture:
        """Wait for a change; list all readers again if the result is not complete."""
        if self._context is None:
            return self._look()
        awaited = list(self._states.items())
        if self._knows_news:
            awaited.append((_NEWS, self._count))
        if not awaited:  # nothing to wait for
            time.sleep(wait_s)
            return self._look()
        code, changes = self._changes(awaited, wait_s)
        others = {name for name, state, _ in changes if self._is_other(name, state)}
        if code != scard.SCARD_S_SUCCESS or not others or _NEWS in others:
            return self._look()
        return self._picture(changes)

    def _look(self) -> _Picture:
        """List all readers and return what they are, without waiting."""
        if self._context is None:
            self._pace()
            code, context = scard.SCardEstablishContext(scard.SCARD_SCOPE_USER)
            if code != scard.SCARD_S_SUCCESS:
                return pcsc.failure(code)
            self._context = context
        code, names = self._names()
        if code not in _WELL:
            return self._lost(code)
        awaited = [(name, scard.SCARD_STATE_UNAWARE) for name in names]
        if self._knows_news:
            code, changes = self._changes([*awaited, (_NEWS, scard.SCARD_STATE_UNAWARE)], 0.0)
            self._knows_news = code not in _WITHOUT_NEWS
        if not self._knows_news:
            if not awaited:
                return self._picture([])
            code, changes = self._changes(awaited, 0.0)
            self._knows_news = code == scard.SCARD_E_UNKNOWN_READER
        return self._picture(changes) if code in _WELL else self._lost(code)

    def _picture(self, changes: list[tuple[str, int, list[int]]]) -> _Picture:
        picture = []
        self._states = {}
        for name, state, atr in changes:
            if name == _NEWS:
                self._count = state & _COUNT
            else:
                self._states[name] = state & ~scard.SCARD_STATE_CHANGED
                picture.append(pcsc.reader(name, state & ~_NO_NEWS, bytes(atr)))
        return picture

    def _is_other(self, name: str, state: int) -> bool:
        """Tell whether a state is really another one; Wine says so of each reader with a card."""
        is_said = bool(state & scard.SCARD_STATE_CHANGED)
        return is_said and state & ~scard.SCARD_STATE_CHANGED != self._states.get(name)

    def _names(self) -> tuple[int, list[str]]:
        self._pace()
        code, names = pcsc.names(self._context or 0)
        return (
            scard.SCARD_S_SUCCESS if code == scard.SCARD_E_NO_READERS_AVAILABLE else code
        ), names

    def _changes(
        self, awaited: list[tuple[str, int]], wait_s: float
    ) -> tuple[int, list[tuple[str, int, list[int]]]]:
        names = [name for name, _ in awaited]
        is_ascii = all(map(str.isascii, names))
        self._pace(1 if is_ascii else 1 + _NAMES_LISTED)
        return pcsc.calls(*names).SCardGetStatusChange(  # type: ignore[no-any-return]
            self._context or 0, round(wait_s * 1000), awaited
        )

    def _pace(self, calls: int = 1) -> None:
        """Wait until so many calls may be made."""
        time.sleep(max(0.0, self._next_at - time.monotonic()))
        self._next_at = time.monotonic() + FLOOR_S * calls

    def _lost(self, code: int) -> _Picture:
        """Release the context, which is useless after a restart of the service."""
        if self._context is not None:
            scard.SCardReleaseContext(self._context)
        self._context, self._states, self._count = None, {}, 0
        return pcsc.failure(code)
