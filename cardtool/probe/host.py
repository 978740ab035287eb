# SPDX-License-Identifier: Apache-2.0
"""The machine, the process and its session as facts; asks nothing of any device."""

import os
import platform
import re
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from cardtool.model.surroundings import Host, Session

ROOT = None if sys.platform == "win32" else Path("/")
"""The folder under which the system's files are. None on Windows: a path like /etc is on the
current drive there, and anybody may have made it."""

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
"""Other names of processors, in lower case -> those of `Library.machines`."""

_ARM64 = 0xAA64
"""IMAGE_FILE_MACHINE_ARM64. Source: Windows, winnt.h."""

_NARROW = {"x86_64": "i386", "aarch64": "arm"}
"""What a 32-bit process runs as on a 64-bit machine."""

_PCSCD_PLACES = ("/usr/sbin/pcscd", "/sbin/pcscd", "/usr/bin/pcscd", "/usr/local/sbin/pcscd")
"""A user's own search path often lacks the folders of daemons."""

_PCSC_SOCKET = "run/pcscd/pcscd.comm"
"""Where pcscd listens unless `PCSCLITE_CSOCK_NAME` names another place. Source: pcsc-lite."""

_CONTAINER_FILES = (".dockerenv", "run/.containerenv", "run/systemd/container")
"""Made by Docker, by Podman, and by systemd in any other. Source: podman-run(1), CONTAINER;
systemd, Container Interface."""

_FIRST_ENVIRONMENT = "proc/1/environ"
"""Holds the variable `container` in LXC and systemd-nspawn; root alone may read it."""

_SCREENS = ("TERM", "DISPLAY", "WAYLAND_DISPLAY")
"""Variables of a process that somebody started at a screen; cron and systemd set none of them.

Source: crontab(5); systemd.exec(5), Environment Variables in Spawned Processes.
"""

_BUS = "run/dbus/system_bus_socket"
_POLKIT = "usr/share/dbus-1/system-services/org.freedesktop.PolicyKit1.service"
"""Where pcscd asks for polkit, and the file by which the bus starts it. Source: dbus-daemon(1);
polkit, data/."""


def describe(environment: Mapping[str, str] = os.environ, root: Path | None = ROOT) -> Host:
    """Describe this machine.

    `environment` is that of the process; `root` is the folder under which the system's files are.
    """
    is_wide = sys.maxsize > 2**32
    places = () if root is None else _PCSCD_PLACES
    processor = machine(environment)
    return Host(
        name=_name(),
        platform=sys.platform,
        release=_release(),
        machine=processor if is_wide else _NARROW.get(processor, processor),
        bits=64 if is_wide else 32,
        python=platform.python_version(),
        pcscd=next((place for place in places if os.access(place, os.X_OK)), None),
        pcsc_socket=_pcsc_socket(environment, root),
        session=session(environment, root),
    )


def _pcsc_socket(environment: Mapping[str, str], root: Path | None) -> str | None:
    if root is None:
        return None
    place = Path(environment.get("PCSCLITE_CSOCK_NAME") or root / _PCSC_SOCKET)
    try:
        return str(place) if place.is_socket() else None
    except OSError:  # a folder on the way may not be entered
        return None


def machine(environment: Mapping[str, str] = os.environ) -> str:
    """Name this machine's processor as `Library.machines` does.

    On Windows `platform` asks WMI, which may not answer. Source: Microsoft, WOW64 Implementation
    Details, for the two variables.
    """
    if sys.platform == "win32":
        ours = environment.get("PROCESSOR_ARCHITECTURE", "")
        processor = environment.get("PROCESSOR_ARCHITEW6432", ours)
    else:
        processor = platform.machine()
    return _MACHINES.get(processor.lower(), processor)


def _name() -> str:
    if sys.platform != "win32":
        return platform.node()
    import socket  # noqa: PLC0415 - slow to load, and needed on Windows alone

    return socket.gethostname()


def _release() -> str:
    if sys.platform == "win32":
        return windows_release(*sys.getwindowsversion().platform_version)
    if sys.platform == "darwin":
        return f"macOS {platform.mac_ver()[0]}"
    with suppress(OSError):
        return platform.freedesktop_os_release().get("PRETTY_NAME", "")
    return f"{platform.system()} {platform.release()} {platform.version()}"


def windows_release(major: int, minor: int, build: int) -> str:
    """Name a release of Windows, with its build: 11 calls itself 10 too.

    Source: Microsoft, Windows 11 release information.
    """
    name = 11 if (major, minor) == (10, 0) and build >= 22000 else major  # noqa: PLR2004
    return f"Windows {name} {major}.{minor}.{build}"


