# SPDX-License-Identifier: Apache-2.0
"""Codes about PKCS#11 modules, and what each made of a card."""

from cardtool.model.diagnosis import Link, Severity
from cardtool.rules.codes.row import (
    REINSTALL,
    UNREAD,
    UNREAD_OR_FAILED,
    Row,
    critical,
    warning,
    well,
)


def _driver(
    *steps: str,
    facts: tuple[str, ...] = ("module", "reason"),
    explains: tuple[str, ...] = UNREAD,
) -> Row:
    return critical(Link.DRIVER, *facts, steps=steps, explains=explains, elsewhere="card-not-read")


def _token(*steps: str, explains: tuple[str, ...] = ()) -> Row:
    facts = ("reader", "module", "reason")
    explains = ("token-missing", *explains)
    return critical(Link.TOKEN, *facts, steps=steps, explains=explains, elsewhere="card-not-read")


ROWS = {
    "driver-missing": _driver(
        "install-driver",
        "run-again",
        facts=("reader", "card", "product", "system", "bits", "paths"),
    ),
    "driver-wrong-architecture": _driver(
        "install-matching-driver",
        "run-again",
        facts=("module", "built_for", "built_for_bits", "machine", "machine_bits"),
    ),
    "driver-not-for-card": _driver(
        "install-driver",
        "correct-path",
        "run-again",
        facts=("reader", "card", "module", "product", "system", "bits"),
        explains=(*UNREAD, "token-failed"),
    ),
    "driver-too-old": _driver(
        "update-driver",
        "run-again",
        "check-card-kind",
        "send-snapshot",
        facts=("reader", "card", "module", "version", "reason"),
    ),
    "driver-file-missing": _driver("correct-path", "run-again"),
    "driver-file-unreadable": _driver("allow-file", "run-again"),
    "driver-not-library": _driver("correct-path", "run-again"),
    "driver-damaged": _driver(*REINSTALL, "run-again"),
    "driver-load-failed": _driver(*REINSTALL, "allow-library", "run-again"),
    "driver-crashed": _driver(*REINSTALL, "run-again", "send-snapshot"),
    "driver-hung": _driver("allow-more-time", "reseat-card", "close-programs", *REINSTALL),
    "driver-refused": _driver("restart-computer", *REINSTALL, "send-snapshot"),
    "driver-beside-failed": warning(
        Link.DRIVER, "module", "reason", steps=(*REINSTALL, "run-again")
    ),
    "driver-beside-misnamed": warning(
        Link.DRIVER, "module", "reason", steps=("correct-path", "run-again")
    ),
    "driver-copies-differ": warning(
        Link.DRIVER, "product", "paths", steps=("keep-one-driver", "run-again")
    ),
    "driver-not-asked": Row(
        severity=Severity.UNKNOWN,
        link=Link.DRIVER,
        facts=("reader", "card", "module"),
        steps=("allow-more-time", "send-snapshot"),
        elsewhere="card-not-read",
    ),
    "driver-held-back": well(Link.DRIVER, "module"),
    "driver-named-failed": well(Link.DRIVER, "module", "reason"),
    "driver-other-failed": well(Link.DRIVER, "module", "reason"),
    "drivers-several": well(Link.DRIVER, "products"),
    "driver-loaded": well(Link.DRIVER, "module", "product", "version"),
    "token-not-recognised": _token("update-driver", "check-card-kind", "send-snapshot"),
    "token-failed": _token(
        "close-programs", "reseat-card", "ask-for-new-card", explains=("token-not-recognised",)
    ),
    "token-hung": _token(
        "reseat-card", "allow-more-time", "try-other-reader", *REINSTALL, explains=UNREAD_OR_FAILED
    ),
    "token-crashed": _token(
        *REINSTALL,
        "run-again",
        "send-snapshot",
        explains=(*UNREAD_OR_FAILED, "token-hung"),
    ),
    "token-missing": critical(
        Link.TOKEN,
        "reader",
        "card",
        steps=("reseat-card", "update-driver", "send-snapshot"),
        elsewhere="card-not-read",
    ),
    "driver-without-token": critical(Link.TOKEN, "module", steps=("correct-path", "run-again")),
    "token-blank": well(Link.TOKEN, "reader", "module"),
    "token-read": well(Link.TOKEN, "reader", "module", "label"),
}
