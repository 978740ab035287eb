# SPDX-License-Identifier: Apache-2.0
"""The mark beside a finding and beside each link of the chain."""

from enum import StrEnum

from cardtool.model.diagnosis import Diagnosis, Finding, Link, Severity

_NEVER_WELL = (Link.HOST, Link.APPLICATION)
"""Links that cannot be looked at whole: what is well in them is neither good nor bad."""


_NO_READER = frozenset({"usb-not-seen", "reader-virtual"})
"""Codes that are well and tell nothing of a person's reader."""


_ONLY_THERE = frozenset({"nes-found"})
"""Codes that are well and do not tell whether their link is: the dates of a certificate do."""

_CLOCK_WRONG = "clock-behind"


class Mark(StrEnum):
    """What stands beside a finding or a link of the chain."""

    OK = "ok"
    UNKNOWN = "unknown"
    WARNING = "warning"
    CRITICAL = "critical"
    NEUTRAL = "neutral"
    """Neither good nor bad."""
    UNSEEN = "unseen"
    """It was not looked at."""


def marked(finding: Finding) -> Mark:
    """Return which mark stands beside a finding."""
    is_neutral = finding.severity is Severity.OK and finding.link in _NEVER_WELL
    return Mark.NEUTRAL if is_neutral else Mark(finding.severity)


def chained(diagnosis: Diagnosis) -> list[tuple[Link, Mark]]:
    """Return the links of the chain with the worst of what was found of each.

    The computer and the signing program are never well: here they are looked at in part, or not.
    A certificate of which nothing is known but that it is there is neither good nor bad.
    """
    marks = dict.fromkeys(Link, Mark.UNSEEN) | {Link.HOST: Mark.NEUTRAL}
    for finding in reversed(diagnosis.findings):
        mark = marked(finding)
        if finding.code in _ONLY_THERE:
            if marks[finding.link] is Mark.UNSEEN:
                marks[finding.link] = Mark.NEUTRAL
        elif mark is not Mark.NEUTRAL and finding.code not in _NO_READER:
            marks[finding.link] = mark
    return list(marks.items())


def is_today_known(diagnosis: Diagnosis) -> bool:
    """Tell whether the clock may be right, so that a line can show where today is."""
    return all(finding.code != _CLOCK_WRONG for finding in diagnosis.findings)
