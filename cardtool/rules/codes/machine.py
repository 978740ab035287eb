# SPDX-License-Identifier: Apache-2.0
"""Codes about the machine, the session and the PC/SC service."""

from cardtool.model.diagnosis import Link, Severity
from cardtool.rules.codes.row import LOADS, TOKENS, Row, critical, warning, well


def _service(*steps: str) -> Row:
    return critical(
        Link.SERVICE,
        "reason",
        steps=steps,
        explains=(*LOADS, *TOKENS),
        elsewhere="service-not-needed",
    )


ROWS = {
    "cardtool-fault": Row(
        severity=Severity.UNKNOWN,
        link=Link.HOST,
        facts=("part", "reason"),
        steps=("report-fault",),
    ),
    "check-running": Row(
        severity=Severity.UNKNOWN,
        link=Link.HOST,
        facts=("program", "pid", "since_at"),
        steps=("let-it-end", "run-again"),
    ),
    "clock-behind": critical(
        Link.HOST, "clock_at", "evidence_at", steps=("set-clock", "run-again", "change-battery")
    ),
    "clock-went-back": warning(
        Link.HOST, "clock_at", "evidence_at", steps=("check-clock", "set-clock", "run-again")
    ),
    "clock-zone-odd": warning(Link.HOST, "offset", steps=("set-zone", "run-again")),
    "clock-zone": well(Link.HOST, "offset"),
    "changed-system": well(Link.HOST, "before", "after", "good_at"),
    "changed-reader": well(Link.HOST, "before", "after", "good_at"),
    "changed-driver": well(Link.HOST, "module", "before", "after", "good_at"),
    "session-container": _service("share-pcsc-socket", "run-outside"),
    "session-flatpak": _service("allow-flatpak", "run-outside"),
    "session-snap": _service("connect-snap", "run-outside"),
    "session-remote-desktop": _service(
        "plug-reader-here", "share-cards-in-remote-desktop", "run-at-console"
    ),
    "session-services": _service("run-at-logon", "run-at-desk"),
    "service-running": well(Link.SERVICE),
    "service-idle": well(Link.SERVICE, "reason"),
    "service-absent": _service("install-pcscd", "enable-pcscd"),
    "service-stopped": _service("enable-pcscd", "start-pcscd"),
    "service-masked": _service("unmask-pcscd", "enable-pcscd"),
    "service-stopped-windows": _service(
        "plug-reader", "open-windows-services", "enable-windows-service", "start-windows-service"
    ),
    "service-disabled-windows": _service(
        "open-windows-services", "enable-windows-service", "start-windows-service"
    ),
    "service-enumerator-stopped": critical(
        Link.SERVICE,
        "state",
        steps=(
            "open-windows-services",
            "enable-windows-enumerator",
            "start-windows-enumerator",
            "replug-reader",
        ),
        explains=("reader-missing", "reader-built-in-only", "reader-not-offered"),
        elsewhere="service-not-needed",
    ),
    "service-timeout": _service("replug-reader", "restart-computer", "send-snapshot"),
    "service-library-missing": _service(
        "install-pcsc-library", "restart-computer", "run-again", "send-snapshot"
    ),
    "service-access-denied": _service("run-at-desk", "print-polkit-rule", "allow-pcsc-access"),
    "service-access-denied-container": _service("share-pcsc-socket", "start-pcscd-alone"),
    "service-failed": _service("replug-reader", "restart-computer", "send-snapshot"),
    "service-not-needed": well(Link.SERVICE, "reason"),
}
