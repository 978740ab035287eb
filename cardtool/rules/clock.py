# SPDX-License-Identifier: Apache-2.0
"""Findings about the clock, on which every verdict about dates depends.

Only the machine's clock counts here, and not the moment that is judged for, which may be any.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from cardtool.model.diagnosis import Finding
from cardtool.model.snapshot import Snapshot
from cardtool.model.turkey import TURKEY
from cardtool.rules import desk
from cardtool.rules.codes import finding
from cardtool.rules.policy import Policy
from cardtool.rules.succession import lines_of

_ZONES_APART = timedelta(hours=14)
"""No time zone is further ahead of UTC. Source: IANA tz database, Pacific/Kiritimati."""

_CORRECTED = timedelta(days=1)
"""A clock that went back by no more than this was only corrected."""

_RAN_ON = timedelta(days=7)
"""A clock that went back is reported for a week; after that it counts as right."""


def check(snapshot: Snapshot, _at: datetime, _policy: Policy) -> Iterator[Finding]:
    """Give findings for a clock that is behind, and for a zone that is not Turkey's."""
    yield from _behind(snapshot)
    if snapshot.taken_at.utcoffset() == TURKEY.utcoffset(None):
        return
    near = any(is_near(turn, snapshot.taken_at) for turn in _turns(snapshot))
    yield finding(
        "clock-zone-odd" if near else "clock-zone",
        offset=snapshot.taken_at.isoformat()[-len("+00:00") :],
    )


def is_doubtful(snapshot: Snapshot) -> bool:
    """Tell whether the clock is surely wrong, so that no verdict about a date can be relied on."""
    return any(_behind(snapshot))


def evidence(
    clock_at: datetime,
    built_at: datetime | None,
    good_at: datetime | None,
    doubted_at: datetime | None,
) -> tuple[str, datetime] | None:
    """Compare the clock with moments that are past: return a code and the moment that proves it.

    The moment of the release is certain. That of the last good check is not, because the clock may
    have been ahead then. So a clock behind the last good check is only a warning, and the warning
    ends after some days.
    """
    if built_at is not None and clock_at < built_at:
        return "clock-behind", built_at
    if good_at is None or good_at - clock_at <= _CORRECTED:
        return None
    if doubted_at is not None and clock_at - doubted_at > _RAN_ON:
        return None
    return "clock-went-back", good_at


def is_near(one: datetime, other: datetime) -> bool:
    """Tell whether a wrong zone could make two moments change places."""
    return abs(one - other) <= _ZONES_APART


def _behind(snapshot: Snapshot) -> Iterator[Finding]:
    clock_at = snapshot.taken_at
    last = snapshot.last_good
    good_at, doubted_at = (last.taken_at, last.doubted_at) if last else (None, None)
    found = evidence(clock_at, snapshot.built_at, good_at, doubted_at)
    if found is not None:
        code, evidence_at = found
        yield finding(code, clock_at=clock_at.isoformat(), evidence_at=evidence_at.isoformat())


def _turns(snapshot: Snapshot) -> Iterator[datetime]:
    """Give the beginning and the end of each NES, but not of one with a successor in force."""
    every = desk.all_nes(snapshot)
    lines = lines_of(every, snapshot.taken_at)
    for nes in every:
        later = lines[nes.certificate.person].after(nes)
        if later is None or not later.is_in_force:
            yield from (nes.certificate.not_before_at, nes.certificate.not_after_at)
