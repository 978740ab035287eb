# SPDX-License-Identifier: Apache-2.0
"""What is known about cards, PKCS#11 modules and readers anywhere, typed.

The facts are the TOML files beside this one; each row cites a heading in `drivers_notes/`.
Nothing here looks at the machine: the catalogue says what is known, not what is there.
"""

import fnmatch
import functools
import ntpath
import pkgutil
from typing import Literal

import msgspec

from cardtool.catalog.toml import shipped
from cardtool.model.once import once

_TD = 8
"""The bit of Y that announces a TD byte, whose upper half is the next Y. ISO/IEC 7816-3 §8.2.3."""


class Card(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One kind of card, as far as its answer-to-reset tells kinds apart."""

    id: str
    """Kebab-case; equal to the heading that `source` cites."""
    name: str
    """What people call it; the same in every language."""
    family: str
    """Kebab-case; cards of one family are read by the same module."""
    atrs: tuple[str, ...] = ()
    """Whole answers-to-reset, upper-case hex; a `.` stands for a digit that varies."""
    historical: tuple[str, ...] = ()
    """The same for the historical bytes alone."""
    starts: tuple[str, ...] = ()
    """How the answer begins, for a kind without a list (`.` as above); compared after all lists."""
    contains: tuple[str, ...] = ()
    """Bytes (hex) that identify the kind anywhere in the answer, if nothing else did."""
    modules: tuple[str, ...] = ()
    """Module ids, the preferred one first; none for cards that no signature can be on."""
    opensc_driver: str | None = None
    """The OpenSC card driver that reads it and that OpenSC does not try by itself."""
    holds: Literal["nes", "other"]
    """nes: a qualified certificate may be on it. The answer-to-reset never says that one is."""
    signs: Literal["no", "abroad", "token", "key", "unsure"] = "no"
    """Of a card with another thing on it: no signature can be there; one of another country or
    institution; a token of a maker whose driver is not known; a security key; a chip that is in
    cards of all kinds."""
    source: str
    """`page.md#heading` in drivers_notes."""

    @property
    def called(self) -> str:
        """Return what sentences name it by: the key of its words, or a name of all languages."""
        return self.name if self.holds == "nes" else self.id


class Module(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One PKCS#11 library and the places where its installers put it."""

    id: str
    name: str
    """The product."""
    names: tuple[str, ...]
    """File names without folder, lower-case ASCII, without the numbers after `.so`."""
    linux: tuple[str, ...] = ()
    """Absolute paths, likeliest first; here and below the first that exists is the module."""
    windows: tuple[str, ...] = ()
    """As a 64-bit process sees them."""
    windows_32: tuple[str, ...] = ()
    """For a 32-bit process; a SysWOW64 path is the same file from either kind of process."""
    macos: tuple[str, ...] = ()
    purpose: Literal["card", "software"]
    """software: no card behind it (or another module); never loaded to look for one."""
    package: str
    """The product to install, as a person would search for it."""
    source: str

    def paths(self, platform: str, bits: int) -> tuple[str, ...]:
        """Say where to look for it: `platform` as sys.platform, `bits` of the process."""
        windows = self.windows_32 if bits == 32 else self.windows  # noqa: PLR2004
        return {"linux": self.linux, "win32": windows, "darwin": self.macos}.get(platform, ())


class Reader(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One reader model."""

    id: str
    name: str
    """The name Kamu SM uses, or the maker's where it hands out no such reader."""
    usb: tuple[str, ...]
    """`VVVV:PPPP`, upper-case hex. Models share ids: several rows may have one."""
    pcsc_names: tuple[str, ...]
    """Shell patterns (`*`, `?`, `[0-9]`) for the name PC/SC gives it, on any system."""
    ccid: Literal["supported", "should-work", "unsupported", "maker-lists", "not-ccid"]
    """The section of libccid's list it stands in; maker-lists: only its maker's driver lists it,
    which Linux needs; not-ccid: so does every system."""
    form: Literal["mini", "desktop", "either", "built-in", "contactless", "key", "token", "virtual"]
    """mini: takes the SIM-sized card; either: for the desk or built in; key: a security key, its
    card is no NES; token: its own card may be one; virtual: a program only plays it."""
    driver: str
    """`page.md#heading` in drivers_notes: the driver it needs."""
    package: str = ""
    """The driver product to install; empty: the CCID driver that comes with the system."""
    source: str


class Listed(msgspec.Struct, frozen=True, kw_only=True):
    """One USB id of the lists of libccid and of ACS's driver.

    Source: drivers_notes/readers.md#ids-of-the-drivers.
    """

    ccid: str
    """The section of libccid's list: supported, should-work, unsupported; `-`: it is in none."""
    kind: str
    """What kind of thing it is, by its name: a slot, a key, a token, a wallet, built-in, …"""
    name: str
    """As the list has it."""


class Catalog(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything that is known, and the questions to ask of it."""

    cards: tuple[Card, ...] = msgspec.field(name="card")
    modules: tuple[Module, ...] = msgspec.field(name="module")
    readers: tuple[Reader, ...] = msgspec.field(name="reader")

    def card_for(self, atr: str) -> Card | None:
        """Recognise a card: by its whole ATR, its historical bytes, its beginning, a word in it.

        A listed card wins over any pattern. None: not known, which goes for anything that is not
        an ATR too.

        Source: TÜBİTAK's own code, drivers_notes/akis.md#how-akis-is-recognised; beginnings were
        measured against a public list, drivers_notes/other-cards.md#cards-that-cannot-sign.
        """
        atr = atr.upper()
        historical = historical_bytes(atr)
        for fits in (
            lambda card: _fits(atr, card.atrs),
            lambda card: _fits(historical, card.historical),
            lambda card: any(_fits(atr[: len(start)], (start,)) for start in card.starts),
            lambda card: any(_is_inside(atr, word) for word in card.contains),
        ):
            if card := next(filter(fits, self.cards), None):
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
    """Its subject key identifier, upper-case hex: which certificates it may have issued."""
    urls: tuple[str, ...] = ()
    """Where its owner publishes it."""
    source: str
    """`page.md#heading` in drivers_notes."""


class _Issuers(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    issuer: tuple[Issuer, ...]


@once
def load() -> Catalog:
    """Give the catalogue that ships with the package, read once a process."""
    tables: dict[str, object] = {}
    for name in ("cards", "modules", "readers"):
        tables |= shipped(f"{name}.toml", dict)
    return msgspec.convert(tables, Catalog)


@once
def foreign() -> Catalog:
    """Give the cards that are asked about only where `load` names none; it takes 3 ms to read."""
    return msgspec.convert(
        {**shipped("cards-foreign.toml", dict), "module": (), "reader": ()}, Catalog
    )


@once
def issuers() -> tuple[Issuer, ...]:
    """Give the roots that certificates are traced to: fingerprints, never the certificates."""
    return shipped("issuers.toml", _Issuers).issuer


@functools.lru_cache(maxsize=1024)
def card_for(atr: str) -> Card | None:
    """Recognise a card as `Catalog.card_for` does, by what ships."""
    return load().card_for(atr) or foreign().card_for(atr)


@functools.lru_cache(maxsize=1 << 14)
def module_at(path: str) -> Module | None:
    """Recognise a module by the name of its file, on any system; `.so.3` counts as `.so`."""
    stem, version, _ = ntpath.basename(path).lower().partition(".so.")
    name = f"{stem}.so" if version else stem
    return next((module for module in load().modules if name in module.names), None)


@functools.lru_cache(maxsize=1 << 14)
def readers_named(pcsc_name: str) -> tuple[Reader, ...]:
    """Give every model that PC/SC may call so; only the USB id can narrow it down."""
    return tuple(
        reader
        for reader in load().readers
        if any(fnmatch.fnmatchcase(pcsc_name, pattern) for pattern in reader.pcsc_names)
    )


@functools.lru_cache(maxsize=1 << 14)
def readers_with(usb: str) -> tuple[Reader, ...]:
    """Give every model with this USB id, which is written as in the catalogue."""
    return tuple(reader for reader in load().readers if usb in reader.usb)


@functools.lru_cache(maxsize=1 << 14)
def listed(usb: str) -> Listed | None:
    """Return what the lists of libccid and acsccid say of a USB id; None: it is in neither.

    The file is searched and never parsed: that takes a few microseconds instead of milliseconds.
    """
    _, found, rest = _reader_ids().partition(f"\n{usb}\t")
    if not found:
        return None
    ccid, _, _, kind, name = rest.partition("\n")[0].split("\t")
    return Listed(ccid=ccid, kind=kind, name=name)


@once
def _reader_ids() -> str:
    return (pkgutil.get_data(__name__, "reader_ids.tsv") or b"").decode()


def historical_bytes(atr: str) -> str:
    """Give the historical bytes of an answer-to-reset, in which a card says what it is, as hex.

    A wrong check byte is kept, not refused: such answers are in circulation, and what the card says
    of itself is right in them. Empty: it has none, is not hex, or is shorter than its own format
    bytes announce.

    Source: ISO/IEC 7816-3:2006 §8.2; drivers_notes/atr.md#how-an-atr-is-read.
    """
    try:
        data = bytes.fromhex(atr)
        start, present, has_check_byte = 2, data[1] >> 4, False
        while present & _TD:
            start += present.bit_count()
            present, protocol = divmod(data[start - 1], 16)
            has_check_byte = has_check_byte or protocol != 0
    except (ValueError, IndexError):
        return ""
    start += present.bit_count()
    end = start + data[1] % 16
    return data[start:end].hex().upper() if len(data) >= end + has_check_byte else ""


def _fits(hexadecimal: str, patterns: tuple[str, ...]) -> bool:
    return any(
        len(pattern) == len(hexadecimal)
        and all(wanted in (".", digit) for wanted, digit in zip(pattern, hexadecimal, strict=True))
        for pattern in patterns
    )


def _is_inside(atr: str, word: str) -> bool:
    """Tell whether a word begins at a whole byte: two halves of bytes are no byte."""
    return any(atr.startswith(word, place) for place in range(0, len(atr), 2))
