# SPDX-License-Identifier: Apache-2.0
"""The calls of PC/SC that take a reader's name, for names that are not ASCII. Runs in a worker.

pyscard refuses such names, and fails for the whole list if a name is not UTF-8. The library itself
takes names as bytes, on Windows as text. These functions are called like pyscard's, and share its
contexts and cards.

Source: pyscard 2.3.1, helpers.c, _ReaderStateFromTuple; pcsc-lite 1.9, winscard.h; PC/SC in the
Windows SDK, winscard.h.
"""

import ctypes
import sys
from collections.abc import Sequence
from functools import cache
from typing import Any, ClassVar

Native = bytes | str
"""A name as the library has it: bytes, or on Windows a text."""

_IS_WINDOWS, _IS_MAC = sys.platform == "win32", sys.platform == "darwin"
_LIBRARY = {
    "win32": "winscard.dll",
    "darwin": "/System/Library/Frameworks/PCSC.framework/PCSC",
}.get(sys.platform, "libpcsclite.so.1")
_SUFFIX = "W" if _IS_WINDOWS else ""
_WORD: Any = ctypes.c_uint32 if _IS_WINDOWS or _IS_MAC else ctypes.c_ulong
_HANDLE: Any = ctypes.c_void_p if _IS_WINDOWS else ctypes.c_int32 if _IS_MAC else ctypes.c_long
_NAME: Any = ctypes.c_wchar_p if _IS_WINDOWS else ctypes.c_char_p
_ATR_BYTES = 36 if _IS_WINDOWS else 33


class _ReaderState(ctypes.Structure):
    """SCARD_READERSTATE."""

    if _IS_MAC:
        _pack_ = 1
    _fields_: ClassVar[Sequence[tuple[str, Any]]] = (
        ("name", _NAME),
        ("user_data", ctypes.c_void_p),
        ("current", _WORD),
        ("event", _WORD),
        ("atr_length", _WORD),
        ("atr", ctypes.c_ubyte * _ATR_BYTES),
    )


@cache
def _function(name: str) -> Any:  # noqa: ANN401 - ctypes gives no type
    """Return a function of the library that pyscard has loaded, on Windows the one for texts."""
    return getattr(getattr(ctypes, "WinDLL", ctypes.CDLL)(_LIBRARY), f"{name}{_SUFFIX}")


def SCardListReaders(context: int, _groups: Sequence[str]) -> tuple[int, list[str]]:  # noqa: N802
    """Return a code and the names of all readers, for people: what is no UTF-8 is replaced."""
    code, names = _names(context)
    return code, list(names)


def SCardGetStatusChange(  # noqa: N802
    context: int, wait_ms: int, awaited: Sequence[tuple[str, int]]
) -> tuple[int, list[tuple[str, int, list[int]]]]:
    """Wait for a change of a reader's state; returns a code, and name, state and ATR of each."""
    _, native = _names(context)
    states = (_ReaderState * len(awaited))()
    for state, (name, current) in zip(states, awaited, strict=True):
        state.name, state.current = native.get(name, _encoded(name)), current
    call = _function("SCardGetStatusChange")
    code = call(_HANDLE(context), _WORD(wait_ms), states, _WORD(len(awaited)))
    return _signed(code), [
        (name, state.event, list(state.atr[: min(state.atr_length, _ATR_BYTES)]))
        for state, (name, _) in zip(states, awaited, strict=True)
    ]


def SCardConnect(  # noqa: N802
    context: int, name: str, mode: int, protocols: int
) -> tuple[int, int, int]:
    """Connect to a card; returns a code, the card and its protocol."""
    _, native = _names(context)
    card, protocol = _HANDLE(), _WORD()
    code = _function("SCardConnect")(
        _HANDLE(context),
        _NAME(native.get(name, _encoded(name))),
        _WORD(mode),
        _WORD(protocols),
        ctypes.byref(card),
        ctypes.byref(protocol),
    )
    return _signed(code), card.value or 0, protocol.value


def _names(context: int) -> tuple[int, dict[str, Native]]:
    """Return a code, and for each reader its shown name with the library's own name."""
    call, size = _function("SCardListReaders"), _WORD()
    code = call(_HANDLE(context), None, None, ctypes.byref(size))
    if code:
        return _signed(code), {}
    create = ctypes.create_unicode_buffer if _IS_WINDOWS else ctypes.create_string_buffer
    room: Any = create(size.value)
    code = call(_HANDLE(context), None, room, ctypes.byref(size))
    listed: Native = room[: size.value]
    nul: Any = "\0" if isinstance(listed, str) else b"\0"
    return _signed(code), {shown(name): name for name in listed.split(nul) if name}


def shown(name: Native) -> str:
    """Return a name for people, as PKCS#11 modules' slots are described as well."""
    return name if isinstance(name, str) else name.decode("utf-8", "replace")


def _encoded(name: str) -> Native:
    return name if _IS_WINDOWS else name.encode()


def _signed(code: int) -> int:
    """Return a code as pyscard gives it: pcsc-lite's are positive, those of others are not."""
    return code if _IS_WINDOWS or _IS_MAC else code & 0xFFFFFFFF
