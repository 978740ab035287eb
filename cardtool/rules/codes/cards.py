# SPDX-License-Identifier: Apache-2.0
"""Codes about cards, and about PKCS#11 modules and what each made of a card."""

from functools import partial

from cardtool.model.diagnosis import Link
from cardtool.rules.codes.row import (
    FAILED,
    KEPT_WAITING,
    NO_CARD_IN_REACH,
    TOKENS,
    UNREAD,
    UNREAD_OR_FAILED,
    UNSURE,
    Row,
    critical,
    unknown,
    warning,
    well,
)

_NO_NES = f"{TOKENS} certificates-missing nes-missing seal-only"
_OTHER_READER = "try-other-reader ask-for-new-card"
_REINSTALL = "remove-driver reinstall-driver"


def _card(facts: str, steps: str, explains: str = KEPT_WAITING) -> Row:
    return critical(Link.CARD, f"reader {facts}", steps, explains, "card-not-read")


def _driver(steps: str, facts: str = "module reason", explains: str = UNREAD) -> Row:
    return critical(Link.DRIVER, facts, steps, explains, "card-not-read")


def _token(steps: str, explains: str = "", facts: str = "reader module reason") -> Row:
    explains = f"token-missing {explains}"
    return critical(Link.TOKEN, facts, steps, explains, "card-not-read")


_well = partial(well, Link.CARD)
_well_driver = partial(well, Link.DRIVER)

