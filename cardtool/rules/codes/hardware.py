# SPDX-License-Identifier: Apache-2.0
"""Codes about readers and cards."""

from cardtool.model.diagnosis import Link
from cardtool.rules.codes.row import (
    KEPT_WAITING,
    TOKENS,
    UNSURE,
    Row,
    critical,
    warning,
    well,
)

_NO_CARD_IN_REACH = ("driver-refused", *TOKENS)
_OTHER_READER = ("try-other-reader", "ask-for-new-card")
_ADMISSION = ("run-at-desk", "print-polkit-rule", "allow-pcsc-access")


def _reader(*facts: str, steps: tuple[str, ...]) -> Row:
    return critical(
        Link.READER,
        "model",
        "usb",
        *facts,
        steps=steps,
        explains=_NO_CARD_IN_REACH,
        elsewhere="reader-not-used",
    )


def _card(*facts: str, steps: tuple[str, ...], explains: tuple[str, ...] = ()) -> Row:
    facts = ("reader", *facts)
    return critical(Link.CARD, *facts, steps=steps, explains=explains, elsewhere="card-not-read")


ROWS = {
    "reader-missing": critical(
        Link.READER,
        steps=(
            "try-other-port",
            "run-again",
            "try-other-computer",
            "order-reader",
            "address-reader",
            "pay-reader",
        ),
        explains=_NO_CARD_IN_REACH,
    ),
    "reader-not-seen": critical(
        Link.READER,
        steps=("try-other-port", "run-again", "try-other-computer", "send-snapshot"),
        explains=_NO_CARD_IN_REACH,
    ),
    "reader-driver-missing": _reader(
        "driver", steps=("install-reader-driver", "replug-reader", "run-again", "do-not-order")
    ),
    "reader-driver-old": _reader(
        "driver", steps=("update-reader-driver", "replug-reader", "run-again", "do-not-order")
    ),
    "reader-drivers-clash": _reader(
        "drivers", steps=("keep-one-reader-driver", "restart-computer", "run-again", "do-not-order")
    ),
    "reader-faulty": _reader(
        "problem",
        steps=("replug-reader", "try-other-port", "reinstall-reader-driver", "do-not-order"),
    ),
    "reader-disabled": _reader(
        "problem", steps=("open-device-manager", "enable-device", "do-not-order")
    ),
    "reader-blocked": _reader(
        steps=("list-blocked-devices", "allow-device", "add-to-device-list", "do-not-order")
    ),
    "reader-asleep": _reader(steps=("replug-reader", "stop-usb-sleep", "do-not-order")),
    "reader-unsupported": _reader(steps=("plug-own-reader", "order-reader")),
    "reader-built-in-only": _reader("reason", steps=("plug-own-reader", "order-reader")),
    "reader-not-offered": _reader(
        steps=("replug-reader", "try-other-port", "restart-computer", "do-not-order")
    ),
    "reader-unplugged": critical(
        Link.READER,
        "reader",
        steps=("plug-reader", "plug-directly", "run-again"),
        explains=(
            *KEPT_WAITING,
            *UNSURE,
            "reader-missing",
            "reader-not-seen",
            "reader-built-in-only",
            "reader-not-offered",
            "card-missing",
        ),
        elsewhere="card-not-read",
    ),
    "reader-not-asked": critical(
        Link.READER,
        "reader",
        "reason",
        steps=("run-again", "try-other-reader", "send-snapshot"),
        explains=KEPT_WAITING,
        elsewhere="card-not-read",
    ),
    "reader-found": well(Link.READER, "reader"),
    "reader-identified": well(Link.READER, "model", "usb"),
    "usb-not-seen": well(Link.READER, "reason"),
    "reader-not-needed": well(Link.READER),
    "reader-virtual": well(Link.READER, "reader"),
    "reader-not-used": well(Link.READER, "model", "usb", "reason"),
    "readers-several": well(Link.READER, "count", "readers"),
    "reader-empty": well(Link.CARD, "reader"),
    "card-missing": critical(
        Link.CARD,
        "readers",
        steps=("insert-card", "run-again"),
        explains=_NO_CARD_IN_REACH,
    ),
    "card-pulled": _card(
        steps=("insert-card", "leave-card", "run-again"),
        explains=(*KEPT_WAITING, *UNSURE),
    ),
    "card-mute": _card(
        "reason",
        steps=("reseat-card", "wipe-card", *_OTHER_READER),
        explains=KEPT_WAITING,
    ),
    "card-unpowered": _card(
        "reason",
        steps=("reseat-card", "plug-directly", *_OTHER_READER),
        explains=KEPT_WAITING,
    ),
    "card-protocol-mismatch": _card(
        "reason",
        steps=_OTHER_READER,
        explains=KEPT_WAITING,
    ),
    "card-unknown": _card(
        "atr",
        steps=("check-card-kind", "name-module", "send-snapshot"),
        explains=TOKENS,
    ),
    "card-not-for-signing": _card(
        "card",
        "atr",
        steps=("insert-nes-card", "run-again"),
        explains=(*TOKENS, "certificates-missing", "nes-missing"),
    ),
    "card-in-use": _card(
        "card",
        "programs",
        steps=("close-programs", "reseat-card", "run-again"),
        explains=KEPT_WAITING,
    ),
    "card-in-use-unnamed": _card(
        "card",
        steps=("close-programs", "reseat-card", "run-again"),
        explains=KEPT_WAITING,
    ),
    "card-access-denied": _card("reason", steps=_ADMISSION, explains=KEPT_WAITING),
    "card-line-broken": _card(
        "reason",
        steps=(*_ADMISSION, "reseat-card", *_OTHER_READER),
        explains=KEPT_WAITING,
    ),
    "card-unstable": _card(
        steps=("leave-card", "reseat-card", "try-other-port", "run-again"),
        explains=(*KEPT_WAITING, *UNSURE),
    ),
    "card-unstable-but-read": warning(
        Link.CARD, "reader", steps=("leave-card", "try-other-port", "run-again")
    ),
    "card-worn": _card(
        "reason",
        steps=("wipe-card", "reseat-card", "try-other-computer-card", "replace-card"),
        explains=("token-failed", "token-not-recognised"),
    ),
    "card-not-read": well(Link.CARD, "reader", "reason"),
    "card-recognised": well(Link.CARD, "reader", "card", "atr"),
    "card-unlisted": well(Link.CARD, "reader", "atr"),
    "cards-several": well(Link.CARD, "count", "readers"),
    "card-reread": well(Link.CARD, "reader"),
}
