# SPDX-License-Identifier: Apache-2.0
"""Every code there is: how bad, which link of the chain, which facts, what to do, what it explains.

A rule can invent none of these. Codes are stable for ever: one that is no longer given goes to
`RETIRED` and is never used again.
"""

import msgspec

from cardtool.model.diagnosis import Finding, Link, Severity


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """What holds for a code, whatever desk it is found on."""

    severity: Severity
    link: Link
    facts: tuple[str, ...] = ()
    """Names of the facts each finding of this code gives: all of them, and no other."""
    steps: tuple[str, ...] = ()
    """Codes of what to do next, in order."""
    explains: tuple[str, ...] = ()
    """Codes this one makes a mere consequence: they are not shown beside it."""
    elsewhere: str = ""
    """The code given instead where an NES is in force on another card; empty: it stays."""


RETIRED: tuple[str, ...] = ()
"""Codes that were given once."""


def finding(code: str, **facts: str | int) -> Finding:
    """Build the finding of a code of the table from its facts."""
    row = ROWS[code]
    return Finding(code=code, severity=row.severity, link=row.link, facts=facts, steps=row.steps)


_UNREAD = ("token-not-recognised", "token-missing")
_UNREAD_OR_FAILED = (*_UNREAD, "token-failed")
_TOKENS = (*_UNREAD_OR_FAILED, "token-hung", "token-crashed")
_KEPT_WAITING = (*_TOKENS, "driver-hung", "driver-refused")
_CONTENTS = (
    "certificates-unreadable",
    "certificates-missing",
    "certificate-unparsable",
    "nes-missing",
    "nes-elsewhere",
)
_LOADS = ("driver-crashed", "driver-hung", "driver-refused", "driver-beside-failed")

_REMAINING = ("reader", "holder", "not_after_at", "days_left")
_REINSTALL = ("remove-driver", "reinstall-driver")


def _well(link: Link, *facts: str) -> Row:
    return Row(severity=Severity.OK, link=link, facts=facts)


def _warning(link: Link, *facts: str, steps: tuple[str, ...]) -> Row:
    return Row(severity=Severity.WARNING, link=link, facts=facts, steps=steps)


def _critical(
    link: Link,
    *facts: str,
    steps: tuple[str, ...],
    explains: tuple[str, ...] = (),
    elsewhere: str = "",
) -> Row:
    return Row(
        severity=Severity.CRITICAL,
        link=link,
        facts=facts,
        steps=steps,
        explains=explains,
        elsewhere=elsewhere,
    )


def _service(*steps: str) -> Row:
    return _critical(
        Link.SERVICE,
        "reason",
        steps=steps,
        explains=(*_LOADS, *_TOKENS),
        elsewhere="service-not-needed",
    )


def _card(*facts: str, steps: tuple[str, ...], explains: tuple[str, ...] = ()) -> Row:
    facts = ("reader", *facts)
    return _critical(Link.CARD, *facts, steps=steps, explains=explains, elsewhere="card-not-read")


def _driver(*steps: str, facts: tuple[str, ...] = ("module", "reason")) -> Row:
    return _critical(Link.DRIVER, *facts, steps=steps, explains=_UNREAD, elsewhere="card-not-read")


def _token(*steps: str, explains: tuple[str, ...] = ()) -> Row:
    facts = ("reader", "module", "reason")
    explains = ("token-missing", *explains)
    return _critical(Link.TOKEN, *facts, steps=steps, explains=explains, elsewhere="card-not-read")


