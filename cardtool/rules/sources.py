# SPDX-License-Identifier: Apache-2.0
"""What a snapshot can show that was made of another program's output, or of a file.

What nobody looked at is unknown, and no fault.
"""

from collections.abc import Iterable, Iterator

from cardtool.model.diagnosis import Finding, Link
from cardtool.model.snapshot import Snapshot
from cardtool.rules.codes import finding


def only_seen(findings: Iterable[Finding], snapshot: Snapshot) -> Iterator[Finding]:
    """Give the findings about what was seen, and say what was not."""
    if snapshot.seen is None:
        yield from findings
        return
    yield from (given for given in findings if given.link.value in snapshot.seen)
    links = [link.value for link in Link if link not in {Link.HOST, Link.APPLICATION}]
    unseen = [link for link in links if link not in snapshot.seen]
    yield finding("parts-not-seen", tool=snapshot.tool, unseen=unseen)
