# SPDX-License-Identifier: Apache-2.0
"""What the name of a reader in PC/SC tells: its forms, and which devices on USB it may be.

Gives no findings.
"""

import functools
import re

from cardtool import catalog
from cardtool.model.snapshot import Reader
from cardtool.model.surroundings import UsbDevice
from cardtool.model.turkey import folded
from cardtool.rules import hardware

_NOBODYS = frozenset({"virtual", "token", "key", "contactless", "built-in"})
"""Forms of readers that are not given out for e-signature cards."""

_GENERIC = frozenset(
    {"card", "ccid", "device", "interface", "reader", "smart", "smartcard", "token", "usb"}
)
"""Words that say nothing about which reader it is."""


_EMULATED = ("VMware Virtual USB CCID", "QEMU")
"""How the names of a virtual machine's made-up readers begin. Source: drivers_notes/readers.md.
"""


@functools.lru_cache(maxsize=1024)
def forms(name: str) -> frozenset[str]:
    """Return the forms of the models with this name in PC/SC, with or without its numbers."""
    return frozenset(model.form for model in catalog.readers_named(name))


def is_emulated(name: str) -> bool:
    """Tell whether a reader of this name is one that a virtual machine makes up."""
    return name.startswith(_EMULATED)


def is_lasting(name: str) -> bool:
    """Tell whether a reader of this name is hardware, not something that software shows."""
    return not forms(name) or not forms(name) <= {"virtual", "token"}


def is_own(name: str) -> bool:
    """Tell whether a reader of this name may be the one that a person was given."""
    return not forms(name) or not forms(name) <= _NOBODYS


def may_be_token(name: str) -> bool:
    """Tell whether a reader of this name may be a USB token."""
    return "token" in forms(name)


def ids_of(reader: Reader, devices: list[UsbDevice], ids: set[str]) -> frozenset[str]:
    """Return the ids of the devices that this PC/SC reader may be, by catalogue or by name.

    If the catalogue knows the name, models that it knows are matched only by catalogue, not by
    words.
    """
    known = ids & {usb for model in catalog.readers_named(reader.name) for usb in model.usb}
    letters = _letters(reader.name)
    return frozenset(known) | {
        device.id
        for device in devices
        if not (known and hardware.models(device))
        if (known_by := words(device.name) or words(device.maker))
        if all(word in letters for word in known_by)
    }


@functools.lru_cache(maxsize=1024)
def _letters(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", folded(text))


@functools.lru_cache(maxsize=1024)
def words(text: str) -> frozenset[str]:
    """Return the words of a name that tell which reader it is, in small letters."""
    return frozenset(re.findall(r"[a-z0-9]{2,}", folded(text))) - _GENERIC
