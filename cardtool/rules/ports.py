# SPDX-License-Identifier: Apache-2.0
"""Which readers PC/SC offers to programs, which are plugged in, and which are both.

Gives no findings. A reader that PC/SC serves must never be reported as missing because its name is
odd. So names are compared first, then readers are counted; if both leave it open, nothing is said.
"""

import functools
import re
from collections import Counter

from cardtool import catalog
from cardtool.model.snapshot import Failure, Reader, Snapshot
from cardtool.model.surroundings import UsbDevice
from cardtool.rules.remembered import remembered

_GONE = frozenset({0x8010001D, 0x8010001E})
"""SCARD_E_NO_SERVICE, SCARD_E_SERVICE_STOPPED. Source: PC/SC, winscard.h."""

_UNPLUGGED = "UNAVAILABLE"
"""The state that pcscd gives a reader whose driver says that the device is gone.

Source: drivers_notes/readers.md#unplugged-in-the-middle.
"""

_UNNAMEABLE = "SCARD_E_INVALID_VALUE"
"""Failure that older versions recorded for a reader whose name was not ASCII."""

_CCID = "0B"
"""The interface class of card readers. Source: USB-IF, Defined Class Codes."""

_PROBLEMS = {
    **dict.fromkeys((1, 18, 28), "reader-driver-missing"),
    **dict.fromkeys((19, 32, 37, 39, 40, 41, 48, 52), "reader-driver-unloadable"),
    22: "reader-disabled",
    31: "reader-not-started",
    45: "reader-not-connected",
    47: "reader-ejected",
}
"""Problem code of Windows -> what it means for a reader; any other is a fault of the reader.

Source: Windows, cfg.h, CM_PROB_; drivers_notes/readers.md#problem-codes.
"""

_NOT_CONNECTED = 45
"""CM_PROB_PHANTOM: Windows remembers a device that is not there. Source: the same."""

_GENERIC = frozenset(
    {"card", "ccid", "device", "interface", "reader", "smart", "smartcard", "token", "usb"}
)
"""Words that say nothing about which reader it is."""

_MOST_NAMED = 50
"""Devices whose names are compared with those of readers, at most; nobody has more."""


@remembered
def readers(snapshot: Snapshot) -> tuple[Reader, ...]:
    """Return the readers that can be used; none where PC/SC could not be asked."""
    return tuple(reader for reader in _listed(snapshot) if _UNPLUGGED not in reader.states)


@remembered
def real(snapshot: Snapshot) -> tuple[Reader, ...]:
    """Return the readers of PC/SC into which a card can be put."""
    return tuple(reader for reader in readers(snapshot) if not is_virtual(reader.name))


def unplugged(snapshot: Snapshot) -> tuple[str, ...]:
    """Return the names of the readers that are gone, or that PC/SC still lists and cannot use."""
    usable = {reader.name for reader in readers(snapshot)}
    names = (*snapshot.vanished, *(reader.name for reader in _listed(snapshot)))
    return tuple(name for name in dict.fromkeys(names) if name not in usable)


def _listed(snapshot: Snapshot) -> tuple[Reader, ...]:
    return () if isinstance(snapshot.readers, Failure) else snapshot.readers


@functools.lru_cache(maxsize=1024)
def is_virtual(name: str) -> bool:
    """Tell whether a program only pretends to be the reader of a name, which takes no card.

    The numbers at the end of the name may be missing.
    """
    models = catalog.readers_named(name)
    return bool(models) and all(model.form == "virtual" for model in models)


def has_card(reader: Reader) -> bool:
    """Tell whether a card is in a reader, if only one that does not answer."""
    return reader.card is not None or "MUTE" in reader.states


def was_filled(reader: Reader) -> bool:
    """Tell whether a card is in a reader, or was during the check."""
    return has_card(reader) or reader.changes > 0


def refusal(reader: Reader) -> Failure | None:
    """Return why a reader could not be asked about a card at all; None: it was asked."""
    card = reader.card
    return card if isinstance(card, Failure) and card.name == _UNNAMEABLE else None


def is_gone(readers: object) -> bool:
    """Tell whether a failure in place of the readers means that the PC/SC service is stopped."""
    return isinstance(readers, Failure) and readers.api == "pcsc" and readers.code in _GONE


