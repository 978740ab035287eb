# SPDX-License-Identifier: Apache-2.0
"""Which kinds of session keep readers away from the programs in them.

Gives no findings. Such a session explains why the service does not answer or no reader is there, so
the rules about services and readers ask here first.
"""

from cardtool.model.snapshot import Failure, Snapshot
from cardtool.rules import desk, ports

_ACCESS_DENIED = 0x8010006A
"""SCARD_W_SECURITY_VIOLATION: pcscd asks polkit, and polkit said no. Source: pcsc-lite."""

_SERVICES = 0
"""The session of services, in which smart cards do not work.

Source: Microsoft, "Smart Cards for Windows Service"; PowerShell/Win32-OpenSSH#1644.
"""

_SANDBOXES = (("flatpak", "session-flatpak"), ("snap", "session-snap"))


def cause(snapshot: Snapshot) -> str | None:
    """Return the code of the session that explains why no reader is here, if one does."""
    match snapshot.host.platform:
        case "win32":
            return _windows(snapshot)
        case "linux":
            return _linux(snapshot)
        case _:
            return None


def is_denied(readers: object) -> bool:
    """Tell whether a failure in place of the readers means that this user may not ask for them."""
    return isinstance(readers, Failure) and readers.api == "pcsc" and readers.code == _ACCESS_DENIED


def is_in_container(snapshot: Snapshot) -> bool:
    """Tell whether a Linux program runs in a container."""
    return "container" in snapshot.host.session.marks


def lacks_polkit(snapshot: Snapshot) -> bool:
    """Tell whether a Linux program runs in a container without polkit to ask, as far as seen."""
    return is_in_container(snapshot) and "polkit" not in snapshot.host.session.marks


def _windows(snapshot: Snapshot) -> str | None:
    is_refused = isinstance(snapshot.readers, Failure) and not desk.is_gone(snapshot.readers)
    if is_refused or ports.real(snapshot):
        return None
    session = snapshot.host.session
    if session.id == _SERVICES:
        return "session-services"
    return "session-remote-desktop" if "rdp" in session.marks else None


def _linux(snapshot: Snapshot) -> str | None:
    host = snapshot.host
    has_own = host.pcsc_socket is not None or host.pcscd is not None
    is_cut_off = desk.is_gone(snapshot.readers) and not has_own
    for mark, code in _SANDBOXES:
        if mark in host.session.marks and (is_cut_off or is_denied(snapshot.readers)):
            return code
    return "session-container" if is_cut_off and is_in_container(snapshot) else None
