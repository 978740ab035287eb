# SPDX-License-Identifier: Apache-2.0
"""Findings about the PC/SC service: whether it can be asked for readers at all.

If the kind of session keeps programs from the service, the finding is about the session.
"""

from collections.abc import Iterator
from datetime import datetime

from cardtool.catalog import systems
from cardtool.model.diagnosis import Finding
from cardtool.model.snapshot import Failure, Snapshot
from cardtool.model.surroundings import Host, Service
from cardtool.rules import desk, hardware, ports
from cardtool.rules.codes import finding
from cardtool.rules.renewal import Policy

_NO_READERS = "SCARD_E_NO_READERS_AVAILABLE 0x8010002E"
"""How PC/SC says that there is no reader. Source: PC/SC, winscard.h."""

_ACCESS_DENIED = 0x8010006A
"""SCARD_W_SECURITY_VIOLATION: pcscd asks polkit, and polkit said no. Source: pcsc-lite."""

_SERVICE, _ENUMERATOR = "SCardSvr", "ScDeviceEnum"
"""The services of Windows that talk to readers and that report new readers.

Source: Microsoft, "Smart Cards for Windows Service".
"""

_OF_WORKERS = {
    "TIMEOUT": "service-timeout",
    **dict.fromkeys(("EMFILE", "ENFILE", "EAGAIN", "ENOMEM"), "system-exhausted"),
}
"""What it means if the worker gave no answer: the service hung, or the system had no files,
processes or memory left to start the worker. Source: errno(3).
"""

_OFF = ("stopped", "paused")
"""A service that is starting or stopping has other states. Source: psutil."""

_ASIDE = frozenset({"ssh", "xrdp", "background", "container"})
"""Marks of sessions that polkit does not count as a person at the screen."""

_CLOSED = {
    "flatpak": "session-flatpak",
    "snap": "session-snap",
    "container": "session-container",
}
"""Marks of what a program is shut off in."""

_OTHER_VERSION = 0x8010001E
"""SCARD_E_SERVICE_STOPPED: what pcscd answers a library of another protocol version.

Source: pcsc-lite, winscard_svc.c, CMD_VERSION; LudovicRousseau/PCSC#68.
"""

_UNITS = ("pcscd.socket", "pcscd.service")
"""Source: pcsc-lite, etc/."""

_SERVICES = 0
"""The session of services, in which smart cards do not work.

Source: Microsoft, "Smart Cards for Windows Service"; PowerShell/Win32-OpenSSH#1644.
"""


def check(snapshot: Snapshot, _at: datetime, _policy: Policy) -> Iterator[Finding]:
    """Give the finding about the service, or about the session or helper that explains it."""
    failure, because = snapshot.readers, session(snapshot)
    if not isinstance(failure, Failure):
        yield finding("service-running")
    elif desk.is_ours(failure):
        yield finding("cardtool-fault", part="PC/SC", reason=failure)
    elif because is None:
        yield _about(_code(failure, snapshot), failure, snapshot.host)
    if because is not None:
        yield finding(because, reason=failure if isinstance(failure, Failure) else _NO_READERS)
    elif not isinstance(failure, Failure) and not ports.signing_readers(snapshot):
        helper = _service(snapshot, _ENUMERATOR)
        is_sound = any(hardware.hindrance(device) is None for device in ports.plugged(snapshot))
        if snapshot.host.platform == "win32" and helper.state in _OFF and is_sound:
            yield finding("service-enumerator-stopped", state=helper.state)


def _about(code: str, failure: Failure, host: Host) -> Finding:
    """Build the finding, with the command that installs what its system lacks."""
    lacking = {"service-absent": ("service", "ccid"), "service-library-missing": ("library",)}
    if code not in lacking:
        return finding(code, reason=failure)
    is_linux = host.platform == "linux"
    install = systems.command(host.release, *lacking[code]) if is_linux else None
    return finding(code, reason=failure, install=install)


def session(snapshot: Snapshot) -> str | None:
    """Return the code of the session, if its kind explains why there is no reader."""
    readers, platform = snapshot.readers, snapshot.host.platform
    if ports.signing_readers(snapshot):
        return None
    if isinstance(readers, Failure) and readers.api != "pcsc":  # PC/SC itself gave no answer
        return closed(snapshot) if readers.api == "os" else None
    if platform == "win32":
        return _session_of_windows(snapshot)
    return _session_of_linux(snapshot) if platform == "linux" else None


def _session_of_windows(snapshot: Snapshot) -> str | None:
    own = snapshot.host.session
    if own.id == _SERVICES:
        return "session-services"
    if "citrix" in own.marks or "horizon" in own.marks:
        return "session-virtual-desktop"
    return "session-remote-desktop" if "rdp" in own.marks else None


