# SPDX-License-Identifier: Apache-2.0
"""Which readers are plugged in, and which of them PC/SC offers to programs.

Gives no findings. A reader that PC/SC serves must never be reported as missing because its name is
odd. So names are compared first, then readers are counted; if both leave it open, nothing is said.
"""

import re
from collections import Counter

import msgspec

from cardtool import catalog
from cardtool.model.snapshot import Failure, Reader, Snapshot
from cardtool.model.surroundings import UsbDevice
from cardtool.rules import desk
from cardtool.rules.remembered import remembered

_CCID = "0B"
"""The interface class of card readers. Source: USB-IF, Defined Class Codes."""

_NEEDS_DRIVER = 28
"""CM_PROB_FAILED_INSTALL: no driver is installed for the device. Source: Windows, cfg.h."""

_DISABLED = 22
"""CM_PROB_DISABLED: somebody switched the device off. Source: the same."""

_GENERIC = frozenset(
    {"card", "ccid", "device", "interface", "reader", "smart", "smartcard", "token", "usb"}
)
"""Words that say nothing about which reader it is."""


_MOST_NAMED = 50
"""Devices whose names are compared with those of readers, at most; nobody has more."""

_UNNAMEABLE = "SCARD_E_INVALID_VALUE"
"""Failure that older versions recorded for a reader whose name was not ASCII."""


class Ports(msgspec.Struct, frozen=True, kw_only=True):
    """The readers on USB that PC/SC serves and that it does not; in doubt, neither."""

    served: tuple[UsbDevice, ...]
    unserved: tuple[UsbDevice, ...]


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


@remembered
def real(snapshot: Snapshot) -> tuple[Reader, ...]:
    """Return the readers of PC/SC into which a card can be put."""
    return tuple(reader for reader in desk.readers(snapshot) if not desk.is_virtual(reader))


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
    match device.problem:
        case None | 0:
            return None
        case problem if problem == _DISABLED:
            return "reader-disabled"
        case problem if problem == _NEEDS_DRIVER:
            return "reader-driver-missing"
        case _:
            return "reader-faulty"


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


def sort(snapshot: Snapshot) -> Ports:
    """Divide the readers on USB into those that PC/SC serves and those that it does not.

    A reader with two slots has two names in PC/SC, and readers of one model have the same name. So
    names are assigned to USB ids, not to devices.
    """
    devices, readers = plugged(snapshot), real(snapshot)
    served: list[UsbDevice] = []
    unserved: list[UsbDevice] = []
    open_: list[UsbDevice] = []
    named = list(dict.fromkeys(devices))[:_MOST_NAMED]
    ids = {device.id for device in devices}
    names = [_names(named, ids, reader) for reader in readers]
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
    return Ports(served=tuple(served), unserved=tuple(unserved))


def _by_id(devices: tuple[UsbDevice, ...]) -> list[list[UsbDevice]]:
    """Group devices by id; in each group those that nothing hinders come first."""
    groups: dict[str, list[UsbDevice]] = {}
    for each in sorted(devices, key=lambda device: (bool(hindrance(device)), lacks_driver(device))):
        groups.setdefault(each.id, []).append(each)
    return list(groups.values())


def _names(devices: list[UsbDevice], ids: set[str], reader: Reader) -> frozenset[str]:
    """Return the ids of the devices that this PC/SC reader may be, by catalogue or by name.

    If the catalogue knows the name, a known model counts by the catalogue alone, and not by its
    words.
    """
    listed = {usb for model in catalog.readers_named(reader.name) for usb in model.usb}
    known = ids & listed
    letters = re.sub(r"[^a-z0-9]", "", reader.name.casefold())
    return frozenset(known) | {
        each.id
        for each in devices
        if not (known and models(each))
        if (words := _words(each.name) or _words(each.maker))
        if all(word in letters for word in words)
    }


def _words(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"[a-z0-9]{2,}", text.casefold())) - _GENERIC


def refusal(reader: Reader) -> Failure | None:
    """Return why a reader could not be asked about a card at all; None: it was asked."""
    card = reader.card
    return card if isinstance(card, Failure) and card.name == _UNNAMEABLE else None
