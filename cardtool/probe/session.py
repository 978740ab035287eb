# SPDX-License-Identifier: Apache-2.0
"""Signs of the kind of session that this process runs in; rules say what they mean."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from cardtool.model.surroundings import Session

_SM_REMOTESESSION = 0x1000
"""Source: winuser.h."""

_CONTAINER_FILES = (".dockerenv", "run/.containerenv", "run/systemd/container")
"""Made by Docker, by Podman, and by systemd in any other. Source: podman-run(1), CONTAINER;
systemd, Container Interface."""

_FIRST_ENVIRONMENT = "proc/1/environ"
"""Holds the variable `container` in LXC and systemd-nspawn; root alone may read it."""


_BUS = "run/dbus/system_bus_socket"
_POLKIT = "usr/share/dbus-1/system-services/org.freedesktop.PolicyKit1.service"
"""Where pcscd asks for polkit, and the file by which the bus starts it. Source: dbus-daemon(1);
polkit, data/."""

ROOT = None if sys.platform == "win32" else Path("/")
"""Where the system's files begin. Windows has none of them: what is called so there lies on the
current drive, where anybody may have put it."""


class Desktop(NamedTuple):
    """What Windows says of the session; other systems say nothing."""

    id: int | None = None
    """The session's number."""
    is_remote: bool = False
    """Its screen is that of another machine."""


def look(
    environment: Mapping[str, str], root: Path | None = ROOT, desktop: Desktop | None = None
) -> Session:
    """Describe the session that has this environment, under this root of files.

    `desktop` None: Windows is asked, where this is Windows.
    """
    desktop = _ask_windows() if desktop is None else desktop
    is_container = _is_container(environment, root)
    seen = {
        "ssh": "SSH_CONNECTION" in environment or "SSH_CLIENT" in environment,
        "rdp": desktop.is_remote,
        "container": is_container,
        "polkit": is_container and root is not None and _has_polkit(root),
        "flatpak": "FLATPAK_ID" in environment
        or (root is not None and (root / ".flatpak-info").exists()),
        "snap": "SNAP" in environment and "SNAP_NAME" in environment,
    }
    return Session(id=desktop.id, marks=tuple(mark for mark, is_so in seen.items() if is_so))


def _is_container(environment: Mapping[str, str], root: Path | None) -> bool:
    if environment.get("container"):
        return True
    if root is None:
        return False
    if any((root / file).exists() for file in _CONTAINER_FILES):
        return True
    try:
        first = (root / _FIRST_ENVIRONMENT).read_bytes().split(b"\0")
    except OSError:  # not root, or no Linux: nothing is guessed
        return False
    return any(
        variable.startswith(b"container=") and variable != b"container=" for variable in first
    )


def _has_polkit(root: Path) -> bool:
    return (root / _BUS).is_socket() and (root / _POLKIT).is_file()


def _ask_windows() -> Desktop:
    """Ask kernel32 and user32, which hold no device and answer at once."""
    if sys.platform != "win32":
        return Desktop()
    import ctypes  # noqa: PLC0415 - takes longer to load than all else here

    kernel32 = ctypes.WinDLL("kernel32")
    number = ctypes.c_uint32()
    known = kernel32.ProcessIdToSessionId(kernel32.GetCurrentProcessId(), ctypes.byref(number))
    remote = ctypes.WinDLL("user32").GetSystemMetrics(_SM_REMOTESESSION)
    return Desktop(number.value if known else None, bool(remote))
