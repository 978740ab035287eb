# SPDX-License-Identifier: Apache-2.0
"""The finding that the card can sign, so that only the signing program is left to look at.

What goes wrong in that program, its browser or its network cannot be seen from here.
"""

from collections.abc import Iterator
from datetime import datetime

from cardtool.model.diagnosis import Finding
from cardtool.model.snapshot import Snapshot
from cardtool.rules import clock, desk, trust
from cardtool.rules.codes import finding
from cardtool.rules.policy import Policy
from cardtool.rules.tokens import is_pin_set


def check(snapshot: Snapshot, at: datetime, _policy: Policy) -> Iterator[Finding]:
    """Give the finding for each card that can sign: its NES is in force and its PIN can be used.

    While the clock may be wrong, give none: whether an NES is in force depends on the clock.
    """
    if clock.is_doubtful(snapshot):
        return
    refused = trust.refused(snapshot)
    ready = (
        nes.place
        for nes in desk.nes_in_force(snapshot, at)
        if is_pin_set(nes.token)
        and desk.PIN_LOCKED not in nes.token.flags
        and nes.certificate not in refused
    )
    for place in dict.fromkeys(ready):
        yield finding("desk-ready", reader=place)
