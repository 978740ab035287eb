# SPDX-License-Identifier: Apache-2.0
"""Findings about the PC/SC service: whether it can be asked for readers at all.

If the kind of session keeps programs from the service, the finding is about the session instead.
"""

from collections.abc import Iterator
from datetime import datetime

from cardtool.model.diagnosis import Finding
from cardtool.model.snapshot import Failure, Snapshot
from cardtool.model.surroundings import Service
from cardtool.rules import desk, ports, session
from cardtool.rules.codes import finding
from cardtool.rules.policy import Policy

_NO_READERS = "SCARD_E_NO_READERS_AVAILABLE 0x8010002E"
"""How PC/SC says that the list is empty. Source: PC/SC, winscard.h."""

_SERVICE, _ENUMERATOR = "SCardSvr", "ScDeviceEnum"
"""The services of Windows that talk to readers and that report new readers.

Source: Microsoft, "Smart Cards for Windows Service".
"""

_OFF = ("stopped", "paused")
"""A service that is starting or stopping has other states. Source: psutil."""

_UNITS = ("pcscd.socket", "pcscd.service")
"""Source: pcsc-lite, etc/."""


def check(snapshot: Snapshot, _at: datetime, _policy: Policy) -> Iterator[Finding]:
    """Give the finding about the service, and about the session or helper that explains it."""
    failure, because = snapshot.readers, session.cause(snapshot)
    reason = desk.reason(failure) if isinstance(failure, Failure) else _NO_READERS
    if not isinstance(failure, Failure):
        yield finding("service-running")
    elif desk.is_ours(failure):
        yield finding("cardtool-fault", part="PC/SC", reason=reason)
    elif because is None:
        yield finding(_code(failure, snapshot), reason=reason)
    if because is not None:
        yield finding(because, reason=reason)
    elif not isinstance(failure, Failure) and not ports.real(snapshot):
        yield from _unenumerated(snapshot)


def is_idle(snapshot: Snapshot) -> bool:
    """Tell whether the service of Windows is off, as is normal without a working reader."""
    return (
        snapshot.host.platform == "win32"
        and desk.is_gone(snapshot.readers)
        and isinstance(snapshot.usb, tuple)
        and all(map(ports.hindrance, ports.plugged(snapshot)))
        and _start_of(snapshot, _SERVICE) != "disabled"
        and session.cause(snapshot) is None
    )


def _code(failure: Failure, snapshot: Snapshot) -> str:
    if failure.api == "worker" and failure.name == "TIMEOUT":
        return "service-timeout"
    if failure.api == "os":
        return "service-library-missing"
    if session.is_denied(failure):
        is_lost = session.lacks_polkit(snapshot)
        return "service-access-denied-container" if is_lost else "service-access-denied"
    match snapshot.host.platform:
        case "win32" if desk.is_gone(failure):
            return _stopped_on_windows(snapshot)
        case "linux" if desk.is_gone(failure):
            return _stopped_on_linux(snapshot)
        case _:
            return "service-failed"


def _stopped_on_windows(snapshot: Snapshot) -> str:
    if _start_of(snapshot, _SERVICE) == "disabled":
        return "service-disabled-windows"
    return "service-idle" if is_idle(snapshot) else "service-stopped-windows"


def _stopped_on_linux(snapshot: Snapshot) -> str:
    if snapshot.host.pcscd is None:
        return "service-absent"
    is_masked = any(_start_of(snapshot, unit) == "masked" for unit in _UNITS)
    return "service-masked" if is_masked else "service-stopped"


def _unenumerated(snapshot: Snapshot) -> Iterator[Finding]:
    helper = _service(snapshot, _ENUMERATOR)
    is_off = helper is not None and helper.state in _OFF
    is_sound = any(ports.hindrance(each) is None for each in ports.plugged(snapshot))
    if helper is not None and snapshot.host.platform == "win32" and is_off and is_sound:
        yield finding("service-enumerator-stopped", state=helper.state)


def _service(snapshot: Snapshot, name: str) -> Service | None:
    return next((each for each in snapshot.host.services if each.name == name), None)


def _start_of(snapshot: Snapshot, name: str) -> str | None:
    service = _service(snapshot, name)
    return None if service is None else service.start
