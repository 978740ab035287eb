# SPDX-License-Identifier: Apache-2.0
"""What a row of the table of codes is, and how the usual kinds of rows are made."""

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
    elsewhere: str = ""
    """The code that replaces this one if an NES is in force on another card; empty: none does."""


def well(link: Link, *facts: str, steps: tuple[str, ...] = ()) -> Row:
    """Make a row of something that is in order."""
    return Row(severity=Severity.OK, link=link, facts=facts, steps=steps)


def warning(link: Link, *facts: str, steps: tuple[str, ...]) -> Row:
    """Make a row of something that will become a fault, or is one for some people."""
    return Row(severity=Severity.WARNING, link=link, facts=facts, steps=steps)


def critical(
    link: Link,
    *facts: str,
    steps: tuple[str, ...],
    explains: tuple[str, ...] = (),
    elsewhere: str = "",
) -> Row:
    """Make a row of something that keeps the card from signing."""
    return Row(
        severity=Severity.CRITICAL,
        link=link,
        facts=facts,
        steps=steps,
        explains=explains,
        elsewhere=elsewhere,
    )


UNREAD = ("token-not-recognised", "token-missing")
UNREAD_OR_FAILED = (*UNREAD, "token-failed", "driver-too-old", "driver-not-for-card")
TOKENS = (*UNREAD_OR_FAILED, "token-hung", "token-crashed")
KEPT_WAITING = (*TOKENS, "driver-hung", "driver-refused", "certificates-unreadable")
UNSURE = (
    "card-worn",
    "certificates-unreadable",
    "certificates-missing",
    "certificate-unparsable",
    "nes-missing",
    "nes-elsewhere",
    "nes-expired",
    "nes-expiring",
    "nes-expiring-soon",
    "nes-expiring-critical",
    "nes-gap",
    "nes-not-yet-valid",
    "pin-never-set",
)
"""Findings about a card's contents that may be wrong because something was not read."""
LOADS = ("driver-crashed", "driver-refused", "driver-beside-failed")
REINSTALL = ("remove-driver", "reinstall-driver")
