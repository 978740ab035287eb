# SPDX-License-Identifier: Apache-2.0
"""USB as Linux shows it in sysfs, in text files; nothing is asked of a device.

Reading them wakes no device up: the kernel keeps what a device reported when it was plugged in.
"""

import errno
import os
from pathlib import Path

from cardtool.model.snapshot import Failure

_DEVICES = "sys/bus/usb/devices"

_DEVICE_FILES = (
    "idVendor",
    "idProduct",
    "manufacturer",
    "product",
    "authorized",
    "descriptors",
    "power/runtime_status",
)

_INTERFACE_FILES = ("bInterfaceClass", "authorized")

_LIMIT_BYTES = 64 * 1024
"""More than `descriptors` of any device; whatever is longer is cut."""


def read(root: Path) -> dict[str, dict[str, bytes]] | Failure:
    """Return the files of every device by its port, as `parse.from_sysfs` takes them.

    A kernel that lists its buses and not this one has no USB, and so nothing is on it.
    A device that is pulled meanwhile loses files, not the others theirs.
    """
    folder = root / _DEVICES
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
            content = _content(folder / name / file)
            if content is not None and device in devices:
                devices[device][f"{name}/{file}" if interface else file] = content
    return devices


def _content(path: Path) -> bytes | None:
    try:
        with path.open("rb") as file:
            return file.read(_LIMIT_BYTES)
    except OSError:
        return None
