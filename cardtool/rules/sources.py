# SPDX-License-Identifier: Apache-2.0
"""Handles snapshots that were made from another program's output or a file.

What such a text does not show is unknown, and not a fault.
"""

from collections.abc import Iterable, Iterator

from cardtool.model.diagnosis import Finding, Link
from cardtool.model.snapshot import Snapshot
from cardtool.rules.codes import finding


def only_seen(findings: Iterable[Finding], snapshot: Snapshot) -> Iterator[Finding]:
    """Give the findings about the parts that are known, and one that names the others."""
    if snapshot.seen is None:
        yield from findings
        return
    yield from (given for given in findings if given.link.value in snapshot.seen)
    links = [link.value for link in Link if link not in {Link.HOST, Link.APPLICATION}]
    unseen = [link for link in links if link not in snapshot.seen]
    yield finding("parts-not-seen", tool=snapshot.tool, unseen=unseen)