def session(
    environment: Mapping[str, str],
    root: Path | None = ROOT,
    desktop: tuple[int | None, bool] | None = None,
) -> Session:
    """Return the signs of the kind of session that this process runs in; rules say what they mean.

    `desktop` is the number of the session, and whether its screen is that of another machine; None:
    Windows is asked, if this is Windows.
    """
    number, is_remote = desktop or _ask_windows()
    is_container = _is_container(environment, root)
    seen = {
        "ssh": "SSH_CONNECTION" in environment or "SSH_CLIENT" in environment,
        "rdp": is_remote,
        "container": is_container,
        "polkit": is_container
        and root is not None
        and (root / _BUS).is_socket()
        and (root / _POLKIT).is_file(),
        "flatpak": "FLATPAK_ID" in environment
        or (root is not None and (root / ".flatpak-info").exists()),
        "snap": "SNAP" in environment and "SNAP_NAME" in environment,
        "rosetta": sys.platform == "darwin"
        and is_translated(platform.machine(), platform.version()),
        "on-arm": is_on_arm(machine(environment), _native_machine()),
        **_hosted(environment, root),
    }
    return Session(id=number, marks=tuple(mark for mark, is_so in seen.items() if is_so))


def is_translated(machine: str, kernel: str) -> bool:
    """Tell by the kernel's own version whether Rosetta runs this program on Apple silicon.

    Source: Apple, "About the Rosetta translation environment"; `uname -v`.
    """
    return machine == "x86_64" and "RELEASE_ARM64" in kernel


def is_on_arm(machine: str, native: int) -> bool:
    """Tell whether Windows for ARM runs this program for Intel, by Windows' number of the machine.

    The variables that `machine` reads do not tell. Source: microsoft/winml-cli#705.
    """
    return native == _ARM64 and machine == "x86_64"


def _hosted(environment: Mapping[str, str], root: Path | None) -> dict[str, bool]:
    """Tell by which product this session is shown elsewhere or runs inside Windows.

    Source: microsoft/WSL, its kernel's release; xrdp, sesman; Citrix and Omnissa (formerly VMware)
    Horizon, the variables of their sessions.
    """
    kernel = b""
    with suppress(OSError):
        kernel = b"" if root is None else (root / "proc/version").read_bytes()
    return {
        "wsl": "WSL_DISTRO_NAME" in environment or b"microsoft" in kernel.lower(),
        "xrdp": "XRDP_SESSION" in environment,
        "citrix": environment.get("SESSIONNAME", "").upper().startswith("ICA"),
        "horizon": any(name.upper().startswith("VIEWCLIENT_") for name in environment),
        "background": sys.platform == "linux" and not any(name in environment for name in _SCREENS),
    }


def _is_container(environment: Mapping[str, str], root: Path | None) -> bool:
    if environment.get("container"):
        return True
    if root is None:
        return False
    if any((root / file).exists() for file in _CONTAINER_FILES):
        return True
    with suppress(OSError):  # not root, or no Linux: nothing is guessed
        variables = (root / _FIRST_ENVIRONMENT).read_bytes().split(b"\0")
        return any(re.match(b"container=.", variable, re.DOTALL) for variable in variables)
    return False


def _native_machine() -> int:
    """Return Windows' number of the machine's own processor; 0: not known.

    Source: wow64apiset.h, IsWow64Process2, since Windows 10.
    """
    if sys.platform != "win32":
        return 0
    import ctypes  # noqa: PLC0415 - takes longer to load than all else here

    this_process, ours, native = ctypes.c_void_p(-1), ctypes.c_uint16(), ctypes.c_uint16()
    with suppress(AttributeError):
        kernel32 = ctypes.WinDLL("kernel32")
        kernel32.IsWow64Process2(this_process, ctypes.byref(ours), ctypes.byref(native))
    return native.value


def _ask_windows() -> tuple[int | None, bool]:
    """Ask kernel32 and user32, which hold no device and answer at once. Source: winuser.h."""
    if sys.platform != "win32":
        return None, False
    import ctypes  # noqa: PLC0415 - takes longer to load than all else here

    kernel32 = ctypes.WinDLL("kernel32")
    number = ctypes.c_uint32()
    known = kernel32.ProcessIdToSessionId(kernel32.GetCurrentProcessId(), ctypes.byref(number))
    sm_remotesession = 0x1000
    is_remote = ctypes.WinDLL("user32").GetSystemMetrics(sm_remotesession)
    return number.value if known else None, bool(is_remote)
