# SPDX-License-Identifier: Apache-2.0
"""What kind of session a program runs in, and whether that keeps it from readers.

Gives no findings; `service` and `readers` ask it. On Windows the kind of session alone decides. On
Linux what a program is shut off in matters only together with how PC/SC is out of its reach.
"""

from collections.abc import Iterator

from cardtool.model.snapshot import Failure, Snapshot
from cardtool.model.surroundings import Host
from cardtool.rules import hardware, ports

_ACCESS_DENIED = 0x8010006A
"""SCARD_W_SECURITY_VIOLATION: pcscd asks polkit, and polkit said no. Source: pcsc-lite."""

_OTHER_VERSION = 0x8010001E
"""SCARD_E_SERVICE_STOPPED: what pcscd answers a library of another protocol version.

Source: pcsc-lite, winscard_svc.c, CMD_VERSION; LudovicRousseau/PCSC#68.
"""

_OF_WINDOWS = {
    "citrix": "session-virtual-desktop",
    "horizon": "session-virtual-desktop",
    "rdp": "session-remote-desktop",
}
"""Mark of a session of Windows -> the code of what shows it other readers than this computer's."""

_OF_LINUX = {"wsl": "session-wsl", "xrdp": "session-xrdp"}
"""Mark of a session of Linux -> the code that says it sees no reader where its person sits.

Source: microsoft/WSL#2568; neutrinolabs/xrdp#1825: no release passes readers on by itself.
"""

_REMOTE = frozenset({*_OF_WINDOWS, "xrdp"})
"""Marks of sessions whose programs, drivers too, are not on the computer in front of the person."""

_SERVICES = 0
"""The session of services, in which smart cards do not work.

Source: Microsoft, "Smart Cards for Windows Service"; PowerShell/Win32-OpenSSH#1644.
"""

_CLOSED = {
    "flatpak": ("session-flatpak", {"library", "service", "permission"}),
    "snap": ("session-snap", {"library", "service", "permission"}),
    "container": ("session-container", {"library", "service", "device"}),
}
"""Mark of what a program is shut off in -> its code, and what it can keep out of reach.

A container whose own service says no has other steps: `service-access-denied-container`.
"""

_ASIDE = frozenset({"ssh", "xrdp", "background", "container"})
"""Marks of sessions that polkit does not count as a person at the screen."""


def explains(snapshot: Snapshot) -> str | None:
    """Return the code of the session, if its kind explains why there is no reader."""
    systems = {"linux": _explains_on_linux, "win32": _explains_on_windows}
    explain = systems.get(snapshot.host.platform)
    return explain(snapshot) if explain and not ports.signing_readers(snapshot) else None


def _explains_on_windows(snapshot: Snapshot) -> str | None:
    session = snapshot.host.session
    if not _is_answer_of_pcsc(snapshot):
        return None
    if session.id == _SERVICES:
        return "session-services"
    return next((code for mark, code in _OF_WINDOWS.items() if mark in session.marks), None)


def _explains_on_linux(snapshot: Snapshot) -> str | None:
    inside = _closed_in(snapshot)
    if inside and not _CLOSED[inside][1].isdisjoint(_out_of_reach(snapshot)):
        return _CLOSED[inside][0]
    if ports.plugged(snapshot) or not _is_answer_of_pcsc(snapshot):
        return None
    marks = snapshot.host.session.marks
    if ports.gone(snapshot) or (is_denied(snapshot) and not isinstance(snapshot.usb, tuple)):
        marks = tuple(mark for mark in marks if mark != "xrdp")  # a reader is or may be there
    return next((code for mark, code in _OF_LINUX.items() if mark in marks), None)


def hides_parts(snapshot: Snapshot) -> bool:
    """Tell whether this program runs inside something that hides parts of the computer."""
    return _closed_in(snapshot) is not None


def is_denied(snapshot: Snapshot) -> bool:
    """Tell whether polkit keeps this user from the service."""
    readers = snapshot.readers
    return (
        snapshot.host.platform == "linux"
        and isinstance(readers, Failure)
        and (readers.api, readers.code) == ("pcsc", _ACCESS_DENIED)
    )


def is_aside(host: Host) -> bool:
    """Tell whether polkit takes a session for one that is not at the computer itself."""
    return host.platform == "linux" and not _ASIDE.isdisjoint(host.session.marks)


def is_remote(host: Host) -> bool:
    """Tell whether somebody works on this computer from another one, whose screen shows it."""
    return not _REMOTE.isdisjoint(host.session.marks)


def has_own_service(host: Host) -> bool:
    """Tell whether a container without polkit has a service of its own."""
    marks = host.session.marks
    return "container" in marks and "polkit" not in marks and host.pcscd is not None


def uses_hosts_service(host: Host) -> bool:
    """Tell whether a container is passed the service of the computer around it."""
    marks = host.session.marks
    return "container" in marks and "polkit" not in marks and host.pcscd is None


def meets_other_version(snapshot: Snapshot) -> bool:
    """Tell whether a service is there and takes this library for one of another version."""
    readers, has_socket = snapshot.readers, snapshot.host.pcsc_socket is not None
    return isinstance(readers, Failure) and readers.code == _OTHER_VERSION and has_socket


def _is_answer_of_pcsc(snapshot: Snapshot) -> bool:
    readers = snapshot.readers
    return not isinstance(readers, Failure) or readers.api == "pcsc"


def _closed_in(snapshot: Snapshot) -> str | None:
    """Return the mark of what this program is shut off in.

    A container with polkit or systemd is a whole system, in which people work.
    """
    host = snapshot.host
    marks = set(host.session.marks) if host.platform == "linux" else set()
    if "polkit" in marks or any(service.state for service in host.services):
        marks.discard("container")
    return next((mark for mark in _CLOSED if mark in marks), None)


def _out_of_reach(snapshot: Snapshot) -> Iterator[str]:
    """Yield what of PC/SC is out of this program's reach: what its walls may be to blame for."""
    readers, host = snapshot.readers, snapshot.host
    if isinstance(readers, Failure) and readers.api == "os":
        yield "library"
    elif is_denied(snapshot):
        yield "permission"
    elif ports.is_service_stopped(readers) and host.pcscd is None:
        if not meets_other_version(snapshot):
            yield "service"
    elif isinstance(readers, tuple) and host.pcscd is not None and _may_have_reader(snapshot):
        yield "device"


def _may_have_reader(snapshot: Snapshot) -> bool:
    """Tell whether a reader may be on USB that this program's own service cannot open.

    It is one that the service's driver lists, and that nothing else hinders.
    """
    return not isinstance(snapshot.usb, tuple) or any(
        device.drivers is None or len(device.drivers) == 1
        for device in ports.plugged(snapshot)
        if not (hardware.hindrance(device) or hardware.lacks_driver(device) or device.asleep)
    )
