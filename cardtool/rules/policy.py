# SPDX-License-Identifier: Apache-2.0
"""The thresholds a site may set. A rule holds no number of days of its own."""

import msgspec


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """How many days before its end a certificate calls for what.

    Source: a renewal may be asked for in the last three months, a reader or courier takes up to
    a month, an institution's card is made about 15 days before the old one ends.
    """

    notice_days: int = 90
    """From here on it is said that the end is near."""
    urgent_days: int = 30
    """From here on a delivery may come too late."""
    critical_days: int = 15
    """From here on the end counts as a fault."""
