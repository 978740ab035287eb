# SPDX-License-Identifier: Apache-2.0
"""Findings about what has changed on a workstation since its last good check.

Only given if no card here can sign: if one can, no change has done any harm.
"""

import ntpath
from collections.abc import Iterable, Iterator
from datetime import datetime

from cardtool.model.diagnosis import Finding
from cardtool.model.snapshot import Failure, LastGood, ModuleInfo, Snapshot
from cardtool.rules import desk, ports
from cardtool.rules.codes import finding
from cardtool.rules.policy import Policy


def check(snapshot: Snapshot, at: datetime, _policy: Policy) -> Iterator[Finding]:
    """Give a finding for a system, readers or a driver that differ from the last good check."""
    last = snapshot.last_good
    if last is None or desk.can_sign(snapshot, at):
        return
    good_at = last.taken_at.isoformat()
    release = snapshot.host.release
    if release != last.release:
        yield finding("changed-system", before=last.release, after=release, good_at=good_at)
    if not isinstance(snapshot.readers, Failure):
        yield from _readers(snapshot, last)
    for module in snapshot.modules:
        before = last.modules.get(ntpath.basename(module.path))
        if before and isinstance(module.info, ModuleInfo) and module.info.version != before:
            yield finding(
                "changed-driver",
                module=module.path,
                before=before,
                after=module.info.version,
                good_at=good_at,
            )


def _readers(snapshot: Snapshot, last: LastGood) -> Iterator[Finding]:
    """Compare the readers that take a card; a missing reader is the fault itself, no change."""
    before = {each for each in last.readers if not desk.is_virtual_name(each)}
    after = {each.lasting_name for each in ports.real(snapshot)}
    if before and after and before != after:
        yield finding(
            "changed-reader",
            before=_listed(before),
            after=_listed(after),
            good_at=last.taken_at.isoformat(),
        )


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))
