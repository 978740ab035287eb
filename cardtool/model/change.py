# SPDX-License-Identifier: Apache-2.0
"""What has changed on a workstation since another day."""

from typing import Literal

import msgspec

from cardtool.model.moments import Utc

What = Literal[
    "workstation-new",
    "workstation-not-seen",
    "verdict",
    "reader-appeared",
    "reader-vanished",
    "card-changed",
    "card-renewed",
]


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that changed."""

    what: What
    host: str
    host_id: str = ""
    unit: str = ""
    taken_at: Utc
    """When the last snapshot before the later of the two moments was taken."""
    before: str = ""
    """A code, a reader's name or a certificate's fingerprint; empty: there was none."""
    after: str = ""
    by: Literal["look", "time"] = "look"
    """time: nothing was seen to change, but a day came, as the end of a certificate."""
    ends_at: Utc | None = None
    """End of the certificate after; None: it is not about one."""
