# SPDX-License-Identifier: Apache-2.0
"""What is plugged in underneath PC/SC: card readers on USB, and the drivers that would take them.

Each system is read by its own file and understood by `parse`, which is pure. The ways of macOS and
Windows are tested with recorded output, not run there.
"""

import sys
from pathlib import Path

import msgspec

from cardtool.model.snapshot import Failure
from cardtool.model.surroundings import Driver, UsbDevice
from cardtool.probe import program
from cardtool.probe.usb import _linux, drivers, parse

_IOREG = ("/usr/sbin/ioreg", "-a", "-r", "-l", "-c", "IOUSBHostDevice")
"""As a property list, the devices and what hangs on them, with properties. Source: ioreg(8)."""


class UsbState(msgspec.Struct, frozen=True, kw_only=True):
    """What was read from USB."""

    devices: tuple[UsbDevice, ...] | Failure
    """Readers, and other devices of their makers; each with the drivers that list it."""
    drivers: tuple[Driver, ...] = ()
    """Installed reader drivers; looked for only where a device was found, and never on Windows."""


Raw = dict[str, dict[str, bytes]] | bytes | tuple[parse.DeviceNode, ...] | Failure
"""What Linux, macOS and Windows show, as `parse` takes it."""


def read(root: Path, *, timeout_s: float) -> Raw:
    """Return what the system shows, not yet understood; asks nothing of any device.

    `root` is where Linux and macOS keep their files; `timeout_s` is for the program that macOS is
    asked through. A thread may do this: it uses nothing that another thread loads.
    """
    if sys.platform == "win32":  # pragma: no cover - needs Windows, not run there
        import ctypes  # noqa: PLC0415 - takes longer to load than all else here

        from cardtool.probe.usb import _windows  # noqa: PLC0415

        return _windows.read(ctypes.WinDLL("cfgmgr32"))
    if sys.platform == "darwin":  # pragma: no cover - needs macOS, not run there
        return program.output(_IOREG, api="usb", timeout_s=timeout_s)
    return _linux.read(root)


def understand(raw: Raw, root: Path) -> UsbState:
    """Say which of the devices are readers, and which drivers list them; asks the catalogue."""
    if isinstance(raw, Failure):
        return UsbState(devices=raw)
    if isinstance(raw, tuple):
        return UsbState(devices=parse.from_windows(raw))
    if isinstance(raw, bytes):
        return _with_drivers(parse.from_ioreg(raw), root, has_class_driver=True)
    understood = (parse.from_sysfs(port, files) for port, files in raw.items())
    devices = tuple(device for device in understood if device)
    return _with_drivers(devices, root, has_class_driver=False)


def _with_drivers(
    devices: tuple[UsbDevice, ...] | Failure, root: Path, *, has_class_driver: bool
) -> UsbState:
    if not devices or isinstance(devices, Failure):
        return UsbState(devices=devices)
    bundles = drivers.installed(drivers.folders(root))
    return UsbState(
        devices=drivers.assign(devices, bundles, has_class_driver=has_class_driver),
        drivers=tuple(bundle.driver for bundle in bundles),
    )
