# SPDX-License-Identifier: Apache-2.0
"""The rows of the catalogue: what it has about one card, one PKCS#11 module, one reader."""

from typing import Literal

import msgspec


class Card(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One kind of card that an answer-to-reset identifies."""

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
    """What a card that holds no NES may sign with: nothing; a signature of another country or
    institution; a token whose driver is not known; a security key; unsure: the chip is in cards of
    all kinds."""
    source: str
    """`page.md#heading` in drivers_notes; of a site's own row, whatever it says."""
    is_own: bool = False
    """It is a site's row; there are no words for its card."""

    @property
    def called(self) -> str:
        """Return its name in sentences: a key of `[card]`, or a name for all languages."""
        return self.name if self.is_own or self.holds == "nes" else self.id


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
    needs_service: bool = False
    """On Windows, loading it while the PC/SC service is stopped ends the process."""
    source: str

    def paths(self, platform: str, bits: int) -> tuple[str, ...]:
        """Say where to look for it: `platform` as sys.platform, `bits` of the process."""
        windows = self.windows_32 if bits == 32 else self.windows  # noqa: PLR2004
        return {"linux": self.linux, "win32": windows, "darwin": self.macos}.get(platform, ())


class Reader(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One reader model."""

    id: str
    name: str
    """The name that Kamu SM uses, or the maker's name if Kamu SM hands out no such reader."""
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


class DriverListEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One USB id of the lists of libccid and of ACS's driver.

    Source: drivers_notes/readers.md#ids-of-the-drivers.
    """

    ccid: str
    """The section of libccid's list: supported, should-work, unsupported; `-`: it is in none."""
    kind: str
    """The kind of device, by its name: a slot, a key, a token, a wallet, built-in, …"""
    name: str
    """As the list has it."""
