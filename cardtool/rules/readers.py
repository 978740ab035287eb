# SPDX-License-Identifier: Apache-2.0
"""Findings about readers: that there is one, and which of several matters."""

from collections.abc import Iterator
from datetime import datetime

from cardtool.model.diagnosis import Finding
from cardtool.model.snapshot import Failure, Snapshot
from cardtool.rules import desk
from cardtool.rules.codes import finding
from cardtool.rules.policy import Policy


def check(snapshot: Snapshot, _at: datetime, _policy: Policy) -> Iterator[Finding]:
    """Give a finding for each reader, or that there is none."""
    if isinstance(snapshot.readers, Failure):
        return
    if not snapshot.readers:
        yield finding("reader-missing")
    for reader in snapshot.readers:
        yield finding("reader-found", reader=reader.name)
    places = desk.places(snapshot)
    holding = [place.reader for place in places if place.reader and desk.nes_of(place)]
    if len(snapshot.readers) > 1 and holding:
        yield finding("readers-several", count=len(snapshot.readers), readers=", ".join(holding))