ROWS = {
    "cardtool-fault": Row(
        severity=Severity.UNKNOWN,
        link=Link.HOST,
        facts=("part", "reason"),
        steps=("report-fault",),
    ),
    "service-running": _well(Link.SERVICE),
    "service-absent": _service("install-pcscd", "enable-pcscd"),
    "service-stopped": _service("enable-pcscd", "start-pcscd"),
    "service-stopped-windows": _service(
        "plug-reader", "open-windows-services", "start-windows-service", "leave-remote-desktop"
    ),
    "service-timeout": _service("replug-reader", "restart-computer", "send-snapshot"),
    "service-library-missing": _service("install-pcsc-library", "run-again"),
    "service-access-denied": _service("run-at-desk", "allow-pcsc-access"),
    "service-failed": _service("replug-reader", "restart-computer", "send-snapshot"),
    "service-not-needed": _well(Link.SERVICE, "reason"),
    "reader-missing": _critical(
        Link.READER,
        steps=(
            "try-other-port",
            "run-again",
            "try-other-computer",
            "order-reader",
            "address-reader",
            "pay-reader",
        ),
        explains=("driver-refused", *_TOKENS),
    ),
    "reader-found": _well(Link.READER, "reader"),
    "readers-several": _well(Link.READER, "count", "readers"),
    "reader-empty": _well(Link.CARD, "reader"),
    "card-missing": _critical(
        Link.CARD,
        "readers",
        steps=("insert-card", "run-again"),
        explains=("driver-refused", *_TOKENS),
    ),
    "card-pulled": _card(
        steps=("insert-card", "leave-card", "run-again"),
        explains=(*_KEPT_WAITING, *_CONTENTS),
    ),
    "card-mute": _card(
        "reason",
        steps=("reseat-card", "wipe-card", "try-other-reader", "ask-for-new-card"),
        explains=_KEPT_WAITING,
    ),
    "card-unknown": _card(
        "atr",
        steps=("check-card-kind", "name-module", "send-snapshot"),
        explains=_TOKENS,
    ),
    "card-not-for-signing": _card(
        "card",
        "atr",
        steps=("insert-nes-card", "run-again"),
        explains=(*_TOKENS, "certificates-missing", "nes-missing"),
    ),
    "card-in-use": _card(
        "card", steps=("close-programs", "reseat-card", "run-again"), explains=_KEPT_WAITING
    ),
    "card-unstable": _card(
        steps=("leave-card", "reseat-card", "try-other-port", "run-again"),
        explains=(*_KEPT_WAITING, *_CONTENTS),
    ),
    "card-unstable-but-read": _warning(
        Link.CARD, "reader", steps=("leave-card", "try-other-port", "run-again")
    ),
    "card-not-read": _well(Link.CARD, "reader", "reason"),
    "card-recognised": _well(Link.CARD, "reader", "card", "atr"),
    "card-unlisted": _well(Link.CARD, "reader", "atr"),
    "cards-several": _well(Link.CARD, "count", "readers"),
    "card-reread": _well(Link.CARD, "reader"),
    "driver-missing": _driver(
        "install-driver", "run-again", facts=("reader", "card", "product", "paths")
    ),
    "driver-wrong-architecture": _driver(
        "install-matching-driver",
        "run-again",
        facts=("module", "built_for", "built_for_bits", "machine", "machine_bits"),
    ),
    "driver-file-missing": _driver("correct-path", "run-again"),
    "driver-file-unreadable": _driver("allow-file", "run-again"),
    "driver-not-library": _driver("correct-path", "run-again"),
    "driver-damaged": _driver(*_REINSTALL, "run-again"),
    "driver-load-failed": _driver(*_REINSTALL, "run-again"),
    "driver-crashed": _driver(*_REINSTALL, "run-again", "send-snapshot"),
    "driver-hung": _driver("reseat-card", "close-programs", *_REINSTALL),
    "driver-refused": _driver("restart-computer", *_REINSTALL, "send-snapshot"),
    "driver-beside-failed": _warning(
        Link.DRIVER, "module", "reason", steps=(*_REINSTALL, "run-again")
    ),
    "driver-beside-misnamed": _warning(
        Link.DRIVER, "module", "reason", steps=("correct-path", "run-again")
    ),
    "driver-not-asked": Row(
        severity=Severity.UNKNOWN,
        link=Link.DRIVER,
        facts=("reader", "card", "module"),
        steps=("allow-more-time", "send-snapshot"),
        elsewhere="card-not-read",
    ),
    "driver-other-failed": _well(Link.DRIVER, "module", "reason"),
    "driver-loaded": _well(Link.DRIVER, "module", "product", "version"),
    "token-not-recognised": _token("update-driver", "check-card-kind", "send-snapshot"),
    "token-failed": _token(
        "close-programs", "reseat-card", "ask-for-new-card", explains=("token-not-recognised",)
    ),
    "token-hung": _token(
        "reseat-card", "try-other-reader", *_REINSTALL, explains=_UNREAD_OR_FAILED
    ),
    "token-crashed": _token(
        *_REINSTALL,
        "run-again",
        "send-snapshot",
        explains=(*_UNREAD_OR_FAILED, "token-hung"),
    ),
    "token-missing": _critical(
        Link.TOKEN,
        "reader",
        "card",
        steps=("reseat-card", "update-driver", "send-snapshot"),
        elsewhere="card-not-read",
    ),
    "token-read": _well(Link.TOKEN, "reader", "module", "label"),
    "certificates-unreadable": _critical(
        Link.CERTIFICATE,
        "reader",
        "reason",
        steps=("close-programs", "reseat-card", "ask-for-new-card"),
        elsewhere="card-not-read",
    ),
    "certificates-missing": _critical(
        Link.CERTIFICATE, "reader", "label", steps=("check-card-kind", "ask-provider")
    ),
    "certificate-unparsable": _critical(
        Link.CERTIFICATE,
        "reader",
        "reason",
        "sha256",
        steps=("reseat-card", "send-snapshot", "ask-provider"),
        explains=("nes-missing", "nes-elsewhere"),
        elsewhere="card-not-read",
    ),
    "certificate-skipped": _well(Link.CERTIFICATE, "reader", "reason", "sha256"),
    "nes-missing": _critical(
        Link.CERTIFICATE, "reader", "count", steps=("check-card-kind", "ask-provider")
    ),
    "nes-elsewhere": _well(Link.CERTIFICATE, "reader"),
    "nes-found": _well(Link.CERTIFICATE, "reader", "holder", "identity", "issuer", "serial"),
    "nes-valid": _well(Link.CERTIFICATE, *_REMAINING),
    "nes-expiring": _warning(Link.CERTIFICATE, *_REMAINING, steps=("tell-officer", "renew-online")),
    "nes-expiring-soon": _warning(
        Link.CERTIFICATE,
        *_REMAINING,
        steps=("renew-online", "tell-officer", "allow-for-delivery"),
    ),
    "nes-expiring-critical": _critical(
        Link.CERTIFICATE,
        *_REMAINING,
        steps=("renew-online", "tell-officer", "call-provider"),
    ),
    "nes-expired": _critical(
        Link.CERTIFICATE,
        "reader",
        "holder",
        "not_after_at",
        "days_past",
        steps=("use-newer-card", "tell-officer", "renew-on-paper", "check-clock"),
    ),
    "nes-not-yet-valid": _warning(
        Link.CERTIFICATE,
        "reader",
        "holder",
        "not_before_at",
        "days_to_wait",
        steps=("use-older-card", "create-pin-later", "check-clock"),
    ),
    "nes-superseded": _well(Link.CERTIFICATE, "reader", "holder", "not_after_at"),
    "nes-waiting": _well(Link.CERTIFICATE, "reader", "holder", "not_before_at"),
    "pin-locked": _critical(Link.PIN, "reader", "label", steps=("do-not-guess", "unlock-pin")),
    "pin-final-try": _warning(Link.PIN, "reader", "label", steps=("be-sure-of-pin", "unlock-pin")),
    "pin-count-low": _warning(
        Link.PIN, "reader", "label", steps=("check-pin-card", "do-not-guess")
    ),
    "pin-never-set": _warning(Link.PIN, "reader", "label", steps=("create-pin",)),
    "pin-ready": _well(Link.PIN, "reader", "label"),
}
"""Code -> what holds for it, in the order of the chain."""
