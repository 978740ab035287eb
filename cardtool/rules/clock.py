# SPDX-License-Identifier: Apache-2.0
"""Findings about the clock that every date verdict rests on.

Says nothing of a moment to judge for, which may be any: only the clock of the machine counts.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from cardtool.model.diagnosis import Finding
from cardtool.model.snapshot import Snapshot
from cardtool.rules import desk
from cardtool.rules.codes import finding
from cardtool.rules.policy import Policy

_TURKEY = timedelta(hours=3)
"""All year since 2016. Source: IANA tz database, Europe/Istanbul."""

_ZONES_APART = timedelta(hours=14)
"""No zone is further ahead of UTC. Source: IANA tz database, Pacific/Kiritimati."""

_CORRECTED = timedelta(days=1)
"""A clock that was right by less when last seen may have been ahead then and be right now."""


_RAN_ON = timedelta(days=7)
"""A clock that went back and then ran on for so long was ahead before: it is told so for a week."""


def check(snapshot: Snapshot, _at: datetime, _policy: Policy) -> Iterator[Finding]:
    """Give findings for a clock that is behind, and for a zone that is not Turkey's."""
    yield from _behind(snapshot)
    if snapshot.taken_at.utcoffset() == _TURKEY:
        return
    is_near = any(abs(turn - snapshot.taken_at) <= _ZONES_APART for turn in _turns(snapshot))
    yield finding(
        "clock-zone-odd" if is_near else "clock-zone",
        offset=snapshot.taken_at.isoformat()[-len("+00:00") :],
    )


def is_doubtful(snapshot: Snapshot) -> bool:
    """Tell whether what is said of dates here cannot be relied on."""
    return any(_behind(snapshot))


def _behind(snapshot: Snapshot) -> Iterator[Finding]:
    """Compare the clock with moments that it had passed once.

    The release of the program cannot be wrong. The last good look can: the clock may have been
    ahead then, so that is a warning only, and ends when the clock has run on for some days.
    """
    clock_at, built_at, last = snapshot.taken_at, snapshot.built_at, snapshot.last_good
    if built_at is not None and clock_at < built_at:
        code, evidence_at = "clock-behind", built_at
    elif last is not None and last.taken_at - clock_at > _CORRECTED:
        if last.doubted_at is not None and clock_at - last.doubted_at > _RAN_ON:
            return
        code, evidence_at = "clock-went-back", last.taken_at
    else:
        return
    yield finding(code, clock_at=clock_at.isoformat(), evidence_at=evidence_at.isoformat())


def _turns(snapshot: Snapshot) -> Iterator[datetime]:
    """Give the moments at which a verdict changes; none of an NES that has a successor in force."""
    every = desk.all_nes(snapshot)
    for nes in every:
        begins_at, ends_at = nes.certificate.not_before_at, nes.certificate.not_after_at
        if not any(
            each.person == nes.person
            and each.certificate.not_after_at > ends_at
            and each.is_in_force(snapshot.taken_at)
            for each in every
        ):
            yield from (begins_at, ends_at)
