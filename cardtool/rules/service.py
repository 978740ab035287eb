# SPDX-License-Identifier: Apache-2.0
"""Findings about the PC/SC service: whether readers can be asked for at all."""

from collections.abc import Iterator
from datetime import datetime

from cardtool.model.diagnosis import Finding
from cardtool.model.snapshot import Failure, Snapshot
from cardtool.rules.codes import finding
from cardtool.rules.desk import is_ours, reason
from cardtool.rules.policy import Policy

_GONE = frozenset({0x8010001D, 0x8010001E})
"""SCARD_E_NO_SERVICE, SCARD_E_SERVICE_STOPPED. Source: PC/SC, winscard.h."""

_ACCESS_DENIED = 0x8010006A
"""SCARD_W_SECURITY_VIOLATION: pcscd asks polkit, and polkit said no. Source: pcsc-lite."""


def check(snapshot: Snapshot, _at: datetime, _policy: Policy) -> Iterator[Finding]:
    """Give the one finding about the service."""
    failure = snapshot.readers
    if not isinstance(failure, Failure):
        yield finding("service-running")
    elif is_ours(failure):
        yield finding("cardtool-fault", part="PC/SC", reason=reason(failure))
    else:
        yield finding(_code(failure, snapshot), reason=reason(failure))


def _code(failure: Failure, snapshot: Snapshot) -> str:
    match failure.api, failure.code, snapshot.host.platform:
        case "worker", _, _ if failure.name == "TIMEOUT":
            return "service-timeout"
        case "os", _, _:
            return "service-library-missing"
        case "pcsc", code, _ if code == _ACCESS_DENIED:
            return "service-access-denied"
        case "pcsc", code, "win32" if code in _GONE:
            return "service-stopped-windows"
        case "pcsc", code, "linux" if code in _GONE:
            return "service-absent" if snapshot.host.pcscd is None else "service-stopped"
        case _:
            return "service-failed"
