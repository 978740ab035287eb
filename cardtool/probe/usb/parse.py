# SPDX-License-Identifier: Apache-2.0
"""Turns what three systems show of USB devices into one kind of record.

Pure: output recorded on one system can be read on any. Nothing that a device or a system reports
makes anything here raise.
"""

import errno
import re
from collections.abc import Iterable, Iterator, Mapping

import msgspec

from cardtool.catalog import driver_list_entry, readers_with
from cardtool.model.snapshot import Failure
from cardtool.model.surroundings import UsbDevice
from cardtool.probe.program import property_list

CCID = "0B"
"""Interface class Smart Card. Source: USB-IF, Defined Class Codes."""

_MAKERS = frozenset({"072F", "08E6", "076B", "04E6", "2A17"})
"""ACS, Gemalto, Omnikey, SCM/Identiv and UDEA, which make readers and little else.

Source: drivers_notes/readers.md.
"""

_INTERFACE = 4
"""bDescriptorType of an interface, whose byte 5 is its class. Source: USB 2.0 §9.4, §9.6.5."""

_INTERFACE_BYTES = 9
_TEXT_LIMIT = 256  # a USB string holds at most 126 characters. Source: USB 2.0 §9.6.7
_HEX_ID = re.compile(r"[0-9A-Fa-f]{4}")
_HEX_CLASS = re.compile(r"[0-9A-Fa-f]{2}")

_NODE_ID = re.compile(r"USB\\VID_([0-9A-F]{4})&PID_([0-9A-F]{4})(&MI_[0-9A-F]{2})?", re.IGNORECASE)
"""Source: Microsoft, Standard USB Identifiers; `MI_` is an interface of a composite device."""

_CLASS_ID = re.compile(r"USB\\Class_([0-9A-F]{2})", re.IGNORECASE)
"""A compatible id; the case of its digits differs by Windows version. Source: the same."""


class DeviceNode(msgspec.Struct, frozen=True, kw_only=True):
    """What the configuration manager of Windows says of one device or interface."""

    id: str
    """Device instance id."""
    parent: str = ""
    """That of the device it hangs on."""
    compatible_ids: tuple[str, ...] = ()
    description: str = ""
    friendly_name: str = ""
    manufacturer: str = ""
    location: str = ""
    problem: int = 0
    """CM_PROB_, 0 for none. Source: cfg.h."""


def from_sysfs(port: str, tree: Mapping[str, Mapping[str, bytes]]) -> UsbDevice | None:
    """Interpret the files of a Linux device; None: it is no reader, or could not be read.

    `tree` holds the files of every device by its port, and these by their name within the device's
    folder: `idVendor`, `1-2:1.0/bInterfaceClass`. A device that is not authorized has no
    interfaces, but its `descriptors` list them.

    Source: Linux, Documentation/ABI/{stable,testing}/sysfs-bus-usb; usb/authorization;
    ABI/testing/sysfs-devices-removable.
    """
    files = tree[port]
    texts = _texts(files)
    if not (usb_id := _usb_id(texts)):
        return None
    by_folder = {
        name.removesuffix("bInterfaceClass"): text.upper()
        for name, text in texts.items()
        if name.endswith("/bInterfaceClass") and _HEX_CLASS.fullmatch(text)
    }
    classes = {*by_folder.values(), *_described_classes(files.get("descriptors", b""))}
    switches = [""] + [folder for folder, kind in by_folder.items() if kind == CCID]
    device = UsbDevice(
        vendor=usb_id[:4],
        product=usb_id[5:],
        maker=texts.get("manufacturer", ""),
        name=texts.get("product", ""),
        classes=tuple(sorted(classes)),
        port=cleaned(port),
        allowed=all(texts.get(f"{folder}authorized") != "0" for folder in switches),
        asleep=texts.get("power/runtime_status") == "suspended",
        fixed=texts.get("removable") == "fixed",
        hubs=tuple(_hubs(port, tree)),
    )
    return device if _is_kept(device) else None


def _hubs(port: str, tree: Mapping[str, Mapping[str, bytes]]) -> Iterator[str]:
    """Yield the ids of the hubs on the way to a port; 1-2.3.4 is on 1-2 and on 1-2.3.

    Source: Linux, usb.rst.
    """
    for dot in re.finditer(r"\.", port):
        texts = _texts(tree.get(port[: dot.start()], {}))
        if texts.get("removable") != "fixed":
            yield _usb_id(texts)


def _usb_id(texts: Mapping[str, str]) -> str:
    """Return `VVVV:PPPP` of a Linux device; empty: it could not be read."""
    vendor, product = texts.get("idVendor", ""), texts.get("idProduct", "")
    is_whole = _HEX_ID.fullmatch(vendor) and _HEX_ID.fullmatch(product)
    return f"{vendor}:{product}".upper() if is_whole else ""


def _texts(files: Mapping[str, bytes]) -> dict[str, str]:
    return {name: cleaned(content.decode(errors="replace")) for name, content in files.items()}


