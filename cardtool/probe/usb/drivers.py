# SPDX-License-Identifier: Apache-2.0
"""Which PC/SC reader drivers are installed, and which readers each of them lists.

Read from the files pcscd itself reads; no driver is loaded. For pcscd the ids a driver lists
decide: that a reader is of the class CCID is not enough. Source: pcsc-lite, hotplug_libudev.c.
"""

import os
from collections.abc import Iterable
from pathlib import Path

import msgspec

from cardtool.model.surroundings import Driver, UsbDevice
from cardtool.probe.usb import plist
from cardtool.probe.usb.parse import CCID

_FOLDERS = (
    "usr/lib/pcsc/drivers",
    "usr/lib64/pcsc/drivers",
    "usr/local/lib/pcsc/drivers",
    "usr/libexec/SmartCardServices/drivers",
    "usr/local/libexec/SmartCardServices/drivers",
)
"""Source: pcsc-lite, PCSCLITE_HP_DROPDIR by distribution; Apple, SmartCardServices(7)."""

_LIMIT_BYTES = 4 * 1024 * 1024
"""That of libccid 1.5.2 has 58 kB."""


class Bundle(msgspec.Struct, frozen=True, kw_only=True):
    """An installed driver and what it is for."""

    driver: Driver
    usb: frozenset[str]
    """`VVVV:PPPP` of the readers it lists."""


def folders(root: Path) -> tuple[Path, ...]:
    """Return where drivers may be installed; the environment adds one, as it does for pcscd."""
    added = os.environ.get("PCSCLITE_HP_DROPDIR", "")
    return (*([Path(added)] if added else []), *(root / folder for folder in _FOLDERS))


def installed(places: Iterable[Path]) -> tuple[Bundle, ...]:
    """Read every bundle in these folders once; a damaged one is a driver that lists no reader."""
    bundles: dict[str, Bundle] = {}
    for place in places:
        for file in sorted(place.glob("*.bundle/Contents/Info.plist")):
            real = os.path.realpath(file)
            if real not in bundles:
                bundles[real] = _bundle(file)
    return tuple(bundles.values())


def assign(
    devices: Iterable[UsbDevice], bundles: Iterable[Bundle], *, has_class_driver: bool
) -> tuple[UsbDevice, ...]:
    """Say of each device which drivers list it.

    `has_class_driver`: the system takes any CCID reader by itself, so that for one no bundle
    lists nothing is known. Source: Apple, SmartCardServices(7), macOS 14.
    """
    known = tuple(bundles)
    assigned: list[UsbDevice] = []
    for device in devices:
        names: tuple[str, ...] | None = tuple(
            f"{bundle.driver.name} {bundle.driver.version}".rstrip()
            for bundle in known
            if device.id in bundle.usb
        )
        if not names and has_class_driver and CCID in device.classes:
            names = None
        assigned.append(msgspec.structs.replace(device, drivers=names))
    return tuple(assigned)


def _bundle(file: Path) -> Bundle:
    try:
        with file.open("rb") as opened:
            content = plist.read(opened.read(_LIMIT_BYTES))
    except OSError:
        content = None
    values = content if isinstance(content, dict) else {}
    name = _text(values.get("CFBundleExecutable")).partition(".")[0]
    name = name or _text(values.get("CFBundleName")) or _text(file.parent.parent.stem)
    version = _text(values.get("CFBundleShortVersionString"))
    return Bundle(
        driver=Driver(name=name, version=version),
        usb=frozenset(_ids(values.get("ifdVendorID"), values.get("ifdProductID"))),
    )


def _text(value: object) -> str:
    return value.encode(errors="replace").decode()[:256].strip() if isinstance(value, str) else ""


def _ids(vendors: object, products: object) -> Iterable[str]:
    """Pair the two lists as pcscd does: the hexadecimal number at the beginning of each."""
    if isinstance(vendors, list) and isinstance(products, list):
        for vendor, product in zip(vendors, products, strict=False):
            try:
                yield f"{int(str(vendor), 16):04X}:{int(str(product), 16):04X}"
            except ValueError:
                continue
