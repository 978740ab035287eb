# SPDX-License-Identifier: Apache-2.0
"""Codes about the answers of issuers' servers, where somebody asked them."""

from cardtool.model.diagnosis import Link
from cardtool.rules.codes.row import critical, warning, well

_WHOSE = ("reader", "holder")

ROWS = {
    "nes-trusted": well(Link.CERTIFICATE, *_WHOSE, "root"),
    "nes-untrusted": critical(
        Link.CERTIFICATE,
        *_WHOSE,
        "reason",
        steps=("distrust-card", "ask-provider"),
    ),
    "nes-untrusted-unpinned": warning(
        Link.CERTIFICATE, *_WHOSE, "sha256", steps=("compare-root", "pin-root")
    ),
    "nes-chain-unproven": warning(
        Link.CERTIFICATE,
        *_WHOSE,
        "reason",
        "urls",
        steps=("open-network", "set-proxy", "add-issuers", "ask-again-online"),
    ),
    "nes-status-good": well(Link.CERTIFICATE, *_WHOSE, "source", "said_at"),
    "nes-revoked": critical(
        Link.CERTIFICATE,
        *_WHOSE,
        "revoked_at",
        "reason",
        "said_at",
        steps=("use-newer-card", "apply-anew", "ask-provider"),
    ),
    "nes-revoked-replaced": well(Link.CERTIFICATE, *_WHOSE, "revoked_at", "reason"),
    "nes-suspended": critical(
        Link.CERTIFICATE,
        *_WHOSE,
        "revoked_at",
        "said_at",
        steps=("lift-suspension", "ask-provider"),
    ),
    "nes-status-unknown": warning(
        Link.CERTIFICATE, *_WHOSE, "source", "said_at", steps=("ask-provider", "ask-again-online")
    ),
    "nes-status-unreachable": warning(
        Link.CERTIFICATE,
        *_WHOSE,
        "urls",
        steps=("open-network", "set-proxy", "check-clock", "ask-again-online"),
    ),
}
