# SPDX-License-Identifier: Apache-2.0
"""Codes about certificates, issuers' answers and PINs, and about the programs that sign."""

from functools import partial

from cardtool.model.diagnosis import Link
from cardtool.rules.codes.row import RENEWALS, critical, unknown, warning, well

_FOUND = "reader holder issuer not_after_at"
_REMAINING = "reader holder sha256 not_after_at days_left time_left phase"

_SEAL_PIN = "reader holder label phase"

_critical = partial(critical, Link.CERTIFICATE)
_unknown = partial(unknown, Link.CERTIFICATE)
_warning = partial(warning, Link.CERTIFICATE)
_well = partial(well, Link.CERTIFICATE)
_pin = partial(warning, Link.PIN, "reader holder label")
_pin_first = partial(_pin, first_for=RENEWALS)
_no_pin = partial(critical, Link.PIN, "reader holder label", first_for=RENEWALS)

_PINS = (
    "pin-locked pin-final-try pin-final-try-puk-locked pin-count-low pin-never-set "
    "pin-to-be-changed puk-locked pin-and-puk-locked"
)
"""Troubles with the PIN of a card, of no weight where its certificate is of no use any more."""

ROWS = {
    "certificates-unreadable": _critical(
        "reader reason programs",
        "close-programs reinsert-card ask-for-new-card",
        elsewhere="card-not-read",
    ),
    "certificates-listed": _unknown("reader", "save-certificate", first_for="parts-not-seen"),
    "certificates-missing": _critical("reader label", "check-card-kind ask-provider apply-first"),
    "certificate-unparsable": _critical(
        "reader reason sha256",
        "reinsert-card send-snapshot ask-provider",
        "nes-missing nes-elsewhere",
        "card-not-read",
    ),
    "certificate-skipped": _well("reader reason sha256"),
    "nes-missing": _critical("reader count", "check-card-kind ask-provider apply-first"),
    "seal-only": _critical("reader holder not_after_at", "insert-nes-card run-again"),
    "seal-expired": _warning("reader holder issuer provider not_after_at", "renew-seal run-again"),
    "seal-expiring": _warning("reader holder issuer provider not_after_at", "renew-seal"),
    "nes-elsewhere": _well("reader"),
    "nes-found": _well("reader holder identity issuer serial"),
    "nes-valid": _well(f"{_REMAINING} opens_at"),
    "nes-gap": _well("reader holder ends_at begins_at"),
    "nes-outlives-issuer": _well("reader holder not_after_at issuer_ends_at"),
    "nes-expiring": _warning(f"{_REMAINING} apply_by_at", "tell-officer renew-online"),
    "nes-expiring-soon": _warning(
        f"{_REMAINING} apply_by_at", "renew-online tell-officer allow-for-delivery"
    ),
    "nes-expiring-critical": _critical(
        f"{_REMAINING} apply_by_at", "renew-online tell-officer call-provider"
    ),
    "nes-expired": _critical(
        "reader holder not_after_at days_past phase",
        "newer-card-or-officer renew-on-paper check-clock",
    ),
    "nes-not-yet-valid": _warning(
        "reader holder sha256 not_before_at days_to_wait phase",
        "use-older-card create-pin-later check-clock",
    ),
    "nes-between": _critical(
        "reader holder sha256 ended_at not_before_at days_to_wait phase",
        "wait-for-new create-pin-later check-clock",
    ),
    "nes-superseded": _well("reader holder not_after_at"),
    "nes-old-card": _well("reader holder not_after_at newer", "take-old-card-out"),
    "nes-waiting": _well("reader holder sha256 not_before_at"),
    "nes-next-card": _well(
        "reader holder sha256 not_before_at ends_at",
        "use-current-card take-next-card create-pin-later",
    ),
    "nes-mobile": _well(_FOUND),
    "nes-other-provider": _well("reader holder provider"),
    "nes-for-tests": _warning("reader holder issuer", "insert-nes-card run-again"),
    "nes-limited": _well("reader holder currency amount"),
    "seal-found": _well(_FOUND),
    "corporate-seal-found": _well(_FOUND),
    "fiscal-seal-found": _well(_FOUND),
    "encryption-found": _well(_FOUND),
    "identity-card-found": _well(_FOUND),
    "nes-broken": _critical("reader parts sha256", "reinsert-card send-snapshot ask-provider"),
    "certificate-partly-read": _well("reader parts sha256"),
    "nes-trusted": _well("reader holder root"),
    "nes-untrusted": _critical("reader holder reason", "distrust-card ask-provider", _PINS),
    "nes-untrusted-unpinned": _warning("reader holder sha256", "compare-root pin-root"),
    "nes-root-of-provider": _unknown("reader holder provider sha256", "compare-root pin-root"),
    "nes-chain-unproven": _unknown(
        "reader holder reason urls", "open-network set-proxy add-issuers ask-again-online"
    ),
    "nes-status-good": _well("reader holder source said_at"),
    "nes-revoked": _critical(
        "reader holder revoked_at reason said_at",
        "apply-anew use-newer-card ask-provider",
        _PINS,
    ),
    "nes-revoked-left": _critical(
        "reader holder revoked_at reason said_at",
        "apply-through-officer use-newer-card ask-provider",
        _PINS,
    ),
    "nes-revoked-superseded": _critical(
        "reader holder revoked_at reason said_at", "use-newer-card ask-provider", _PINS
    ),
    "nes-revoked-replaced": _well("reader holder revoked_at reason"),
    "nes-suspended": _critical(
        "reader holder revoked_at said_at not_after_at",
        "lift-suspension ask-provider",
        first_for=RENEWALS,
    ),
    "nes-status-unknown": _warning("reader holder source said_at", "ask-provider ask-again-online"),
    "nes-status-unreachable": _unknown(
        "reader holder urls", "open-network set-proxy check-clock ask-again-online"
    ),
    "pin-locked": _no_pin("unlock-pin do-not-guess"),
    "pin-final-try": _pin_first("be-sure-of-pin unlock-pin"),
    "pin-final-try-puk-locked": _pin_first("be-sure-of-pin check-pin-card ask-provider"),
    "pin-count-low": _pin("check-pin-card do-not-guess"),
    "pin-never-set": _no_pin("create-pin"),
    "pin-to-be-changed": _pin_first("change-pin check-pin-card"),
    "puk-locked": _pin(
        "be-sure-of-pin do-not-guess ask-provider", first_for="pin-never-set pin-to-be-changed"
    ),
    "pin-and-puk-locked": _no_pin("apply-for-update"),
    "seal-pin-unusable": critical(
        Link.PIN, _SEAL_PIN, "unlock-seal-pin do-not-guess insert-nes-to-sign", "seal-only"
    ),
    "seal-pin-unusable-beside": warning(Link.PIN, _SEAL_PIN, "unlock-seal-pin do-not-guess"),
    "seal-pin-warning": warning(
        Link.PIN, _SEAL_PIN, "be-sure-of-pin check-pin-card unlock-seal-pin"
    ),
    "pin-ready": well(Link.PIN, "reader holder label"),
    "desk-ready": well(
        Link.APPLICATION,
        "reader holder module",
        "start-signing-program choose-certificate check-browser check-java check-network "
        "update-roots ask-application-support",
    ),
    "rsa-on-windows": well(
        Link.APPLICATION, "reader holder release", "update-signing-program ask-application-support"
    ),
}
