# SPDX-License-Identifier: Apache-2.0
"""The finding that hands over to the program that signs: all before it is in order.

What goes wrong in that program, its browser or its network cannot be seen from here.
"""

from collections.abc import Iterator
from datetime import datetime

from cardtool.model.diagnosis import Finding
from cardtool.model.snapshot import Snapshot, Token
from cardtool.rules import clock, desk, trust
from cardtool.rules.codes import finding
from cardtool.rules.policy import Policy

_PIN_SET, _PIN_TO_BE_CHANGED = "CKF_USER_PIN_INITIALIZED", "CKF_USER_PIN_TO_BE_CHANGED"
"""Source: PKCS#11 v2.40 §3.2, CK_TOKEN_INFO."""


def check(snapshot: Snapshot, at: datetime, _policy: Policy) -> Iterator[Finding]:
    """Say of each card that it can sign: its NES is in force, and its PIN can be used.

    Of no card while the clock is doubted, on which being in force rests.
    """
    if clock.is_doubtful(snapshot):
        return
    refused = trust.refused(snapshot)
    ready = (
        nes.place
        for nes in desk.nes_in_force(snapshot, at)
        if _is_usable(nes.token) and nes.certificate not in refused
    )
    for place in dict.fromkeys(ready):
        yield finding("desk-ready", reader=place)


def _is_usable(token: Token) -> bool:
    flags = set(token.flags)
    return _PIN_SET in flags and not flags & {desk.PIN_LOCKED, _PIN_TO_BE_CHANGED}
