# SPDX-License-Identifier: Apache-2.0
"""Finds what a text from a screen may mean: a code, an error, a card, a reader, a driver.

A text may mean several things; all of them are returned, because nobody can tell which was meant.
"""

import difflib
import fnmatch
import ntpath
import re
from collections.abc import Iterator
from typing import Literal

from cardtool import catalog
from cardtool.catalog import errors
from cardtool.catalog.atr import answers, historical_bytes, is_whole
from cardtool.model.meaning import Meaning
from cardtool.model.snapshot import Reader
from cardtool.model.surroundings import UsbDevice
from cardtool.rules import hardware, ports, reader_names, spellings
from cardtool.rules.cards import NOT_NES
from cardtool.rules.codes import ROWS
from cardtool.rules.codes.numbers import NUMBERS

MOST_CHARACTERS = 4096
"""Characters that are searched; a pasted line is shorter."""

_MOST = 12
"""The most meanings that are returned: a pasted text may hold any number."""

_NEAREST = 5

_MOST_READERS = 4
"""Models that one name may stand for; a maker's name alone stands for more."""

_MOST_SAID = 300
"""Characters of a message; of a longer text, the beginning counts."""

_SHORTEST = 8
"""Digits of an answer-to-reset; what is shorter may be anything."""

_LARGE = 1 << 16
"""Numbers from here on are errors of one interface only, wherever they stand."""

_HISTORICAL = re.compile(r"SCFILTER\\CID_((?:[0-9A-F]{2}){3,15})", re.IGNORECASE)
"""How Windows' Device Manager calls a card: by its historical bytes.

Source: Microsoft, "Smart card discovery process".
"""
_MODULE = re.compile(r"(?<![^\s\"'])[^\s\"']+\.(?:dll|so(?:\.\d+)*|dylib)\b", re.IGNORECASE)
_OF_PCSC = re.compile(
    r"\A(?!.*(?:code|kod|error|hata))[^\W\d]{3}.* \d{1,2}(?: \d\d)?\Z", re.IGNORECASE
)
"""How PC/SC ends the name of a reader: with its number, and on Linux that of its slot."""
_BEFORE_NAME = re.compile(
    r"^\W{0,9}(?:(?:reader|okuyucu|leser)? ?\d{0,3} ?:|using reader with a card:"
    r"|\d{1,3} {1,9}(?:yes|no) )\s*",
    re.IGNORECASE,
)
"""How pcsc_scan, opensc-tool and certutil begin the line of a reader.

Each repetition has a bound, as two of blanks beside each other take the square of the time.
"""

_OF_FORMS = {
    **dict.fromkeys(hardware.KEYS, "card-is-key"),
    "virtual": "reader-virtual",
    "built-in": "reader-built-in-only",
    "contactless": "reader-own-missing",
}
"""Form of a reader that no e-signature card is put into -> the code of what is said of it."""


def meanings(text: str) -> tuple[Meaning, ...]:
    """Return what a text may mean, each once; the surest first."""
    text = text[:MOST_CHARACTERS].strip().strip("\"'")
    codes, cards = list(_codes(text)), list(_cards(text))
    errors_there = _errors(text, beside=[*codes, *cards])
    found = [*codes, *errors_there, *cards, *_usb(text), *_modules(text)]
    is_word = not any(letter in text for letter in "-:_")  # K30 is a reader's name, too
    found = found or list(_by_words(text))
    told: list[Meaning] = []
    for meaning in [*found, *(_readers(text) if is_word or not found else ())]:
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
    yield from (entry.name for _, entry in catalog.driver_list())


def _codes(text: str) -> Iterator[Meaning]:
    asked, codes = spellings.own_numbers(text), spellings.own_codes(text)
    key = spellings.key(text)
    for code, number in NUMBERS.items():
        if code in codes or number in asked or spellings.key(code) == key:
            yield Meaning(kind="finding", name=code, number=f"K-{number}", findings=(code,))


def _errors(text: str, beside: list[Meaning]) -> Iterator[Meaning]:
    """Give the errors in a text.

    Where a symbol or a card was found in it too, its small numbers are no errors.
    """
    symbols, asked, key = spellings.symbols(text), spellings.numbers(text), spellings.key(text)
    every = [(group, *error) for group in errors.load() for error in group.errors.items()]
    named = [one for one in every if one[1] in symbols]
    if not named and not beside:
        named = [one for one in every if key in spellings.keys_of(one[1])]
    explained = set[str]()
    for group, symbol, number in every:
        is_asked = number in asked[group.api] and (
            number >= _LARGE or not (named or any(one.kind == "card" for one in beside))
        )
        if number < _LARGE and group.en in explained:
            continue  # its HRESULT was explained: E_ACCESSDENIED holds ERROR_ACCESS_DENIED
        if is_asked or (group, symbol, number) in named:
            explained |= {group.en} if number >= _LARGE else set()
            yield _error(group, symbol, number)


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


