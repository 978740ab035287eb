# SPDX-License-Identifier: Apache-2.0
"""A machine whose folders hold what a test wants, for the programs that run within it.

Each program gets mounts of its own; nothing of this machine is changed. It prepares folders and
judges nothing.
"""

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.rig import within

_USB = "/sys/bus"
_DRIVERS = "/usr/lib/pcsc/drivers"


@dataclass
class Machine:
    """Folders that stand in for those of this machine."""

    folder: Path
    """Where they are kept; empty at first."""
    mounts: dict[str, Path] = field(default_factory=dict)
    """What each stands in for."""

    def put(self, place: str, files: Mapping[str, bytes]) -> None:
        """Fill a folder of the machine, which must exist here too, with these files alone."""
        own = self.folder / f"mount-{len(self.mounts)}"
        own.mkdir(parents=True)
        for name, content in files.items():
            file = own / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
        self.mounts[place] = own

    def plug(self, *devices: Mapping[str, str], interface: str = "0b") -> None:
        """Put devices on USB, each as the files of its folder in sysfs.

        Source: Linux, Documentation/ABI/testing/sysfs-bus-usb.
        """
        files: dict[str, bytes] = {}
        for number, device in enumerate(devices, 1):
            port = f"1-{number}"
            shape = {"bInterfaceClass": device.get("bInterfaceClass", interface)}
            own = {name: text for name, text in device.items() if name != "bInterfaceClass"}
            files |= {f"usb/devices/{port}/{name}": _line(own[name]) for name in own}
            files |= {f"usb/devices/{port}:1.0/{name}": _line(shape[name]) for name in shape}
        self.put(_USB, files or {"usb/devices/.keep": b""})

    def install_reader_drivers(self, drivers: Mapping[str, tuple[str, tuple[str, ...]]]) -> None:
        """Install PC/SC reader drivers: name -> version and the USB ids (VVVV:PPPP) they list."""
        self.put(
            _DRIVERS,
            {
                f"{name}.bundle/Contents/Info.plist": _plist(name, version, ids)
                for name, (version, ids) in drivers.items()
            },
        )

    def wrap(self, *command: str | Path) -> list[str]:
        """Return the command that runs this one within the machine."""
        namespaces = "-m" if Path("/proc/self").stat().st_uid == 0 else "-Urm"
        pairs = [word for place, own in self.mounts.items() for word in (str(own), place)]
        program = [sys.executable, "-I", within.__file__]
        return ["unshare", namespaces, *program, *pairs, "--", *map(str, command)]


def _line(text: str) -> bytes:
    return f"{text}\n".encode()


def _plist(name: str, version: str, ids: tuple[str, ...]) -> bytes:
    def array(words: list[str]) -> str:
        return "<array>" + "".join(f"<string>{word}</string>" for word in words) + "</array>"

    vendors, products = (
        [f"0x{identifier.split(':')[place]}" for identifier in ids] for place in (0, 1)
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<plist version="1.0"><dict>'
        f"<key>CFBundleExecutable</key><string>lib{name}.so</string>"
        f"<key>CFBundleShortVersionString</key><string>{version}</string>"
        f"<key>ifdVendorID</key>{array(vendors)}<key>ifdProductID</key>{array(products)}"
        f"<key>ifdFriendlyName</key>{array(list(ids))}</dict></plist>\n"
    ).encode()
