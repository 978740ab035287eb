# SPDX-License-Identifier: Apache-2.0
"""What a text on a screen stands for, and which findings go with it."""

from typing import Literal

import msgspec


class Meaning(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that a text may stand for."""

    kind: Literal[
        "finding", "pcsc", "pkcs11", "problem", "windows", "card-status", "card", "card-cut", "usb",
        "reader", "module", "module-software", "words",
    ]  # fmt: skip
    """finding: a code of ours; pcsc to card-status: an error, by who says it; words: a message."""
    name: str
    """Its symbol or code, the id of a card, or what people call it."""
    number: str = ""
    """As people write it: K-14, 0x8010001D, 31, an ATR, a USB id; empty: it has none."""
    says: dict[str, str] = {}
    """What it means, by language; empty: the views have the words."""
    findings: tuple[str, ...] = ()
    """Codes of the findings that it goes with, the likeliest first."""
