# SPDX-License-Identifier: Apache-2.0
"""Finds card readers on USB, and the installed drivers that list them.

No device is asked: Linux keeps in sysfs what a device reported when it was plugged in. `parse`,
which is pure, interprets what each system shows. The code for macOS and Windows is tested with
recorded output, not run there. Drivers are known from the files that pcscd itself reads; none is
loaded. pcscd uses the ids that a driver lists; the class CCID alone is not enough. Source:
pcsc-lite, hotplug_libudev.c.
"""

import errno
import os
import sys
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import msgspec
from msgspec.structs import replace

from cardtool.model.snapshot import Failure
from cardtool.model.surroundings import Driver, UsbDevice
from cardtool.probe import program
from cardtool.probe.usb import parse

_IOREG = ("/usr/sbin/ioreg", "-a", "-r", "-l", "-c", "IOUSBHostDevice")
"""As a property list, the devices and what hangs on them, with properties. Source: ioreg(8)."""

_SYSFS = "sys/bus/usb/devices"
_INTERFACE_FILES = ("bInterfaceClass", "authorized")
_DEVICE_FILES = (
    "idVendor",
    "idProduct",
    "manufacturer",
    "product",
    "authorized",
    "descriptors",
    "power/runtime_status",
    "removable",
)

_FILE_BYTES = 64 * 1024  # more than `descriptors` of any device; whatever is longer is cut

_DRIVER_FOLDERS = (
    "usr/lib/pcsc/drivers",
    "usr/lib64/pcsc/drivers",
    "usr/local/lib/pcsc/drivers",
    "usr/libexec/SmartCardServices/drivers",
    "usr/local/libexec/SmartCardServices/drivers",
)
"""Source: pcsc-lite, PCSCLITE_HP_DROPDIR by distribution; Apple, SmartCardServices(7)."""

_BUNDLE_BYTES = 4 * 1024 * 1024  # that of libccid 1.5.2 has 58 kB


class Bundle(msgspec.Struct, frozen=True, kw_only=True):
    """An installed driver and what it is for."""

    driver: Driver
    usb: frozenset[str]
    """`VVVV:PPPP` of the readers it lists."""


class UsbState(msgspec.Struct, frozen=True, kw_only=True):
    """What was read from USB."""

    devices: tuple[UsbDevice, ...] | Failure
    """Readers, and other devices of their makers, each with the drivers that list it."""
    drivers: tuple[Driver, ...] = ()
    """Installed reader drivers; searched for only if a device was found, and never on Windows."""


Raw = dict[str, dict[str, bytes]] | bytes | tuple[parse.DeviceNode, ...] | Failure
"""What Linux, macOS and Windows show, as `parse` takes it."""


READ_WITH = {
    "win32": ("ctypes", "cardtool.probe.usb._windows"),
    "darwin": ("subprocess",),
}.get(sys.platform, ())
"""The modules that `read` imports; they must be loaded before a thread calls `read`."""


def read(root: Path, timeout_s: float) -> Raw:
    """Return what the system shows of USB, not interpreted yet.

    `root` is where Linux and macOS keep their files; `timeout_s` is for the program that macOS is
    asked through. A thread may do this: it uses nothing that another thread loads.
    """
    if sys.platform == "win32":  # pragma: no cover - needs Windows, not run there
        import ctypes  # noqa: PLC0415 - takes longer to load than all else here

        from cardtool.probe.usb import _windows  # noqa: PLC0415

        return _windows.read(ctypes.WinDLL("cfgmgr32"))
    if sys.platform == "darwin":  # pragma: no cover - needs macOS, not run there
        return program.output(_IOREG, api="usb", timeout_s=timeout_s)
    return read_sysfs(root)


