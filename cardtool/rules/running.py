# SPDX-License-Identifier: Apache-2.0
"""The finding of a look that had to wait for another one, and so can say nothing of the card."""

from collections.abc import Iterator
from datetime import datetime

from cardtool.model.diagnosis import Finding
from cardtool.model.snapshot import Snapshot
from cardtool.rules.codes import finding
from cardtool.rules.policy import Policy


def check(snapshot: Snapshot, _at: datetime, _policy: Policy) -> Iterator[Finding]:
    """Name the look that was waited for."""
    if (other := snapshot.running) is not None:
        pid = "-" if other.pid is None else other.pid
        since_at = other.since.isoformat()
        yield finding("check-running", program=other.program, pid=pid, since_at=since_at)
