# SPDX-License-Identifier: Apache-2.0
"""The finding that another check was using the cards, so that this one can say nothing of them."""

from collections.abc import Iterator
from datetime import datetime

from cardtool.model.diagnosis import Finding
from cardtool.model.snapshot import Snapshot
from cardtool.rules.codes import finding
from cardtool.rules.policy import Policy


def check(snapshot: Snapshot, _at: datetime, _policy: Policy) -> Iterator[Finding]:
    """Name the other check."""
    if (other := snapshot.running) is not None:
        pid = "-" if other.pid is None else other.pid
        since_at = other.since.isoformat()
        yield finding("check-running", program=other.program, pid=pid, since_at=since_at)
