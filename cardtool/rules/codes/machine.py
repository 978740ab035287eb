# SPDX-License-Identifier: Apache-2.0
"""Codes about the machine, the session, the PC/SC service and readers."""

from functools import partial

from cardtool.model.diagnosis import Link
from cardtool.rules.codes.row import (
    KEPT_WAITING,
    NO_CARD_IN_REACH,
    TOKENS,
    UNSURE,
    Row,
    critical,
    unknown,
    warning,
    well,
)

_SERVICE = f"driver-crashed driver-refused driver-beside-failed {TOKENS}"


def _service(steps: str, facts: str = "reason") -> Row:
    return critical(Link.SERVICE, facts, steps, _SERVICE, "service-not-needed")


def _cut_off(steps: str) -> Row:
    """Make a row of something that keeps this program from checking: all may be well."""
    return unknown(Link.SERVICE, "reason", steps, _SERVICE, "service-not-needed")


def _reader(facts: str, steps: str) -> Row:
    facts = f"model usb {facts}"
    return critical(Link.READER, facts, steps, NO_CARD_IN_REACH, "reader-not-used")


_well = partial(well, Link.READER)

ROWS = {
    "cardtool-fault": unknown(Link.HOST, "part reason", "report-fault"),
    "check-running": unknown(Link.HOST, "program pid since_at", "let-it-end run-again"),
    "parts-not-seen": unknown(Link.HOST, "tool unseen", "look-there"),
    "clock-behind": critical(
        Link.HOST,
        "clock_at evidence_at",
        "set-clock run-again change-battery",
        "nes-not-yet-valid nes-between",
    ),
    "clock-went-back": warning(
        Link.HOST, "clock_at evidence_at", "check-clock set-clock run-again"
    ),
    "clock-zone-odd": warning(Link.HOST, "offset", "set-zone run-again"),
    "clock-zone": well(Link.HOST, "offset"),
    "changed-system": well(Link.HOST, "before after good_at"),
    "changed-reader": well(Link.HOST, "before after good_at"),
    "changed-driver": well(Link.HOST, "module before after good_at"),
    "session-container": _cut_off("share-pcsc-socket run-outside start-pcscd-alone"),
    "session-flatpak": _cut_off("run-outside-first allow-flatpak"),
    "session-snap": _cut_off("run-outside-first connect-snap"),
    "session-remote-desktop": _service(
        "plug-reader-here share-cards-in-remote-desktop use-microsofts-client run-at-console"
    ),
    "session-virtual-desktop": _service("plug-reader-here let-cards-through run-at-console"),
    "session-wsl": _cut_off("run-in-windows attach-usb"),
    "session-xrdp": _service("sign-where-reader-is plug-into-remote"),
    "session-services": _cut_off("run-at-logon run-at-desk"),
    "service-running": well(Link.SERVICE),
    "service-idle": well(Link.SERVICE, "reason"),
    "service-absent": _service("install-pcscd enable-pcscd", "reason install"),
    "service-stopped": _service("enable-pcscd start-pcscd"),
    "service-masked": _service("unmask-pcscd enable-pcscd"),
    "service-start-failed": _service("read-pcscd-journal restart-pcscd send-snapshot"),
    "service-versions-differ": _cut_off("use-own-package find-other-library send-snapshot"),
    "service-stuck": _service(
        "open-windows-services restart-windows-service restart-computer send-snapshot"
    ),
    "service-stopped-windows": _service(
        "open-windows-services enable-windows-service start-windows-service"
    ),
    "service-disabled-windows": _service(
        "open-windows-services enable-windows-service start-windows-service"
    ),
    "service-enumerator-stopped": critical(
        Link.SERVICE,
        "state",
        "open-windows-services enable-windows-enumerator start-windows-enumerator replug-reader",
        "reader-missing reader-gone reader-own-missing reader-built-in-only reader-not-offered",
        "service-not-needed",
    ),
    "service-timeout": _service("replug-reader restart-computer send-snapshot"),
    "service-library-missing": _service(
        "install-pcsc-library restart-computer run-again send-snapshot", "reason install"
    ),
    "service-access-denied": _cut_off("run-at-desk print-polkit-rule allow-pcsc-access"),
    "service-access-denied-here": _service(
        "print-rule-for-person allow-pcsc-access restart-computer read-pcscd-journal"
    ),
    "service-access-denied-xrdp": _service("sign-in-at-desk print-polkit-rule allow-pcsc-access"),
    "service-access-denied-container": _cut_off("share-pcsc-socket start-pcscd-alone"),
    "service-access-denied-by-host": _cut_off(
        "run-outside-first print-rule-on-host allow-pcsc-access"
    ),
    "service-failed": _cut_off("restart-computer run-again replug-reader send-snapshot"),
    "system-exhausted": _cut_off("restart-computer run-again raise-limits send-snapshot"),
    "service-not-needed": well(Link.SERVICE, "reason"),
    "reader-missing": critical(
        Link.READER,
        "",
        "plug-own-reader try-other-port run-again try-other-computer order-reader address-reader "
        "pay-reader",
        NO_CARD_IN_REACH,
    ),
    "reader-gone": critical(
        Link.READER,
        "readers good_at",
        "plug-reader try-other-port run-again try-other-computer order-reader address-reader "
        "pay-reader",
        NO_CARD_IN_REACH,
    ),
    "reader-own-missing": critical(
        Link.READER,
        "readers phase",
        "plug-own-reader run-again order-reader address-reader pay-reader",
        NO_CARD_IN_REACH,
    ),
    "reader-not-seen": critical(
        Link.READER,
        "",
        "try-other-port run-again try-other-computer send-snapshot",
        NO_CARD_IN_REACH,
    ),
    "reader-driver-missing": _reader(
        "driver", "install-reader-driver replug-reader run-again do-not-order"
    ),
    "reader-driver-for-arm": _reader(
        "driver", "use-ccid-reader install-reader-driver replug-reader run-again"
    ),
    "reader-driver-old": _reader(
        "driver", "update-reader-driver replug-reader run-again do-not-order"
    ),
    "reader-drivers-clash": _reader(
        "drivers", "keep-one-reader-driver restart-computer run-again do-not-order"
    ),
    "reader-driver-unloadable": _reader(
        "problem",
        "open-device-manager remove-reader-driver replug-reader maker-reader-driver do-not-order",
    ),
    "reader-driver-refused": _reader(
        "problem", "replace-reader-driver replug-reader run-again do-not-order"
    ),
    "reader-not-started": _reader(
        "problem", "replug-reader restart-computer retry-reader-start do-not-order"
    ),
    "reader-needs-restart": _reader(
        "problem", "restart-computer replug-reader run-again do-not-order"
    ),
    "reader-faulty": _reader(
        "problem",
        "replug-reader try-other-port open-device-manager use-windows-reader-driver "
        "try-faulty-elsewhere",
    ),
    "reader-ejected": _reader("problem", "replug-reader run-again do-not-order"),
    "reader-not-connected": _reader(
        "problem", "plug-reader try-other-port run-again try-other-computer order-reader"
    ),
    "reader-disabled": _reader("problem", "open-device-manager enable-device do-not-order"),
    "reader-blocked": _reader(
        "", "list-blocked-devices allow-device add-to-device-list do-not-order"
    ),
    "reader-asleep": _reader("", "replug-reader stop-usb-sleep do-not-order"),
    "reader-unsupported": _reader("", "plug-own-reader order-reader"),
    "reader-built-in-only": _reader("reason", "plug-own-reader order-reader"),
    "reader-not-offered": _reader(
        "", "replug-reader update-ccid try-other-port restart-computer do-not-order"
    ),
    "reader-unplugged": critical(
        Link.READER,
        "reader",
        "try-other-port run-again try-other-computer",
        f"{KEPT_WAITING} {UNSURE} reader-missing reader-gone reader-own-missing "
        "reader-not-seen reader-built-in-only reader-not-offered card-missing "
        "card-missing-virtual card-beside-slot",
        "card-not-read",
    ),
    "reader-not-asked": unknown(
        Link.READER,
        "reader reason",
        "run-again try-other-reader send-snapshot",
        KEPT_WAITING,
        "card-not-read",
    ),
    "reader-found": _well("reader"),
    "reader-identified": _well("model usb"),
    "usb-not-seen": _well("reason"),
    "reader-not-needed": _well(),
    "reader-virtual": _well("reader"),
    "reader-not-used": _well("model usb reason"),
    "readers-several": _well("count readers"),
}
