# SPDX-License-Identifier: Apache-2.0
"""Finds what a text from a screen may mean: a code, an error, a card, a reader, a driver.

A text may mean several things; all of them are returned, because nobody can tell which was meant.
"""

import difflib
import ntpath
import re
from collections.abc import Iterator

from cardtool import catalog
from cardtool.catalog import errors
from cardtool.model.meaning import Meaning
from cardtool.model.snapshot import Reader
from cardtool.model.surroundings import UsbDevice
from cardtool.rules import hardware, ports
from cardtool.rules.cards import NOT_NES
from cardtool.rules.codes import ROWS
from cardtool.rules.codes.numbers import NUMBERS

MOST_CHARACTERS = 4096
"""Characters that are searched; a pasted line is shorter."""

_MOST = 12
"""The most meanings that are returned: a pasted text may hold any number."""

_NEAREST = 5

_OWN = re.compile(r"\s*K[\s.:#_-]*(\d{1,4})\s*", re.IGNORECASE)
_SYMBOL = re.compile(r"\b[A-Z][A-Z0-9]*+(?:_[A-Z0-9]+)+")
_HEX = re.compile(r"\b0x([0-9a-f]{1,16})\b", re.IGNORECASE)
_LONG = re.compile(r"(?<![\w-])(-?\d{9,10}|[0-9A-Fa-f]{8})\b")
"""How some programs show an HRESULT: decimal, often negative, or hexadecimal without 0x."""
_PROBLEM = re.compile(r"\b(?:code|kodu?)\b\W{0,3}(\d{1,3})\b", re.IGNORECASE)
_STATUS = re.compile(r"\b(?:SW|status)\W{0,3}([69][0-9A-F])\s?([0-9A-F]{2})\b", re.IGNORECASE)
_ATR = re.compile(r"\b3[BF](?:[ :-]?[0-9A-F]{2}){3,32}\b", re.IGNORECASE)
_USB = re.compile(
    r"\bVID_([0-9A-F]{4})&PID_([0-9A-F]{4})|\b([0-9A-F]{4}):([0-9A-F]{4})\b", re.IGNORECASE
)
_PLAIN = re.compile(r"(?:0x)?[0-9A-F]{1,4}", re.IGNORECASE)
_MODULE = re.compile(r"(?<![^\s\"'])[^\s\"']+\.(?:dll|so(?:\.\d+)*|dylib)\b", re.IGNORECASE)
_OF_PCSC = re.compile(r"\A[^\W\d]{3}.* \d{1,2}(?: \d{2})?\Z")
"""How PC/SC ends the name of a reader: with its number, and on Linux that of its slot."""
_LISTED_PLACE = re.compile(r"^\s*\d+:\s*")
"""How pcsc_scan and opensc-tool number the readers of a list."""

_SIGNED = 1 << 32

_HEX_DIGITS = 8

_FROM_WIN32 = 0x8007
"""How an HRESULT begins that holds a plain error of Windows. Source: Windows, winerror.h."""


def meanings(text: str) -> tuple[Meaning, ...]:
    """Return what a text may mean, each once; the surest first."""
    text = text[:MOST_CHARACTERS].strip().strip("\"'")
    found = [*_codes(text), *_errors(text), *_cards(text), *_usb(text), *_modules(text)]
    told: list[Meaning] = []
    for meaning in found or _readers(text):
        if meaning not in told[:_MOST]:
            told.append(meaning)
    return tuple(told[:_MOST])


def nearest(text: str) -> list[str]:
    """Return codes, symbols and names that are similar to a text."""
    known = {name.casefold(): name for name in _names()}
    asked = text[:MOST_CHARACTERS].strip().casefold()
    near = difflib.get_close_matches(asked[:80], known, n=_NEAREST)
    words = [name for name in known if asked and asked in name]
    return [known[name] for name in dict.fromkeys([*near, *words])][:_NEAREST]


def _names() -> Iterator[str]:
    yield from ROWS
    for group in errors.load():
        yield from group.errors
    for reader in catalog.readers():
        yield reader.name
    for module in catalog.load().modules:
        yield from module.names


def _codes(text: str) -> Iterator[Meaning]:
    own = _OWN.fullmatch(text)
    asked = int(own[1]) if own else int(text) if re.fullmatch(r"\d{1,4}", text) else 0
    for code, number in NUMBERS.items():
        if code == text.casefold() or number == asked:
            yield Meaning(kind="finding", name=code, number=f"K-{number}", findings=(code,))


