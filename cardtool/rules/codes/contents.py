# SPDX-License-Identifier: Apache-2.0
"""Codes about what is on a card, and about the programs that sign with it."""

from cardtool.model.diagnosis import Link
from cardtool.rules.codes import trust
from cardtool.rules.codes.row import critical, warning, well

_FOUND = ("reader", "holder", "issuer", "not_after_at")
_REMAINING = ("reader", "holder", "sha256", "not_after_at", "days_left")

ROWS = {
    "certificates-unreadable": critical(
        Link.CERTIFICATE,
        "reader",
        "reason",
        steps=("close-programs", "reseat-card", "ask-for-new-card"),
        elsewhere="card-not-read",
    ),
    "certificates-missing": critical(
        Link.CERTIFICATE,
        "reader",
        "label",
        steps=("check-card-kind", "ask-provider", "apply-first"),
    ),
    "certificate-unparsable": critical(
        Link.CERTIFICATE,
        "reader",
        "reason",
        "sha256",
        steps=("reseat-card", "send-snapshot", "ask-provider"),
        explains=("nes-missing", "nes-elsewhere"),
        elsewhere="card-not-read",
    ),
    "certificate-skipped": well(Link.CERTIFICATE, "reader", "reason", "sha256"),
    "nes-missing": critical(
        Link.CERTIFICATE,
        "reader",
        "count",
        steps=("check-card-kind", "ask-provider", "apply-first"),
    ),
    "nes-elsewhere": well(Link.CERTIFICATE, "reader"),
    "nes-found": well(Link.CERTIFICATE, "reader", "holder", "identity", "issuer", "serial"),
    "nes-valid": well(Link.CERTIFICATE, *_REMAINING, "opens_at"),
    "nes-gap": well(Link.CERTIFICATE, "reader", "holder", "ends_at", "begins_at"),
    "nes-outlives-issuer": well(
        Link.CERTIFICATE, "reader", "holder", "not_after_at", "issuer_ends_at"
    ),
    "nes-expiring": warning(
        Link.CERTIFICATE, *_REMAINING, "apply_by_at", steps=("tell-officer", "renew-online")
    ),
    "nes-expiring-soon": warning(
        Link.CERTIFICATE,
        *_REMAINING,
        "apply_by_at",
        steps=("renew-online", "tell-officer", "allow-for-delivery"),
    ),
    "nes-expiring-critical": critical(
        Link.CERTIFICATE,
        *_REMAINING,
        "apply_by_at",
        steps=("renew-online", "tell-officer", "call-provider"),
    ),
    "nes-expired": critical(
        Link.CERTIFICATE,
        "reader",
        "holder",
        "not_after_at",
        "days_past",
        steps=("use-newer-card", "tell-officer", "renew-on-paper", "check-clock"),
    ),
    "nes-not-yet-valid": warning(
        Link.CERTIFICATE,
        "reader",
        "holder",
        "sha256",
        "not_before_at",
        "days_to_wait",
        steps=("use-older-card", "create-pin-later", "check-clock"),
    ),
    "nes-superseded": well(Link.CERTIFICATE, "reader", "holder", "not_after_at"),
    "nes-waiting": well(Link.CERTIFICATE, "reader", "holder", "sha256", "not_before_at"),
    "nes-mobile": well(Link.CERTIFICATE, *_FOUND),
    "nes-other-provider": well(Link.CERTIFICATE, "reader", "holder", "provider"),
    "nes-limited": well(Link.CERTIFICATE, "reader", "holder", "currency", "amount"),
    "seal-found": well(Link.CERTIFICATE, *_FOUND),
    "corporate-seal-found": well(Link.CERTIFICATE, *_FOUND),
    "fiscal-seal-found": well(Link.CERTIFICATE, *_FOUND),
    "encryption-found": well(Link.CERTIFICATE, *_FOUND),
    "identity-card-found": well(Link.CERTIFICATE, *_FOUND),
    "nes-broken": critical(
        Link.CERTIFICATE,
        "reader",
        "parts",
        "sha256",
        steps=("reseat-card", "send-snapshot", "ask-provider"),
    ),
    "certificate-partly-read": well(Link.CERTIFICATE, "reader", "parts", "sha256"),
    **trust.ROWS,
    "pin-locked": critical(Link.PIN, "reader", "label", steps=("do-not-guess", "unlock-pin")),
    "pin-final-try": warning(Link.PIN, "reader", "label", steps=("be-sure-of-pin", "unlock-pin")),
    "pin-final-try-puk-locked": warning(
        Link.PIN, "reader", "label", steps=("be-sure-of-pin", "check-pin-card", "ask-provider")
    ),
    "pin-count-low": warning(Link.PIN, "reader", "label", steps=("check-pin-card", "do-not-guess")),
    "pin-never-set": warning(Link.PIN, "reader", "label", steps=("create-pin",)),
    "pin-to-be-changed": warning(
        Link.PIN, "reader", "label", steps=("change-pin", "check-pin-card")
    ),
    "puk-locked": warning(
        Link.PIN, "reader", "label", steps=("be-sure-of-pin", "do-not-guess", "ask-provider")
    ),
    "pin-and-puk-locked": critical(
        Link.PIN, "reader", "label", steps=("do-not-guess", "apply-for-update")
    ),
    "pin-ready": well(Link.PIN, "reader", "label"),
    "desk-ready": well(
        Link.APPLICATION,
        "reader",
        steps=(
            "start-signing-program",
            "choose-certificate",
            "check-browser",
            "check-java",
            "check-network",
            "update-roots",
            "ask-application-support",
        ),
    ),
}
