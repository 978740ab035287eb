# SPDX-License-Identifier: Apache-2.0
"""The machine and the process as facts."""

import os
import platform
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from cardtool.model.snapshot import Host
from cardtool.probe import session

_MACHINES = {
    "amd64": "x86_64",
    "x64": "x86_64",
    "arm64": "aarch64",
    "armv6l": "arm",
    "armv7l": "arm",
    "armv8l": "arm",
    "i486": "i386",
    "i586": "i386",
    "i686": "i386",
    "x86": "i386",
}
"""Other names of processors, in ASCII lower case, to those of `Library.machines`."""

_NARROW = {"x86_64": "i386", "aarch64": "arm"}
"""What a 32-bit process is on a machine that is wider."""

_NARROW_BITS = 32

_PCSCD_PLACES = (
    ()
    if session.ROOT is None
    else ("/usr/sbin/pcscd", "/sbin/pcscd", "/usr/bin/pcscd", "/usr/local/sbin/pcscd")
)
"""A user's own search path often lacks the folders of daemons."""

_FIRST_BUILD_OF_11 = 22000

_PCSC_SOCKET = "run/pcscd/pcscd.comm"
"""Where pcscd listens unless `PCSCLITE_CSOCK_NAME` names another place. Source: pcsc-lite."""


def look(environment: Mapping[str, str] = os.environ, root: Path | None = session.ROOT) -> Host:
    """Describe this machine; asks nothing of any device.

    `environment` and `root` are what the process was given, and where the system's files begin.
    """
    bits = 64 if sys.maxsize > 2**32 else 32
    machine = _machine(environment)
    name = _MACHINES.get(machine.lower(), machine)
    return Host(
        name=_name(),
        platform=sys.platform,
        release=_release(),
        machine=_NARROW.get(name, name) if bits == _NARROW_BITS else name,
        bits=bits,
        python=platform.python_version(),
        pcscd=next((place for place in _PCSCD_PLACES if os.access(place, os.X_OK)), None),
        pcsc_socket=_pcsc_socket(environment, root),
        session=session.look(environment, root),
    )


def _pcsc_socket(environment: Mapping[str, str], root: Path | None) -> str | None:
    if root is None:
        return None
    place = Path(environment.get("PCSCLITE_CSOCK_NAME") or root / _PCSC_SOCKET)
    try:
        return str(place) if place.is_socket() else None
    except OSError:  # a folder on the way may not be entered
        return None


def _name() -> str:
    """Name this machine; on Windows without `platform`, which asks WMI: that may not answer."""
    if sys.platform != "win32":
        return platform.node()
    import socket  # noqa: PLC0415 - slow to load, and needed on Windows alone

    return socket.gethostname()


def _machine(environment: Mapping[str, str]) -> str:
    """Name the processor, on Windows without `platform` too.

    Source: Microsoft, WOW64 Implementation Details, for the two variables.
    """
    if sys.platform != "win32":
        return platform.machine()
    own = environment.get("PROCESSOR_ARCHITECTURE", "")
    return environment.get("PROCESSOR_ARCHITEW6432", own)


def _release() -> str:
    if sys.platform == "win32":
        return windows_release(*sys.getwindowsversion().platform_version)
    with suppress(OSError):  # macOS has no /etc/os-release
        return platform.freedesktop_os_release().get("PRETTY_NAME", "")
    return f"{platform.system()} {platform.release()} {platform.version()}"


def windows_release(major: int, minor: int, build: int) -> str:
    """Name a release of Windows, with its build: 11 calls itself 10 too.

    Source: Microsoft, Windows 11 release information.
    """
    name = 11 if (major, minor) == (10, 0) and build >= _FIRST_BUILD_OF_11 else major
    return f"Windows {name} {major}.{minor}.{build}"