@remembered
def plugged(snapshot: Snapshot) -> tuple[UsbDevice, ...]:
    """Return the card readers on USB; none if USB could not be read.

    In a remote desktop session programs see the readers of the other machine, so none here count.
    """
    host = snapshot.host
    if not isinstance(snapshot.usb, tuple):
        return ()
    if host.platform == "win32" and "rdp" in host.session.marks:
        return ()
    return tuple(device for device in snapshot.usb if _CCID in device.classes or models(device))


def models(device: UsbDevice) -> tuple[catalog.Reader, ...]:
    """Return the models of the catalogue that have this id."""
    return catalog.readers_with(device.id)


def model_name(device: UsbDevice) -> str:
    """Name a reader: as the catalogue does, as it does itself, or by its id."""
    names = dict.fromkeys(model.name for model in models(device))
    return " / ".join(names) or device.name or device.id


def is_built_in(device: UsbDevice) -> bool:
    """Tell whether a reader is part of the computer."""
    known = models(device)
    return bool(known) and all(model.form == "built-in" for model in known)


def hindrance(device: UsbDevice) -> str | None:
    """Return the code of what keeps the system from using a device, if anything does."""
    if not device.allowed:
        return "reader-blocked"
    if not device.problem:
        return None
    return _PROBLEMS.get(device.problem, "reader-faulty")


def lacks_driver(device: UsbDevice) -> bool:
    """Tell whether no installed PC/SC driver lists a device, as far as that is known."""
    if device.drivers is not None:
        return not device.drivers
    return device.problem is None and any(model.ccid == "not-ccid" for model in models(device))


def is_ccid(device: UsbDevice) -> bool:
    """Tell whether a driver for the whole class of readers can be enough for it."""
    known = models(device)
    if known and all(model.ccid == "not-ccid" for model in known):
        return False
    return _CCID in device.classes or (not device.classes and bool(known))


def divide(snapshot: Snapshot) -> tuple[list[UsbDevice], list[UsbDevice]]:
    """Divide the readers on USB into those that PC/SC serves and those that it does not.

    In doubt a reader is in neither list. A reader with two slots has two names in PC/SC, and
    readers of one model have the same name. So names are assigned to USB ids, not to devices.
    """
    devices = plugged(snapshot)
    served: list[UsbDevice] = []
    unserved: list[UsbDevice] = []
    open_: list[UsbDevice] = []
    named = list(dict.fromkeys(devices))[:_MOST_NAMED]
    ids = {device.id for device in devices}
    names = [_ids_of(reader, named, ids) for reader in real(snapshot)]
    counts = Counter(usb for of_reader in names for usb in of_reader)
    for group in _by_id(devices):
        if count := counts[group[0].id]:
            served += group[:count]
            unserved += group[count:]
        else:
            unserved += [device for device in group if hindrance(device)]
            open_ += [device for device in group if not hindrance(device)]
    nameless = names.count(frozenset())
    doubtful = [device for device in open_ if lacks_driver(device)]
    if not nameless:
        unserved += open_
    elif nameless >= len(open_):
        served += open_
    elif len(doubtful) <= len(open_) - nameless:
        unserved += doubtful
    return served, unserved


def _by_id(devices: tuple[UsbDevice, ...]) -> list[list[UsbDevice]]:
    """Group devices by id; in each group those that nothing hinders come first."""
    groups: dict[str, list[UsbDevice]] = {}
    for device in sorted(devices, key=lambda one: (bool(hindrance(one)), lacks_driver(one))):
        groups.setdefault(device.id, []).append(device)
    return list(groups.values())


def _ids_of(reader: Reader, devices: list[UsbDevice], ids: set[str]) -> frozenset[str]:
    """Return the ids of the devices that this PC/SC reader may be, by catalogue or by name.

    If the catalogue knows the name, a known model counts by the catalogue alone, and not by its
    words.
    """
    known = ids & {usb for model in catalog.readers_named(reader.name) for usb in model.usb}
    letters = re.sub(r"[^a-z0-9]", "", reader.name.casefold())
    return frozenset(known) | {
        device.id
        for device in devices
        if not (known and models(device))
        if (words := _words(device.name) or _words(device.maker))
        if all(word in letters for word in words)
    }


def _words(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"[a-z0-9]{2,}", text.casefold())) - _GENERIC
