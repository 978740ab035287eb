# SPDX-License-Identifier: Apache-2.0
"""What error codes of PC/SC, PKCS#11, Windows and cards mean, and which findings go with them.

The facts are `errors.toml`, which names the source of the numbers.
"""

from typing import Literal

import msgspec

from cardtool.catalog.toml import rows
from cardtool.model.once import once


class Group(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Error codes that mean the same to the person at the desk."""

    api: Literal["pcsc", "pkcs11", "problem", "windows", "card", "words"]
    """Who reports it; problem: Windows about a device, card: the status bytes of a card, words: it
    has no number."""
    en: str
    tr: str
    """What it means; another language than these two shows the English."""
    leads: tuple[str, ...] = ()
    """Codes of the findings that it goes with, the likeliest first."""
    words: tuple[str, ...] = ()
    """How it is said in words: beginnings of words, folded; a text that has all of a line is meant.
    """
    errors: dict[str, int] = {}
    """Symbol -> number, unsigned."""


@once
def load() -> tuple[Group, ...]:
    """Give every group, read once a process."""
    return rows("errors.toml", Group)