def read_sysfs(root: Path) -> dict[str, dict[str, bytes]] | Failure:
    """Return the files of every device by its port, as `parse.from_sysfs` takes them.

    If the kernel lists its buses without this one, there is no USB, so the result is empty. If a
    device is pulled meanwhile, only its own files are missing.
    """
    folder = root / _SYSFS
    try:
        names = sorted(os.listdir(folder))  # noqa: PTH208 - names are texts, not yet files
    except OSError as error:
        if not folder.parent.exists() and folder.parent.parent.is_dir():
            return {}
        name = errno.errorcode.get(error.errno or 0, "EIO")
        return Failure(api="usb", name=name, code=error.errno, detail=error.strerror or "")
    devices: dict[str, dict[str, bytes]] = {name: {} for name in names if ":" not in name}
    for name in names:
        device, _, interface = name.partition(":")
        for file in _INTERFACE_FILES if interface else _DEVICE_FILES:
            with suppress(OSError), (folder / name / file).open("rb") as opened:
                if device in devices:
                    place = f"{name}/{file}" if interface else file
                    devices[device][place] = opened.read(_FILE_BYTES)
    return devices


def understand(raw: Raw, root: Path) -> UsbState:
    """Find the readers among the devices, and the drivers that list them, with the catalogue."""
    if isinstance(raw, Failure):
        return UsbState(devices=raw)
    if isinstance(raw, tuple):
        return UsbState(devices=parse.from_windows(raw))
    if isinstance(raw, bytes):
        devices = parse.from_ioreg(raw)
    else:
        understood = (parse.from_sysfs(port, raw) for port in raw)
        devices = tuple(device for device in understood if device)
    if not devices or isinstance(devices, Failure):
        return UsbState(devices=devices)
    bundles = installed_drivers(driver_folders(root))
    return UsbState(
        devices=assign(devices, bundles, has_class_driver=isinstance(raw, bytes)),
        drivers=tuple(bundle.driver for bundle in bundles),
    )


def driver_folders(root: Path) -> tuple[Path, ...]:
    """Return where drivers may be installed; the environment adds one, as it does for pcscd."""
    added = os.environ.get("PCSCLITE_HP_DROPDIR", "")
    return (*([Path(added)] if added else []), *(root / folder for folder in _DRIVER_FOLDERS))


def installed_drivers(places: Iterable[Path]) -> tuple[Bundle, ...]:
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
    """Return the devices, each with the drivers that list it.

    `has_class_driver`: the system's own driver takes any CCID reader, so for a CCID reader that no
    bundle lists, `drivers` is None. Source: Apple, SmartCardServices(7), macOS 14.
    """
    known = tuple(bundles)
    assigned = []
    for device in devices:
        names: tuple[str, ...] | None = tuple(
            f"{bundle.driver.name} {bundle.driver.version}".rstrip()
            for bundle in known
            if device.id in bundle.usb
        )
        if not names and has_class_driver and parse.CCID in device.classes:
            names = None
        assigned.append(replace(device, drivers=names))
    return tuple(assigned)


def _bundle(file: Path) -> Bundle:
    try:
        with file.open("rb") as opened:
            content = program.property_list(opened.read(_BUNDLE_BYTES))
    except OSError:
        content = None
    values = content if isinstance(content, dict) else {}
    keys = ("CFBundleExecutable", "CFBundleName", "CFBundleShortVersionString")
    executable, name, version = (parse.cleaned(values.get(key)) for key in keys)
    name = executable.partition(".")[0] or name or parse.cleaned(file.parent.parent.stem)
    return Bundle(
        driver=Driver(name=name, version=version),
        usb=frozenset(_ids(values.get("ifdVendorID"), values.get("ifdProductID"))),
    )


def _ids(vendors: object, products: object) -> Iterable[str]:
    """Pair the two lists as pcscd does: the hexadecimal number at the beginning of each."""
    if isinstance(vendors, list) and isinstance(products, list):
        for vendor, product in zip(vendors, products, strict=False):
            try:
                yield f"{int(str(vendor), 16):04X}:{int(str(product), 16):04X}"
            except ValueError:
                continue