def from_ioreg(content: bytes) -> tuple[UsbDevice, ...] | Failure:
    """Interpret the property list of `ioreg -a -r -l -c IOUSBHostDevice`, which may be empty.

    A device behind a hub may be listed twice, alone and within the hub; it is returned once.

    Source: Apple, ioreg(8); IOUSBHostFamily's names of properties, as IOUSBHostDevice has them.
    """
    if not content.strip():
        return ()
    tree = property_list(content)
    if not isinstance(tree, list):
        return Failure(api="usb", name="EBADMSG", code=errno.EBADMSG, detail="no property list")
    devices: dict[tuple[str, ...], tuple[Mapping[str, object], set[str]]] = {}
    pending: list[tuple[object, set[str]]] = [(entry, set()) for entry in reversed(tree)]
    while pending:
        entry, classes = pending.pop()
        if not isinstance(entry, dict):
            continue
        if place := _ioreg_place(entry):
            _, classes = devices.setdefault(place, (entry, set()))
        elif (number := _number(entry, "bInterfaceClass", 0xFF)) is not None:
            classes.add(f"{number:02X}")
        children = entry.get("IORegistryEntryChildren")
        if isinstance(children, list):
            pending += [(child, classes) for child in reversed(children)]
    listed = (
        UsbDevice(
            vendor=vendor,
            product=product,
            maker=_first_text(entry, "kUSBVendorString", "USB Vendor Name"),
            name=_first_text(entry, "kUSBProductString", "USB Product Name"),
            classes=tuple(sorted(classes)),
            port=port,
        )
        for (port, vendor, product), (entry, classes) in devices.items()
    )
    return tuple(filter(_is_kept, listed))


def from_windows(nodes: Iterable[DeviceNode]) -> tuple[UsbDevice, ...]:
    """Interpret the nodes of the enumerator USB; return each physical device once.

    The interfaces of a composite device are nodes of their own. Its problem is that of the whole
    device, or else that of its reader; a problem of another interface does not count.
    """
    groups: dict[str, list[tuple[bool, DeviceNode]]] = {}
    for node in nodes:
        if match := _NODE_ID.match(node.id):
            key = node.parent or match[0].removesuffix(match[3]) if match[3] else node.id
            groups.setdefault(key.upper(), []).append((bool(match[3]), node))
    return tuple(filter(_is_kept, map(_physical_device, groups.values())))


def _physical_device(group: list[tuple[bool, DeviceNode]]) -> UsbDevice:
    wholes = [node for is_part, node in group if not is_part]
    parts = [node for is_part, node in group if is_part]
    readers = [node for _, node in group if CCID in _node_classes(node)]
    speaker = (readers or wholes or parts)[0]
    concerned = [*wholes, *(readers or parts)]
    match = _NODE_ID.match(group[0][1].id)
    return UsbDevice(
        vendor=match[1].upper() if match else "",
        product=match[2].upper() if match else "",
        maker=cleaned(speaker.manufacturer),
        name=cleaned(speaker.friendly_name or speaker.description),
        classes=tuple(sorted({kind for _, node in group for kind in _node_classes(node)})),
        port=cleaned((wholes or parts)[0].location),
        problem=next((node.problem for node in concerned if node.problem), 0),
    )


def _node_classes(node: DeviceNode) -> Iterator[str]:
    for compatible in node.compatible_ids:
        if match := _CLASS_ID.match(compatible):
            yield match[1].upper()


def _is_kept(device: UsbDevice) -> bool:
    is_listed = bool(readers_with(device.id)) or driver_list_entry(device.id) is not None
    return CCID in device.classes or is_listed or device.vendor in _MAKERS


def cleaned(value: object) -> str:
    """Make a text that any file can hold: no half surrogates, and not too long."""
    if not isinstance(value, str):
        return ""
    return value.encode(errors="replace").decode()[:_TEXT_LIMIT].strip(" \t\r\n\0")


def _described_classes(descriptors: bytes) -> Iterator[str]:
    place = 0
    while place + _INTERFACE_BYTES <= len(descriptors):
        length, kind = descriptors[place], descriptors[place + 1]
        if kind == _INTERFACE and length >= _INTERFACE_BYTES:
            yield f"{descriptors[place + 5]:02X}"
        place += max(length, 2)  # a shorter one is damaged


def _ioreg_place(entry: Mapping[str, object]) -> tuple[str, ...]:
    """Return port, vendor and product of a device; nothing of an interface or a driver.

    These have the numbers of their device too.
    """
    if "bInterfaceNumber" in entry or "bInterfaceClass" in entry or "IOProviderClass" in entry:
        return ()
    vendor, product = _number(entry, "idVendor", 0xFFFF), _number(entry, "idProduct", 0xFFFF)
    location = _number(entry, "locationID", 0xFFFFFFFF)
    if vendor is None or product is None or location is None:
        return ()
    return f"0x{location:08x}", f"{vendor:04X}", f"{product:04X}"


def _number(entry: Mapping[str, object], key: str, most: int) -> int | None:
    value = entry.get(key)
    return value if isinstance(value, int) and 0 <= value <= most else None


def _first_text(entry: Mapping[str, object], *keys: str) -> str:
    texts = (entry.get(key) for key in keys)
    return next((cleaned(text) for text in texts if isinstance(text, str)), "")
