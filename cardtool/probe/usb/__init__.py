# SPDX-License-Identifier: Apache-2.0
"""What is plugged in underneath PC/SC: card readers on USB, and the drivers that would take them.

Each system is read by its own file and understood by `parse`, which is pure. Only Windows needs
native code for it, so only there `IS_NATIVE` is true and the look belongs in a child process.
"""

import sys
from pathlib import Path

import msgspec

from cardtool.model.snapshot import Failure
from cardtool.model.surroundings import Driver, UsbDevice
from cardtool.probe.usb import drivers, parse

IS_NATIVE = sys.platform == "win32"


class UsbLook(msgspec.Struct, frozen=True, kw_only=True, tag="usb-look"):
    """What was found; the answer of a child process too."""

    devices: tuple[UsbDevice, ...] | Failure
    """Readers, and other devices of their makers; each with the drivers that list it."""
    drivers: tuple[Driver, ...] = ()
    """Installed reader drivers; looked for only where a device was found, and never on Windows."""


def look(root: Path = Path("/"), *, timeout_s: float = 2.0) -> UsbLook:
    """Look once, and say what could not be looked at; asks nothing of any device.

    `root` is where Linux and macOS keep their files; `timeout_s` is for the program that macOS is
    asked through. The ways of macOS and Windows are tested with recorded output, not run there.
    """
    if sys.platform == "win32":  # pragma: no cover - needs Windows, not run there
        import ctypes  # noqa: PLC0415 - native, so only here

        from cardtool.probe.usb import _windows  # noqa: PLC0415

        nodes = _windows.read(ctypes.WinDLL("cfgmgr32"))
        return UsbLook(devices=nodes if isinstance(nodes, Failure) else parse.from_windows(nodes))
    if sys.platform == "darwin":  # pragma: no cover - needs macOS, not run there
        from cardtool.probe.usb import _macos  # noqa: PLC0415 - each system needs but one

        printed = _macos.read(_macos.COMMAND, timeout_s=timeout_s)
        devices = printed if isinstance(printed, Failure) else parse.from_ioreg(printed)
        return _with_drivers(devices, root, has_class_driver=True)
    from cardtool.probe.usb import _linux  # noqa: PLC0415 - each system needs but one

    tree = _linux.read(root)
    if isinstance(tree, Failure):
        return UsbLook(devices=tree)
    read = (parse.from_sysfs(port, files) for port, files in tree.items())
    devices = tuple(device for device in read if device)
    return _with_drivers(devices, root, has_class_driver=False)


def _with_drivers(
    devices: tuple[UsbDevice, ...] | Failure, root: Path, *, has_class_driver: bool
) -> UsbLook:
    if not devices or isinstance(devices, Failure):
        return UsbLook(devices=devices)
    bundles = drivers.installed(drivers.folders(root))
    return UsbLook(
        devices=drivers.assign(devices, bundles, has_class_driver=has_class_driver),
        drivers=tuple(each.driver for each in bundles),
    )
