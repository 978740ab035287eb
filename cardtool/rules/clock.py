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


def check(snapshot: Snapshot, at: datetime, _policy: Policy) -> Iterator[Finding]:
    """Give findings for a clock that is behind, and for a zone that is not Turkey's."""
    evidence_at = _evidence_at(snapshot)
    if evidence_at is not None:
        yield finding(
            "clock-behind",
            clock_at=snapshot.taken_at.isoformat(),
            evidence_at=evidence_at.isoformat(),
        )
    if snapshot.taken_at.utcoffset() == _TURKEY:
        return
    turns = (
        turn
        for nes in desk.all_nes(snapshot)
        for turn in (nes.certificate.not_before_at, nes.certificate.not_after_at)
    )
    is_near = any(abs(turn - at) <= _ZONES_APART for turn in turns)
    yield finding(
        "clock-zone-odd" if is_near else "clock-zone",
        offset=snapshot.taken_at.isoformat()[-len("+00:00") :],
    )


def _evidence_at(snapshot: Snapshot) -> datetime | None:
    """Return the latest moment that was before now and that the clock has yet to reach."""
    clock_at, found = snapshot.taken_at, []
    if snapshot.built_at is not None and clock_at < snapshot.built_at:
        found.append(snapshot.built_at)
    last = snapshot.last_good
    if last is not None and last.taken_at - clock_at > _CORRECTED:
        found.append(last.taken_at)
    return max(found, default=None)
