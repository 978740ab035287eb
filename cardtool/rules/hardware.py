# SPDX-License-Identifier: Apache-2.0
"""Tells what a USB device is: whether a reader, its model and form, and what hinders its use.

Judges one device by itself; gives no findings. `ports` compares devices with PC/SC.
"""

import re

from cardtool import catalog
from cardtool.model.surroundings import UsbDevice

_CCID = "0B"
"""The interface class of card readers. Source: USB-IF, Defined Class Codes."""

_MAKERS_OWN = "FF"
"""The class of interfaces with a protocol of their maker. Source: the same."""

NOT_CONNECTED = 45
"""The problem code of a device that is not there: CM_PROB_PHANTOM. Source: Windows, cfg.h."""

_PROBLEMS = {
    **dict.fromkeys((1, 18, 28), "reader-driver-missing"),
    **dict.fromkeys((19, 32, 37, 39, 40, 41), "reader-driver-unloadable"),
    **dict.fromkeys((48, 52), "reader-driver-refused"),
    **dict.fromkeys((14, 21, 38, 54), "reader-needs-restart"),
    22: "reader-disabled",
    31: "reader-not-started",
    NOT_CONNECTED: "reader-not-connected",
    47: "reader-ejected",
}
"""Problem code of Windows -> what it means for a reader; any other is a fault of the reader.

Source: Windows, cfg.h, CM_PROB_; drivers_notes/readers.md#problem-codes.
"""

_LOCATION = re.compile(r"0x[0-9a-fA-F]{2}(?P<ports>[0-9a-fA-F]{6})")

_HUBS_INSIDE = frozenset({
    "0438:7900", "8087:0020", "8087:0024", "8087:8000", "8087:8001", "8087:8008", "8087:8009",
})  # fmt: skip
"""Hubs in the chipsets of AMD and Intel. Source: drivers_notes/usb.md#hubs-in-the-computer."""

_ACS = "072F"
"""The vendor id of Advanced Card Systems, which makes a driver for its readers. Source: usb.ids."""

_OF_LIBCCID = frozenset({"supported", "should-work", "unsupported"})
"""The sections of libccid's list."""

KEYS = frozenset({"key", "wallet", "upgrade"})
"""Kinds of devices that look like a reader, but take no card."""

BUILT_IN, EITHER = frozenset({"built-in"}), frozenset({"either"})
"""Forms of built-in readers, and of those whose chip is also in readers for the desk."""


def is_reader(device: UsbDevice) -> bool:
    """Tell whether a device is a reader: by its class, by its model, or because drivers list it.

    That drivers list it counts only if its class is its maker's own or not known, because makers of
    readers use listed ids for other devices too.
    """
    if _CCID in device.classes or models(device):
        return True
    is_own_class = _MAKERS_OWN in device.classes or not device.classes
    return is_own_class and bool(device.drivers or catalog.driver_list_entry(device.id))


def models(device: UsbDevice) -> tuple[catalog.Reader, ...]:
    """Return the models of the catalogue that have this id."""
    return catalog.readers_with(device.id)


def model_name(device: UsbDevice) -> str:
    """Name a reader by the catalogue, by the list of drivers, by its own name, or by its id."""
    names = dict.fromkeys(model.name for model in models(device))
    listed = catalog.driver_list_entry(device.id)
    return " / ".join(names) or (listed.name if listed else device.name) or device.id


def is_unsupported(device: UsbDevice) -> bool:
    """Tell whether libccid has a device among those with bugs, and no driver here lists it.

    pcscd opens what a driver lists, and libccid lists most of these devices too.
    Source: drivers_notes/readers.md#alcor-au9540.
    """
    if device.drivers != ():
        return False
    listed = catalog.driver_list_entry(device.id)
    sections = [str(model.ccid) for model in models(device)] or [listed.ccid if listed else ""]
    return "unsupported" in sections


def is_of_acs(device: UsbDevice) -> bool:
    """Tell whether ACS's own driver lists a device, and no version of libccid does.

    Readers of other makers than ACS may need a driver of their maker too, if a site adds them.
    """
    if known := models(device):
        is_makers = all(model.ccid in ("maker-lists", "not-ccid") for model in known)
        return is_makers and device.vendor == _ACS
    listed = catalog.driver_list_entry(device.id)
    return listed is not None and listed.ccid not in _OF_LIBCCID


def is_key(device: UsbDevice) -> bool:
    """Tell whether a device only looks like a reader: a security key, for example."""
    return forms(device) <= KEYS


def is_built_in(device: UsbDevice) -> bool:
    """Tell whether a reader is part of the computer."""
    return forms(device) == BUILT_IN


def is_of_computer(device: UsbDevice) -> bool:
    """Tell whether a reader is part of the computer or of its keyboard: nobody was given it."""
    listed = catalog.driver_list_entry(device.id)
    return is_built_in(device) or (listed is not None and listed.kind == "keyboard")


def may_be_of_computer(device: UsbDevice) -> bool:
    """Tell whether a reader is, or may be, part of the computer: some chips are sold for both."""
    return is_of_computer(device) or forms(device) == EITHER


def is_contactless(device: UsbDevice) -> bool:
    """Tell whether a reader has no slot; an e-signature card is not read in it."""
    return forms(device) == {"contactless"}


def is_behind_hub(device: UsbDevice, platform: str) -> bool:
    """Tell by the name of its port whether a device is plugged into a hub; False on Windows.

    It may be a hub inside the computer that is not known as one. Source: Linux, usb.rst, names of
    ports such as 1-2.3; Apple, IOUSBHostFamily, locationID: a digit for each hub after two for the
    controller.
    """
    if platform == "linux":
        is_on_hub = device.hubs is None or not _HUBS_INSIDE.issuperset(device.hubs)
        return is_on_hub and "." in device.port
    if platform == "darwin" and (place := _LOCATION.fullmatch(device.port)):
        return len(place["ports"].rstrip("0")) > 1
    return False


def forms(device: UsbDevice) -> frozenset[str]:
    """Return the forms of the models with this id, or the kind of device in the list of drivers.

    Where a chip is sold for the desk as well, the firmware may say that it is built in.
    """
    if known := models(device):
        told = frozenset(model.form for model in known)
        return BUILT_IN if told == EITHER and device.fixed else told
    listed = catalog.driver_list_entry(device.id)
    return frozenset({"slot" if listed is None else listed.kind})


def hindrance(device: UsbDevice) -> str | None:
    """Return the code of what keeps the system from using a device; None: nothing does.

    Windows has no driver of its own for a reader that does not follow CCID.
    """
    if not device.allowed:
        return "reader-blocked"
    if not device.problem:
        return None
    code = _PROBLEMS.get(device.problem, "reader-faulty")
    is_unhelped = code == "reader-driver-unloadable" and not is_ccid(device)
    return "reader-driver-refused" if is_unhelped else code


def lacks_driver(device: UsbDevice) -> bool:
    """Tell whether no installed PC/SC driver lists a device, as far as that is known."""
    if device.drivers is not None:
        return not device.drivers
    return device.problem is None and any(model.ccid == "not-ccid" for model in models(device))


def is_unusable(device: UsbDevice) -> bool:
    """Tell whether the system or a missing driver keeps a device that is here from being used."""
    is_here = device.problem != NOT_CONNECTED
    return is_here and (hindrance(device) is not None or lacks_driver(device))


def is_ccid(device: UsbDevice) -> bool:
    """Tell whether the driver for the class CCID can be enough for a device."""
    known = models(device)
    if known and all(model.ccid == "not-ccid" for model in known):
        return False
    return _CCID in device.classes or (not device.classes and bool(known))