ROWS = {
    "reader-empty": _well("reader"),
    "card-missing": critical(Link.CARD, "readers", "insert-card run-again", NO_CARD_IN_REACH),
    "card-missing-virtual": critical(
        Link.CARD, "readers", "insert-on-host pass-reader-through run-again", NO_CARD_IN_REACH
    ),
    "card-beside-slot": critical(
        Link.CARD, "readers card atr", "insert-card run-again", NO_CARD_IN_REACH
    ),
    "card-pulled": _card("", "insert-card leave-card run-again", f"{KEPT_WAITING} {UNSURE}"),
    "card-mute": _card("reason", f"reseat-card wipe-card {_OTHER_READER}"),
    "card-mute-virtual": _card("reason", "pass-reader-through sign-on-host reseat-card"),
    "card-unpowered": _card("reason", f"reseat-card try-other-port {_OTHER_READER}"),
    "card-loses-power": _card(
        "reason",
        "try-other-port reinsert-card run-again try-other-reader",
        f"{KEPT_WAITING} {UNSURE} card-unstable",
    ),
    "card-protocol-mismatch": _card("reason", _OTHER_READER),
    "card-unknown": _card("atr", "check-card-kind name-module send-snapshot", TOKENS),
    "card-not-for-signing": _card("card atr", "insert-nes-card run-again", _NO_NES),
    "card-not-yours": _card("card atr", "insert-nes-card run-again", _NO_NES),
    "card-without-slot": _card("card atr", "use-reader-with-slot run-again", _NO_NES),
    "card-other-token": _card(
        "card atr", "install-token-software insert-if-other run-again", _NO_NES
    ),
    "card-unsure": _card("card atr", "check-card-kind name-module send-snapshot", TOKENS),
    "card-in-use": _card("card programs", "close-named-programs reinsert-card run-again"),
    "card-in-use-gnupg": _card("card", "end-scdaemon share-scdaemon run-again"),
    "card-in-use-unnamed": _card("card", "close-programs reinsert-card run-again"),
    "card-access-denied": unknown(
        Link.CARD,
        "reader reason",
        "run-at-desk print-polkit-rule allow-pcsc-access",
        KEPT_WAITING,
        "card-not-read",
    ),
    "card-access-denied-here": _card(
        "reason", "print-rule-for-person allow-pcsc-access restart-computer"
    ),
    "card-line-broken": _card(
        "reason", f"reinsert-card replug-reader read-pcscd-journal {_OTHER_READER}"
    ),
    "card-unstable": unknown(
        Link.CARD,
        "reader",
        "leave-card run-again reinsert-card try-other-port try-other-reader",
        f"{KEPT_WAITING} {UNSURE}",
        "card-not-read",
    ),
    "card-unstable-but-read": warning(Link.CARD, "reader", "leave-card try-other-port run-again"),
    "card-worn": _card(
        "reason",
        "wipe-card reinsert-card try-other-computer-card replace-card",
        f"{FAILED} token-not-recognised",
    ),
    "card-not-read": _well("reader reason"),
    "card-recognised": _well("reader card atr"),
    "card-unlisted": _well("reader atr"),
    "card-is-key": _well("reader card atr"),
    "cards-several": _well("count readers"),
    "card-reread": _well("reader"),
    "driver-missing": _driver("install-driver run-again", "reader card product system bits paths"),
    "driver-missing-remote": _driver(
        "install-driver-there run-again", "reader card product system bits paths"
    ),
    "driver-out-of-reach": unknown(
        Link.DRIVER,
        "reader card product system bits paths",
        "run-outside-first install-driver-inside run-again",
        UNREAD,
        "card-not-read",
    ),
    "driver-wrong-architecture": _driver(
        "install-matching-akis run-again",
        "module product built_for built_for_bits machine machine_bits",
    ),
    "driver-other-processor": _driver(
        "install-matching-akis run-again",
        "module product built_for built_for_bits machine machine_bits",
    ),
    "driver-for-other-program": unknown(
        Link.DRIVER,
        "module product built_for built_for_bits machine machine_bits",
        "run-fitting-build install-driver-for-program run-again",
        UNREAD,
        "card-not-read",
    ),
    "driver-not-for-card": _driver(
        "install-driver correct-path run-again",
        "reader card module product system bits",
        f"{UNREAD} {FAILED}",
    ),
    "driver-too-old": _driver(
        "check-card-kind update-driver run-again send-snapshot",
        "reader card module version reason phase",
    ),
    "driver-older-than-card": _driver(
        "update-card-driver run-again send-snapshot", "reader card module version reason"
    ),
    "driver-file-missing": _driver("correct-path run-again"),
    "driver-file-unreadable": _driver("allow-file run-again"),
    "driver-not-library": _driver("correct-path run-again"),
    "driver-damaged": _driver(f"{_REINSTALL} run-again"),
    "driver-load-failed": _driver(f"install-runtime {_REINSTALL} allow-library run-again"),
    "driver-needs-library": _driver(
        "reinstall-driver find-library run-again", "module library reason"
    ),
    "driver-crashed": _driver("update-driver run-again send-snapshot"),
    "driver-hung": _driver(
        f"close-programs reinsert-card run-again allow-more-time restart-computer {_REINSTALL}",
        "module reason programs",
    ),
    "driver-refused": _driver(f"restart-computer {_REINSTALL} send-snapshot"),
    "driver-beside-failed": warning(Link.DRIVER, "module reason", f"{_REINSTALL} run-again"),
    "driver-beside-misnamed": warning(Link.DRIVER, "module reason", "correct-path run-again"),
    "driver-copies-differ": warning(Link.DRIVER, "product paths", "keep-one-driver run-again"),
    "driver-not-asked": unknown(
        Link.DRIVER,
        "reader card module",
        "allow-more-time send-snapshot",
        elsewhere="card-not-read",
    ),
    "driver-none": warning(Link.DRIVER, "", "install-driver-too"),
    "driver-held-back": _well_driver("module"),
    "driver-named-failed": _well_driver("module reason"),
    "driver-other-failed": _well_driver("module reason"),
    "drivers-several": _well_driver("products"),
    "driver-loaded": _well_driver("module product version"),
    "token-not-recognised": _token("update-driver check-card-kind send-snapshot"),
    "token-failed-on-mac": _token(
        "replug-reader use-ifd-ccid try-other-reader send-snapshot", "token-not-recognised"
    ),
    "token-failed-asleep": critical(
        Link.TOKEN,
        "reader module reason usb",
        "replug-reader restart-computer stop-usb-sleep reinsert-card try-other-reader",
        "token-missing token-not-recognised",
        "card-not-read",
    ),
    "token-lost": unknown(
        Link.TOKEN,
        "reader module reason",
        "try-other-port run-again reinsert-card try-other-reader",
        "token-missing token-not-recognised",
        "card-not-read",
    ),
    "token-failed-virtual": _token(
        "pass-reader-through sign-on-host replug-reader",
        "token-not-recognised",
        "reader reason",
    ),
    "token-failed": _token(
        "replug-reader close-programs restart-computer reinsert-card try-other-port "
        "try-other-reader ask-for-new-card",
        "token-not-recognised",
        "reader module reason programs",
    ),
    "token-hung": _token(
        f"reinsert-card close-programs allow-more-time try-other-reader {_REINSTALL}",
        UNREAD_OR_FAILED,
        "reader module reason programs",
    ),
    "token-crashed": _token(
        f"reinsert-card {_REINSTALL} run-again send-snapshot", f"{UNREAD_OR_FAILED} token-hung"
    ),
    "token-missing": critical(
        Link.TOKEN,
        "reader card",
        "reinsert-card update-driver send-snapshot",
        elsewhere="card-not-read",
    ),
    "driver-without-token": critical(Link.TOKEN, "module", "correct-path run-again"),
    "token-blank": well(Link.TOKEN, "reader module"),
    "token-read": well(Link.TOKEN, "reader module label"),
}