def _by_words(text: str) -> Iterator[Meaning]:
    """Give the groups of errors with the longest line of words that a text has."""
    text = text[:_MOST_SAID]
    spoken = spellings.words(text)
    lengths = {}
    for place, group in enumerate(errors.load()):
        lines = map(str.split, group.words)
        fitting = (len(line) for line in lines if spellings.are_all_said(line, spoken))
        lengths[place] = max(fitting, default=0)
    longest = max(lengths.values())
    for place, group in enumerate(errors.load()):
        if longest and lengths[place] == longest:
            says = {"en": group.en, "tr": group.tr}
            yield Meaning(kind="words", name="", number=text, says=says, findings=group.leads)


def _cards(text: str) -> Iterator[Meaning]:
    for _, atr in answers(text.splitlines()):
        card = catalog.card_for(atr)
        if card or (len(atr) >= _SHORTEST and is_whole(atr)):
            yield _card(card, atr)
        elif len(atr) >= _SHORTEST:
            yield Meaning(kind="card-cut", name="", number=atr)
    for found in map(str.upper, _HISTORICAL.findall(text)):
        made = f"3B0{len(found) // 2:X}{found}"
        rows = (*catalog.load().cards, *catalog.foreign().cards)
        listed = (row for row in rows if found in map(historical_bytes, row.atrs))
        yield _card(next(listed, None) or catalog.card_for(made), found)


def _card(card: catalog.Card | None, number: str) -> Meaning:
    code = "card-recognised" if card and card.holds == "nes" else "card-unknown"
    if card and card.holds != "nes":
        code = NOT_NES[card.signs]
    return Meaning(kind="card", name=card.called if card else "", number=number, findings=(code,))


def _usb(text: str) -> Iterator[Meaning]:
    found = spellings.usb_ids(text)
    alone = spellings.usb_id_alone(text)
    if not found and alone and (catalog.readers_with(alone) or catalog.driver_list_entry(alone)):
        found = [alone]
    for usb in found:
        device = UsbDevice(vendor=usb[:4], product=usb[5:])
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
    key = spellings.key(text)
    files = _MODULE.findall(text)
    found = [(module, file) for file in files if (module := catalog.module_at(file))]
    yield from (_module(module, ntpath.basename(file)) for module, file in found)
    for module in catalog.load().modules if not found else ():
        stems = {name.partition(".")[0] for name in module.names}
        called = {*stems, module.name, module.package.partition(" (")[0]}
        if key.removeprefix("lib") in {spellings.key(one).removeprefix("lib") for one in called}:
            yield _module(module, module.names[0])


def _module(module: catalog.Module, file: str) -> Meaning:
    kind: Literal["module", "module-software"] = "module"
    kind = "module-software" if module.purpose == "software" else kind
    return Meaning(kind=kind, name=module.name, number=file, findings=())


def _readers(text: str) -> Iterator[Meaning]:
    """Give the models that have this name in PC/SC, in the catalogue, or in drivers' lists."""
    name = _BEFORE_NAME.sub("", text)
    asked = reader_names.words(re.sub(r"(?: \d{1,2}){1,2}\Z", "", name)) - {"generic"}
    is_model = len(asked) > 1 or re.search(r"\d", "".join(asked))  # not a maker's name, not "flash"
    known = _called(name) or tuple(
        model for model in catalog.readers() if asked and asked <= reader_names.words(model.name)
    )
    found: list[tuple[str, str, str]] = []
    found += ((model.name, ", ".join(model.usb), model.form) for model in known)
    if not found and is_model:
        found = [
            (entry.name, usb, entry.kind)
            for usb, entry in catalog.driver_list()
            if asked <= (words := reader_names.words(entry.name))
            or (words <= asked and len(words) > 1)
        ]
    is_virtual = ports.is_virtual(Reader(name=name))
    for called, usb, form in found[:_MOST_READERS] if len(found) <= _MOST else ():
        code = "reader-virtual" if is_virtual else _OF_FORMS.get(form, "reader-found")
        yield Meaning(kind="reader", name=called, number=usb, findings=(code,))
    if not found and _OF_PCSC.search(name):
        yield Meaning(kind="reader", name="", number=name)


def _called(name: str) -> tuple[catalog.Reader, ...]:
    """Return the models that PC/SC calls so, in capital or small letters."""
    small = name.casefold()
    return catalog.readers_named(name) or tuple(
        model
        for model in catalog.readers()
        if any(fnmatch.fnmatchcase(small, pattern.casefold()) for pattern in model.pcsc_names)
    )
