# SPDX-License-Identifier: Apache-2.0
"""Where a snapshot comes from that was sent to be collected."""

from enum import StrEnum

import msgspec

from cardtool.model.limits import Text


class IdentityPolicy(StrEnum):
    """What of a person leaves a workstation."""

    FULL = "full"
    MASKED = "masked"
    """Numbers lose their middle, names stay; the certificates' bytes are left out."""
    HASHED = "hashed"
    """Every personal value is a keyed hash."""


class Origin(msgspec.Struct, frozen=True, kw_only=True):
    """What the sender of a snapshot says of itself."""

    host_id: Text
    """32 hex digits: the same as long as the system is not set up anew, whatever its name."""
    unit: Text = ""
    user: Text = ""
    """Who was logged on, as the policy left it."""
    identity: IdentityPolicy


def account(name: str) -> str:
    r"""Return the name of a user's account as it is compared and hashed: no domain, small letters.

    Windows does not tell AYSE from ayse, and writes KURUM\ayse or ayse@kurum.example as well.
    """
    return name.rpartition("\\")[2].partition("@")[0].strip().casefold()
