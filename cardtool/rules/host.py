# SPDX-License-Identifier: Apache-2.0
"""Findings about the machine: another check that runs, its clock, and what has changed on it.

Every verdict about dates depends on the clock. The clock is checked, not the moment that is judged
for, which may be any. Changes since the last good check are reported only if no card can sign:
otherwise they did no harm.
"""

import ntpath
import re
from collections.abc import Iterator
from datetime import datetime, timedelta

from cardtool.model.diagnosis import Finding
from cardtool.model.snapshot import Failure, LastGood, ModuleInfo, Snapshot
from cardtool.model.surroundings import Host
from cardtool.model.turkey import TURKEY
from cardtool.rules import desk, ports, reader_names
from cardtool.rules.codes import finding
from cardtool.rules.renewal import Policy
from cardtool.rules.timeline import lines_of

_ZONES_APART = timedelta(hours=14)
"""No time zone is further ahead of UTC. Source: IANA tz database, Pacific/Kiritimati."""

_OWN_DRIVER_SINCE = 14
"""Version of macOS with a reader driver of its own. Source: Apple, macOS 14 release notes."""

_CORRECTED = timedelta(days=1)
"""A clock that went back by no more than this was only corrected."""

_RAN_ON = timedelta(days=7)
"""A clock that went back is reported for a week; after that it counts as right."""


def check(snapshot: Snapshot, at: datetime, _policy: Policy) -> Iterator[Finding]:
    """Give findings about another check, the clock and its zone, and about what has changed."""
    if (other := snapshot.running) is not None:
        yield finding("check-running", program=other.program, pid=other.pid, since_at=other.since)
    yield from _behind(snapshot)
    if snapshot.taken_at.utcoffset() != TURKEY.utcoffset(None):
        # with a wrong zone, the clock could be on the other side of a certificate's begin or end
        is_odd = any(abs(turn - snapshot.taken_at) <= _ZONES_APART for turn in _turns(snapshot))
        offset = snapshot.taken_at.isoformat()[-len("+00:00") :]
        yield finding("clock-zone-odd" if is_odd else "clock-zone", offset=offset)
    if other is None and snapshot.last_good and not desk.can_sign(snapshot, at):
        yield from _changes(snapshot, snapshot.last_good)


def has_own_reader_driver(host: Host) -> bool:
    """Tell whether this is a macOS whose own driver, not CCID's, serves readers."""
    version = _version_of_macos(host.release) if host.platform == "darwin" else None
    return version is not None and version >= _OWN_DRIVER_SINCE


def worked_with_earlier_driver(snapshot: Snapshot) -> bool:
    """Tell whether all was well on this Mac while macOS had no reader driver of its own."""
    last = snapshot.last_good
    version = _version_of_macos(last.release) if last is not None else None
    is_earlier = version is not None and version < _OWN_DRIVER_SINCE
    return is_earlier and has_own_reader_driver(snapshot.host)


def _version_of_macos(release: str) -> int | None:
    found = re.match(r"macOS (\d+)", release)
    return int(found[1]) if found else None


def is_clock_wrong(snapshot: Snapshot) -> bool:
    """Tell whether the clock is surely wrong, so that no verdict about a date can be relied on."""
    return any(_behind(snapshot))


def _behind(snapshot: Snapshot) -> Iterator[Finding]:
    """Compare the clock with moments that must have passed.

    The moment of the release is certain. That of the last good check is not, because the clock may
    have been ahead then. So a clock behind the last good check is only a warning, which ends after
    some days.
    """
    clock_at, built_at, last = snapshot.taken_at, snapshot.built_at, snapshot.last_good
    if built_at is not None and clock_at < built_at:
        yield finding("clock-behind", clock_at=clock_at, evidence_at=built_at)
    elif (
        last is not None
        and last.taken_at - clock_at > _CORRECTED
        and (last.doubted_at is None or clock_at - last.doubted_at <= _RAN_ON)
    ):
        yield finding("clock-went-back", clock_at=clock_at, evidence_at=last.taken_at)


def _turns(snapshot: Snapshot) -> Iterator[datetime]:
    """Give the beginning and the end of each NES, but not of one with a successor in force."""
    every = desk.all_nes(snapshot)
    lines = lines_of(every, snapshot.taken_at)
    for nes in every:
        later = lines[nes.certificate.person].after(nes)
        if later is None or not later.is_in_force:
            yield from (nes.certificate.not_before_at, nes.certificate.not_after_at)


def _changes(snapshot: Snapshot, last: LastGood) -> Iterator[Finding]:
    """Give findings for a system, readers or a driver that differ from the last good check."""
    release, good_at = snapshot.host.release, last.taken_at
    if release != last.release:
        yield finding("changed-system", before=last.release, after=release, good_at=good_at)
    if not isinstance(snapshot.readers, Failure):
        was = sorted(set(filter(reader_names.is_lasting, last.readers)))
        now = sorted({reader.lasting_name for reader in ports.signing_readers(snapshot)})
        if was and now and was != now:  # a missing reader is the fault itself, no change
            yield finding("changed-reader", before=was, after=now, good_at=good_at)
    for module in snapshot.modules:
        version = last.modules.get(ntpath.basename(module.path))
        if version and isinstance(module.info, ModuleInfo) and module.info.version != version:
            yield finding(
                "changed-driver",
                module=module.path,
                before=version,
                after=module.info.version,
                good_at=good_at,
            )
