# SPDX-License-Identifier: Apache-2.0
"""USB as the program `ioreg` of macOS lists it."""

import errno
import subprocess
from collections.abc import Sequence

from cardtool.model.snapshot import Failure

COMMAND = ("/usr/sbin/ioreg", "-a", "-r", "-l", "-c", "IOUSBHostDevice")
"""As a property list, the devices and what hangs on them, with properties. Source: ioreg(8)."""


def read(command: Sequence[str], *, timeout_s: float) -> bytes | Failure:
    """Return what the program printed."""
    try:
        done = subprocess.run(  # noqa: S603 - a fixed path
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=timeout_s,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return Failure(api="usb", name="TIMEOUT", detail=f"ioreg: no answer in {timeout_s:.1f} s")
    except OSError as error:
        name = errno.errorcode.get(error.errno or 0, "EIO")
        return Failure(api="usb", name=name, code=error.errno, detail=str(error))
    if done.returncode:
        complaint = done.stderr[-200:].decode(errors="replace")
        return Failure(api="usb", name="EXIT", code=done.returncode & 0xFFFFFFFF, detail=complaint)
    return done.stdout
