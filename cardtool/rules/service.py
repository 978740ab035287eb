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
from cardtool.rules import desk, hardware, ports, session
from cardtool.rules.codes import finding
from cardtool.rules.renewal import Policy

_NO_READERS = "SCARD_E_NO_READERS_AVAILABLE 0x8010002E"
"""How PC/SC says that there is no reader. Source: PC/SC, winscard.h."""

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

_NOT_STARTING = "Windows Server 2025"
"""The system whose service starts for no reader of a remote desktop session."""

_UNITS = ("pcscd.socket", "pcscd.service")
"""Source: pcsc-lite, etc/."""


def check(snapshot: Snapshot, _at: datetime, _policy: Policy) -> Iterator[Finding]:
    """Give the finding about the service, or about the session or helper that explains it."""
    failure, because = snapshot.readers, session.explains(snapshot)
    if not isinstance(failure, Failure):
        yield finding("service-running")
    elif desk.is_ours(failure):
        yield finding("cardtool-fault", part="PC/SC", reason=failure)
    elif because is None or _is_asleep_on_server(snapshot):
        yield _about(_code(failure, snapshot), failure, snapshot.host)
    if because is not None:
        yield finding(because, reason=failure if isinstance(failure, Failure) else _NO_READERS)
    elif _lacks_enumerator(snapshot):
        yield finding("service-enumerator-stopped", state=_service(snapshot, _ENUMERATOR).state)


def _about(code: str, failure: Failure, host: Host) -> Finding:
    """Build the finding, with the command that installs what its system lacks."""
    lacking = {"service-absent": ("service", "ccid"), "service-library-missing": ("library",)}
    if code not in lacking:
        return finding(code, reason=failure)
    is_linux = host.platform == "linux"
    install = systems.command(host.release, *lacking[code]) if is_linux else None
    return finding(code, reason=failure, install=install)


def _lacks_enumerator(snapshot: Snapshot) -> bool:
    """Tell whether a sound reader is plugged in, and Windows' helper does not report it.

    While the service itself is off, the helper may be off too, unless nothing can start it.
    """
    helper = _service(snapshot, _ENUMERATOR)
    is_sound = any(hardware.hindrance(device) is None for device in ports.plugged(snapshot))
    if snapshot.host.platform != "win32" or not is_sound:
        return False
    if isinstance(snapshot.readers, Failure):
        return ports.is_service_stopped(snapshot.readers) and helper.start == "disabled"
    return helper.state in _OFF and not ports.signing_readers(snapshot)


def _is_asleep_on_server(snapshot: Snapshot) -> bool:
    """Tell whether a server's service is off, which no redirected reader starts there.

    Source: FreeRDP/FreeRDP#12778.
    """
    host = snapshot.host
    is_remote = host.release.startswith(_NOT_STARTING) and "rdp" in host.session.marks
    return is_remote and _service(snapshot, _SERVICE).state in _OFF


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
        and session.explains(snapshot) is None
    )


def _code(failure: Failure, snapshot: Snapshot) -> str:
    host = snapshot.host
    if failure.api == "worker" and failure.name in _OF_WORKERS:
        return _OF_WORKERS[failure.name]
    if failure.api == "os":
        return "service-library-missing"
    if session.is_denied(snapshot):
        return _denied(host)
    match host.platform:
        case "win32" if ports.is_service_stopped(failure):
            return _stopped_on_windows(snapshot)
        case "linux" if ports.is_service_stopped(failure):
            return _stopped_on_linux(snapshot)
        case _:
            return "service-idle" if is_idle(snapshot) else "service-failed"


def _denied(host: Host) -> str:
    if session.has_own_service(host):
        return "service-access-denied-container"
    if session.uses_hosts_service(host):
        return "service-access-denied-by-host"
    if "xrdp" in host.session.marks:
        return "service-access-denied-xrdp"  # somebody works in it
    return "service-access-denied" if session.is_aside(host) else "service-access-denied-here"


def _stopped_on_windows(snapshot: Snapshot) -> str:
    own = _service(snapshot, _SERVICE)
    if is_idle(snapshot):
        return "service-idle"
    if own.state == "running":
        return "service-stuck"
    return "service-disabled-windows" if own.start == "disabled" else "service-stopped-windows"


def _stopped_on_linux(snapshot: Snapshot) -> str:
    units = [_service(snapshot, unit) for unit in _UNITS]
    states = [unit.state for unit in units]
    is_refused = session.meets_other_version(snapshot) and not {"failed", "inactive"} & set(states)
    if states[1] == "active" or is_refused:
        return "service-versions-differ"
    if snapshot.host.pcscd is None and snapshot.seen is None:
        return "service-absent"
    if any(unit.start == "masked" for unit in units):
        return "service-masked"
    return "service-start-failed" if "failed" in states else "service-stopped"


def _service(snapshot: Snapshot, name: str) -> Service:
    """Return a service of the system; one that was not asked has no state."""
    known = (service for service in snapshot.host.services if service.name == name)
    return next(known, Service(name=name, state=""))