def _errors(text: str) -> Iterator[Meaning]:
    symbols = set(_SYMBOL.findall(text.upper()))
    asked = _numbers(text)
    for group in errors.load():
        for symbol, number in group.errors.items():
            if symbol in symbols or number in asked[group.api]:
                yield _error(group, symbol, number)


def _numbers(text: str) -> dict[str, set[int]]:
    """Return the numbers in a text that may be errors, by the interface that uses such numbers."""
    numbers = {int(digits, 16) % _SIGNED for digits in _HEX.findall(text)}
    for digits in _LONG.findall(text):
        is_decimal = digits.lstrip("-").isdecimal() and len(digits) > _HEX_DIGITS
        numbers.add(int(digits, 10 if is_decimal else 16) % _SIGNED)
    problems = {int(digits) for digits in _PROBLEM.findall(text)}
    statuses = {int(first + second, 16) for first, second in _STATUS.findall(text)}
    plain = set[int]()
    if _PLAIN.fullmatch(text):  # the whole text is one number: it may be any
        plain |= {int(text, 16)} | ({int(text)} if text.isdecimal() else set())
        problems |= {int(text)} if text.isdecimal() else set()
    of_windows = {number & 0xFFFF for number in numbers if number >> 16 == _FROM_WIN32}
    decimals = {int(text)} if text.isdecimal() and plain else set()
    return {
        "pcsc": numbers,
        "pkcs11": numbers | plain,
        "problem": numbers | problems,
        "windows": numbers | of_windows | decimals,
        "card": numbers | statuses | plain,
    }


def _error(group: errors.Group, symbol: str, number: int) -> Meaning:
    digits = 8 if number > 0xFFFF else 4 if group.api == "card" else 2  # noqa: PLR2004
    is_decimal = group.api == "problem" or (group.api == "windows" and digits != 8)  # noqa: PLR2004
    return Meaning(
        kind="card-status" if group.api == "card" else group.api,
        name=symbol,
        number=str(number) if is_decimal else f"0x{number:0{digits}X}",
        says={"en": group.en, "tr": group.tr},
        findings=group.leads,
    )


def _cards(text: str) -> Iterator[Meaning]:
    for found in _ATR.findall(text):
        atr = re.sub(r"[^0-9A-Fa-f]", "", found).upper()
        card = catalog.card_for(atr)
        code = "card-recognised" if card and card.holds == "nes" else "card-unknown"
        if card and card.holds != "nes":
            code = NOT_NES[card.signs]
        yield Meaning(kind="card", name=card.called if card else "", number=atr, findings=(code,))


def _usb(text: str) -> Iterator[Meaning]:
    for one, two, three, four in _USB.findall(text):
        device = UsbDevice(vendor=(one or three).upper(), product=(two or four).upper())
        if not hardware.is_reader(device):
            yield Meaning(kind="usb", name="", number=device.id)
            continue
        code = "reader-identified"
        if hardware.is_key(device):
            code = "card-is-key"
        elif hardware.is_built_in(device):
            code = "reader-built-in-only"
        elif hardware.is_contactless(device):
            code = "reader-own-missing"
        name = hardware.model_name(device)
        yield Meaning(kind="usb", name=name, number=device.id, findings=(code,))


def _modules(text: str) -> Iterator[Meaning]:
    for path in [*_MODULE.findall(text), text]:
        if module := catalog.module_at(path):
            name = ntpath.basename(path)
            yield Meaning(kind="module", name=module.name, number=name, findings=())


def _readers(text: str) -> Iterator[Meaning]:
    """Give the models that have this name in PC/SC or in the catalogue."""
    name = _LISTED_PLACE.sub("", text)
    models = catalog.readers_named(name)
    if not models:
        asked, every = name.casefold(), catalog.readers()
        models = tuple(one for one in every if asked in (one.id, one.name.casefold()))
    if not models and _OF_PCSC.search(name):
        yield Meaning(kind="reader", name="", number=name)
    is_virtual = ports.is_virtual(Reader(name=name))
    code = "reader-virtual" if is_virtual else "reader-found"
    for model in models:
        yield Meaning(kind="reader", name=model.name, number=", ".join(model.usb), findings=(code,))
