# SPDX-License-Identifier: Apache-2.0
"""Findings about the PC/SC service: whether it can be asked for readers at all.

If the kind of session keeps programs from the service, the finding is about the session instead.
"""

from collections.abc import Iterator
from datetime import datetime

from cardtool.model.diagnosis import Finding
from cardtool.model.snapshot import Failure, Snapshot
from cardtool.model.surroundings import Service
from cardtool.rules import desk, ports
from cardtool.rules.codes import finding
from cardtool.rules.renewal import Policy

_NO_READERS = "SCARD_E_NO_READERS_AVAILABLE 0x8010002E"
"""How PC/SC says that the list is empty. Source: PC/SC, winscard.h."""

_ACCESS_DENIED = 0x8010006A
"""SCARD_W_SECURITY_VIOLATION: pcscd asks polkit, and polkit said no. Source: pcsc-lite."""

_SERVICE, _ENUMERATOR = "SCardSvr", "ScDeviceEnum"
"""The services of Windows that talk to readers and that report new readers.

Source: Microsoft, "Smart Cards for Windows Service".
"""

_OFF = ("stopped", "paused")
"""A service that is starting or stopping has other states. Source: psutil."""

_UNITS = ("pcscd.socket", "pcscd.service")
"""Source: pcsc-lite, etc/."""

_SERVICES = 0
"""The session of services, in which smart cards do not work.

Source: Microsoft, "Smart Cards for Windows Service"; PowerShell/Win32-OpenSSH#1644.
"""


def check(snapshot: Snapshot, _at: datetime, _policy: Policy) -> Iterator[Finding]:
    """Give the finding about the service, and about the session or helper that explains it."""
    failure, because = snapshot.readers, session(snapshot)
    if not isinstance(failure, Failure):
        yield finding("service-running")
    elif desk.is_ours(failure):
        yield finding("cardtool-fault", part="PC/SC", reason=failure)
    elif because is None:
        yield finding(_code(failure, snapshot), reason=failure)
    if because is not None:
        yield finding(because, reason=failure if isinstance(failure, Failure) else _NO_READERS)
    elif not isinstance(failure, Failure) and not ports.real(snapshot):
        helper = _service(snapshot, _ENUMERATOR)
        is_sound = any(ports.hindrance(device) is None for device in ports.plugged(snapshot))
        if snapshot.host.platform == "win32" and helper.state in _OFF and is_sound:
            yield finding("service-enumerator-stopped", state=helper.state)


def session(snapshot: Snapshot) -> str | None:
    """Return the code of the kind of session that explains why no reader is here, if one does."""
    host, is_gone = snapshot.host, ports.is_gone(snapshot.readers)
    marks = host.session.marks
    if host.platform == "win32":
        is_refused = isinstance(snapshot.readers, Failure) and not is_gone
        if is_refused or ports.real(snapshot):
            return None
        if host.session.id == _SERVICES:
            return "session-services"
        return "session-remote-desktop" if "rdp" in marks else None
    if host.platform != "linux":
        return None
    is_cut_off = is_gone and host.pcsc_socket is None and host.pcscd is None
    for mark, code in (("flatpak", "session-flatpak"), ("snap", "session-snap")):
        if mark in marks and (is_cut_off or _is_denied(snapshot.readers)):
            return code
    return "session-container" if is_cut_off and "container" in marks else None


def is_idle(snapshot: Snapshot) -> bool:
    """Tell whether the service of Windows is off, as is normal without a working reader."""
    return (
        snapshot.host.platform == "win32"
        and ports.is_gone(snapshot.readers)
        and isinstance(snapshot.usb, tuple)
        and all(map(ports.hindrance, ports.plugged(snapshot)))
        and _service(snapshot, _SERVICE).start != "disabled"
        and session(snapshot) is None
    )


def _is_denied(readers: object) -> bool:
    """Tell whether a failure in place of the readers means that this user may not ask for them."""
    return isinstance(readers, Failure) and readers.api == "pcsc" and readers.code == _ACCESS_DENIED


def _code(failure: Failure, snapshot: Snapshot) -> str:
    host = snapshot.host
    if failure.api == "worker" and failure.name == "TIMEOUT":
        return "service-timeout"
    if failure.api == "os":
        return "service-library-missing"
    if _is_denied(failure):
        is_lost = "container" in host.session.marks and "polkit" not in host.session.marks
        return "service-access-denied-container" if is_lost else "service-access-denied"
    match host.platform:
        case "win32" if ports.is_gone(failure):
            return _stopped_on_windows(snapshot)
        case "linux" if ports.is_gone(failure):
            return _stopped_on_linux(snapshot)
        case _:
            return "service-failed"


def _stopped_on_windows(snapshot: Snapshot) -> str:
    if _service(snapshot, _SERVICE).start == "disabled":
        return "service-disabled-windows"
    return "service-idle" if is_idle(snapshot) else "service-stopped-windows"


def _stopped_on_linux(snapshot: Snapshot) -> str:
    if snapshot.host.pcscd is None:
        return "service-absent"
    is_masked = any(_service(snapshot, unit).start == "masked" for unit in _UNITS)
    return "service-masked" if is_masked else "service-stopped"


def _service(snapshot: Snapshot, name: str) -> Service:
    """Return a service of the system; one that was not asked has no state."""
    known = (service for service in snapshot.host.services if service.name == name)
    return next(known, Service(name=name, state=""))
