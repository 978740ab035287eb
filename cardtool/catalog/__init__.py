# SPDX-License-Identifier: Apache-2.0
"""What is known about cards, PKCS#11 modules and readers anywhere, typed.

The facts are the TOML files beside this one; each row cites a heading in `drivers_notes/`. Nothing
here asks the machine: the catalogue says what is known, not what is installed.
"""

import fnmatch
import functools
import ntpath
import pkgutil
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

import msgspec

from cardtool.catalog.atr import fits, historical_bytes, is_inside
from cardtool.catalog.rows import Card, DriverListEntry, Module, Reader
from cardtool.catalog.toml import rows, shipped
from cardtool.model.once import once

if TYPE_CHECKING:
    from cardtool.catalog.own import Site

__all__ = ["Card", "DriverListEntry", "Module", "Reader"]


class Catalog(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The cards and modules that are known, and the questions to ask of them."""

    cards: tuple[Card, ...] = msgspec.field(name="card")
    modules: tuple[Module, ...] = msgspec.field(name="module")

    def card_for(self, atr: str) -> Card | None:
        """Recognise a card by its whole ATR, its historical bytes, or other bytes in it.

        A listed card wins over any pattern. None: it is not known, or not an ATR at all.

        Source: TÜBİTAK's own code, drivers_notes/akis.md#how-akis-is-recognised; beginnings were
        measured against a public list, drivers_notes/other-cards.md#cards-that-cannot-sign.
        """
        atr = atr.upper()
        historical = historical_bytes(atr)
        for is_it in (
            lambda card: fits(atr, card.atrs),
            lambda card: fits(historical, card.historical),
            lambda card: any(fits(atr[: len(start)], (start,)) for start in card.starts),
            lambda card: any(is_inside(atr, word) for word in card.contains),
        ):
            if card := next(filter(is_it, self.cards), None):
                return card
        return None

    def module(self, module_id: str) -> Module:
        """Give the module with this id.

        Raises:
            KeyError: there is none.
        """
        return {module.id: module for module in self.modules}[module_id]


class Issuer(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One root certificate."""

    id: str
    """Kebab-case; equal to the heading that `source` cites."""
    name: str
    """The common name in it."""
    sha256: str
    """Fingerprint of the DER, upper-case hex: the only thing that makes it trusted."""
    key_id: str
    """Its subject key identifier, upper-case hex; the certificates that it issued name it."""
    urls: tuple[str, ...] = ()
    """Where its owner publishes it."""
    source: str
    """`page.md#heading` in drivers_notes."""


_PLAIN = re.compile(r"[^*?[]*")
"""The beginning of a shell pattern that stands for itself."""

_site = [""]
"""The site's own file, if its configuration names one."""


def add_site_rows(path: str) -> None:
    """Add the rows of a site's own file until this process ends; "" adds none.

    Raises:
        Refused: the file cannot be read, or a row has not the form of the catalogue's rows.
    """
    if path != _site[0]:
        _with_site_rows(path)
        _site[0] = path
        for asked in (card_for, module_at, readers_named, readers_with):
            asked.cache_clear()


def load() -> Catalog:
    """Give the catalogue that ships with the package and the site's rows, read once a process."""
    return _with_site_rows(_site[0])


@once
def _with_site_rows(path: str) -> Catalog:
    """Put a site's rows after those that ship, so that no row of the site renames a card."""
    if path:
        ours, site = _with_site_rows(""), _of_site(path)
        cards = (msgspec.structs.replace(card, is_own=True) for card in site.card)
        return Catalog(cards=(*ours.cards, *cards), modules=(*ours.modules, *site.module))
    tables = {**shipped("cards.toml", dict), **shipped("modules.toml", dict)}
    return msgspec.convert(tables, Catalog)


def readers() -> tuple[Reader, ...]:
    """Give the reader models that ship and the site's, which a check needs after the card."""
    return _readers_with(_site[0])


@once
def _readers_with(path: str) -> tuple[Reader, ...]:
    return (*_readers_with(""), *_of_site(path).reader) if path else rows("readers.toml", Reader)


@once
def _of_site(path: str) -> "Site":
    from cardtool.catalog import own  # noqa: PLC0415 - for sites that have rows of their own

    ours = _with_site_rows("")
    return own.read(path, ours.cards, ours.modules, _readers_with(""))


@once
def foreign() -> Catalog:
    """Give the cards that are tried if `load` has none that fits; reading them takes 3 ms."""
    return msgspec.convert({**shipped("cards-foreign.toml", dict), "module": ()}, Catalog)


@once
def issuers() -> tuple[Issuer, ...]:
    """Give the roots that certificates are traced to: fingerprints, never the certificates."""
    return rows("issuers.toml", Issuer)


@functools.lru_cache(maxsize=1024)
def card_for(atr: str) -> Card | None:
    """Recognise a card as `Catalog.card_for` does, also among foreign cards."""
    return load().card_for(atr) or foreign().card_for(atr)


@functools.lru_cache(maxsize=1 << 14)
def module_at(path: str) -> Module | None:
    """Recognise a module by the name of its file, on any system; `.so.3` counts as `.so`."""
    stem, version, _ = ntpath.basename(path).lower().partition(".so.")
    name = f"{stem}.so" if version else stem
    return next((module for module in load().modules if name in module.names), None)


@functools.lru_cache(maxsize=1 << 14)
def readers_named(pcsc_name: str) -> tuple[Reader, ...]:
    """Give every model that may have this name in PC/SC; only the USB id can narrow it down."""
    return tuple(
        reader
        for reader in readers()
        if any(_is_called(pcsc_name, pattern) for pattern in reader.pcsc_names)
    )


def _is_called(name: str, pattern: str) -> bool:
    """Compare a name with a shell pattern, beginning with what is plain in it: that is cheap."""
    plain = _PLAIN.match(pattern)
    return name.startswith(plain[0] if plain else "") and fnmatch.fnmatchcase(name, pattern)


@functools.lru_cache(maxsize=1 << 14)
def readers_with(usb: str) -> tuple[Reader, ...]:
    """Give every model with this USB id, which is written as in the catalogue."""
    return tuple(reader for reader in readers() if usb in reader.usb)


@functools.lru_cache(maxsize=1 << 14)
def driver_list_entry(usb: str) -> DriverListEntry | None:
    """Return what the lists of libccid and acsccid say of a USB id; None: it is in neither.

    The file is searched, not parsed, which takes microseconds instead of milliseconds.
    """
    _, found, rest = _reader_ids().partition(f"\n{usb}\t")
    if not found:
        return None
    return _entry(rest.partition("\n")[0])


def driver_list() -> Iterator[tuple[str, DriverListEntry]]:
    """Yield each USB id of the lists of libccid and acsccid with what they say of it."""
    for line in _reader_ids().splitlines():
        usb, _, rest = line.partition("\t")
        if not line.startswith("#"):
            yield usb, _entry(rest)


def _entry(columns: str) -> DriverListEntry:
    ccid, _, _, kind, name = columns.split("\t")
    return DriverListEntry(ccid=ccid, kind=kind, name=name)


@once
def _reader_ids() -> str:
    return (pkgutil.get_data(__name__, "reader_ids.tsv") or b"").decode()