def _session_of_linux(snapshot: Snapshot) -> str | None:
    inside = closed(snapshot)
    is_shut = _is_blind(snapshot) if inside == "session-container" else is_denied(snapshot)
    is_gone = ports.is_service_stopped(snapshot.readers) and snapshot.host.pcscd is None
    if inside and (is_shut or (is_gone and not _is_of_other_version(snapshot))):
        return inside
    is_wsl = "wsl" in snapshot.host.session.marks
    return "session-wsl" if is_wsl and not ports.plugged(snapshot) else None


def closed(snapshot: Snapshot) -> str | None:
    """Return the code of what this program runs inside, if that hides parts of the computer.

    A container with polkit or systemd is a whole system, in which people work.
    """
    host = snapshot.host
    marks = set(host.session.marks) if host.platform == "linux" else set()
    if "polkit" in marks or any(service.state for service in host.services):
        marks.discard("container")
    return next((code for mark, code in _CLOSED.items() if mark in marks), None)


def _is_blind(snapshot: Snapshot) -> bool:
    """Tell whether a service inside a container shows no reader, though one may be on USB.

    One that its own driver lists, and that nothing hinders, it may not open.
    """
    is_own = snapshot.host.pcscd is not None and isinstance(snapshot.readers, tuple)
    sound = (
        device
        for device in ports.plugged(snapshot)
        if not (hardware.hindrance(device) or hardware.lacks_driver(device) or device.asleep)
    )
    return is_own and (
        not isinstance(snapshot.usb, tuple)
        or any(device.drivers is None or len(device.drivers) == 1 for device in sound)
    )


def is_idle(snapshot: Snapshot) -> bool:
    """Tell whether the service of Windows or macOS is off, as is normal without a working reader.

    Source: jnasmartcardio/jnasmartcardio#3 for macOS.
    """
    return (
        snapshot.host.platform in {"win32", "darwin"}
        and ports.is_service_stopped(snapshot.readers)
        and isinstance(snapshot.usb, tuple)
        and all(map(hardware.hindrance, ports.plugged(snapshot)))
        and _service(snapshot, _SERVICE).start != "disabled"
        and session(snapshot) is None
    )


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


def _code(failure: Failure, snapshot: Snapshot) -> str:
    host = snapshot.host
    if failure.api == "worker" and failure.name in _OF_WORKERS:
        return _OF_WORKERS[failure.name]
    if failure.api == "os":
        return "service-library-missing"
    if is_denied(snapshot):
        return _denied(host)
    match host.platform:
        case "win32" if ports.is_service_stopped(failure):
            return _stopped_on_windows(snapshot)
        case "linux" if ports.is_service_stopped(failure):
            return _stopped_on_linux(snapshot)
        case _:
            return "service-idle" if is_idle(snapshot) else "service-failed"


def _denied(host: Host) -> str:
    marks = set(host.session.marks)
    if "container" in marks and "polkit" not in marks and host.pcscd is not None:
        return "service-access-denied-container"
    return "service-access-denied" if is_aside(host) else "service-access-denied-here"


def _stopped_on_windows(snapshot: Snapshot) -> str:
    own = _service(snapshot, _SERVICE)
    if is_idle(snapshot):
        return "service-idle"
    if own.state == "running":
        return "service-stuck"
    return "service-disabled-windows" if own.start == "disabled" else "service-stopped-windows"


def _is_of_other_version(snapshot: Snapshot) -> bool:
    """Tell whether a service is there and takes this library for one of another version."""
    readers, has_socket = snapshot.readers, snapshot.host.pcsc_socket is not None
    return isinstance(readers, Failure) and readers.code == _OTHER_VERSION and has_socket


def _stopped_on_linux(snapshot: Snapshot) -> str:
    units = [_service(snapshot, unit) for unit in _UNITS]
    states = [unit.state for unit in units]
    is_refused = _is_of_other_version(snapshot) and not {"failed", "inactive"} & set(states)
    if states[1] == "active" or is_refused:
        return "service-versions-differ"
    if snapshot.host.pcscd is None:
        return "service-absent"
    if any(unit.start == "masked" for unit in units):
        return "service-masked"
    return "service-start-failed" if "failed" in states else "service-stopped"


def _service(snapshot: Snapshot, name: str) -> Service:
    """Return a service of the system; one that was not asked has no state."""
    known = (service for service in snapshot.host.services if service.name == name)
    return next(known, Service(name=name, state=""))
