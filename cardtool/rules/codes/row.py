# SPDX-License-Identifier: Apache-2.0
"""What a row of the table of codes is, and how the usual kinds of rows are made."""

from functools import partial

import msgspec

from cardtool.model.diagnosis import Link, Severity


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """What holds for every finding of a code."""

    severity: Severity
    link: Link
    facts: tuple[str, ...] = ()
    """Names of the facts each finding of this code gives: all of them, and no other."""
    steps: tuple[str, ...] = ()
    """Codes of what to do next, in order."""
    explains: tuple[str, ...] = ()
    """Codes that are consequences of this one, and so are not shown beside it."""
    first_for: tuple[str, ...] = ()
    """Codes whose steps can be done only after those of this one."""
    elsewhere: str = ""
    """The code that replaces this one if an NES is in force on another card; empty: none does."""


def _row(  # noqa: PLR0913, PLR0917 - the columns of the table
    severity: Severity,
    link: Link,
    facts: str = "",
    steps: str = "",
    explains: str = "",
    elsewhere: str = "",
    first_for: str = "",
) -> Row:
    return Row(
        severity=severity,
        link=link,
        facts=tuple(facts.split()),
        steps=tuple(steps.split()),
        explains=tuple(explains.split()),
        elsewhere=elsewhere,
        first_for=tuple(first_for.split()),
    )


# Facts, steps and explained codes are given as words separated by blanks.
well = partial(_row, Severity.OK)
"""Make a row of something that is in order."""
unknown = partial(_row, Severity.UNKNOWN)
"""Make a row of something that could not be found out."""
warning = partial(_row, Severity.WARNING)
"""Make a row of something that will become a fault, or is one for some people."""
critical = partial(_row, Severity.CRITICAL)
"""Make a row of something that keeps the card from signing."""

RENEWALS = "nes-expiring nes-expiring-soon nes-expiring-critical"
"""Findings whose application is signed with the card itself."""
UNREAD = "token-not-recognised token-missing"
FAILED = "token-failed token-failed-on-mac token-failed-asleep token-failed-virtual token-lost"
UNREAD_OR_FAILED = f"{UNREAD} {FAILED} driver-too-old driver-older-than-card driver-not-for-card"
TOKENS = f"{UNREAD_OR_FAILED} token-hung token-crashed"
KEPT_WAITING = f"{TOKENS} driver-hung driver-refused certificates-unreadable"
NO_CARD_IN_REACH = f"driver-refused {TOKENS}"
UNSURE = (
    "card-worn certificates-unreadable certificates-missing certificate-unparsable nes-missing "
    "seal-only nes-elsewhere nes-expired nes-expiring nes-expiring-soon nes-expiring-critical "
    "nes-gap nes-not-yet-valid nes-between pin-never-set"
)
"""Findings about a card's contents that may be wrong because something was not read."""
