# SPDX-License-Identifier: Apache-2.0
"""Reads a site's own cards, modules and readers, and checks them as the catalogue is checked."""

import re
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import chain
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import TypeVar

import msgspec

from cardtool.catalog import toml
from cardtool.catalog.rows import Card, Module, Reader
from cardtool.model.refused import Refused

_Row = TypeVar("_Row", Card, Module, Reader)


class Site(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a site's own file may hold."""

    card: tuple[Card, ...] = ()
    module: tuple[Module, ...] = ()
    reader: tuple[Reader, ...] = ()


def read(
    path: str, cards: Sequence[Card], modules: Sequence[Module], readers: Sequence[Reader]
) -> Site:
    """Read a site's file, given the rows that there are already.

    Raises:
        Refused: there is no such file, it is no TOML, or a row is wrong: which one, and why.
    """
    try:
        site = msgspec.convert(toml.handwritten(Path(path)), Site)
    except FileNotFoundError as error:
        raise Refused(code="catalog-missing", file=path) from error
    except msgspec.ValidationError as error:
        reason, _, place = str(error).partition(" - at ")
        raise Refused(
            code="catalog-row", file=path, place=place.strip("`") or "$", reason=reason
        ) from error
    known = {module.id for module in (*modules, *site.module)}
    taken = {name for module in modules for name in module.names}
    wrong = chain(
        _flaws("card", cards, site.card, partial(_of_card, modules=known)),
        _flaws("module", modules, site.module, partial(_of_module, taken=taken)),
        _flaws("reader", readers, site.reader, _of_reader),
    )
    for place, reason in wrong:
        raise Refused(code="catalog-row", file=path, place=place, reason=reason)
    return site


Flaws = Iterator[tuple[str, str]]
"""Where something is wrong, and what."""


def _flaws(
    kind: str, there: Sequence[_Row], new: Sequence[_Row], check: Callable[[str, _Row], Flaws]
) -> Flaws:
    """Yield what is wrong with the new rows of one kind, each by itself and beside the others."""
    ids = {row.id for row in there}
    for number, row in enumerate(new):
        place = f"$.{kind}[{number}]"
        if row.id in ids:
            yield f"{place}.id", f"`{row.id}` is there already"
        if not re.fullmatch("[a-z0-9]+(-[a-z0-9]+)*", row.id):
            yield f"{place}.id", "small letters and digits, with hyphens between them"
        ids.add(row.id)
        yield from check(place, row)


def _of_card(place: str, card: Card, modules: set[str]) -> Flaws:
    patterns = (*card.atrs, *card.historical, *card.starts, *card.contains)
    if not patterns:
        yield place, "nothing tells it from others: give `atrs`, `historical` or `contains`"
    for pattern in patterns:
        if not re.fullmatch("([0-9A-F.]{2})+", pattern):
            yield place, f"no whole bytes in capital hex digits: {pattern}"
    for module in card.modules:
        if module not in modules:
            yield f"{place}.modules", f"there is no module `{module}`"
    if card.holds == "nes" and not card.modules:
        yield f"{place}.modules", "a card with a signature needs a module"


def _of_module(place: str, module: Module, taken: set[str]) -> Flaws:
    for name in module.names:
        if name in taken or name != name.lower():
            yield f"{place}.names", f"in use already, or not in small letters: {name}"
    windows, posix = (*module.windows, *module.windows_32), (*module.linux, *module.macos)
    for path in windows:
        if not PureWindowsPath(path).is_absolute():
            yield place, f"no whole path of Windows: {path}"
    for path in posix:
        if not PurePosixPath(path).is_absolute():
            yield place, f"no whole path: {path}"


def _of_reader(place: str, reader: Reader) -> Flaws:
    for usb in reader.usb:
        if not re.fullmatch("[0-9A-F]{4}:[0-9A-F]{4}", usb):
            yield f"{place}.usb", f"no id such as 072F:B100: {usb}"
    if not reader.pcsc_names and not reader.usb:
        yield place, "nothing tells it from others: give `usb` or `pcsc_names`"
