# SPDX-License-Identifier: Apache-2.0
"""The thresholds a site may set. A rule holds no number of days of its own."""

import msgspec

from cardtool.model.turkey import folded


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """How many days before the end of a certificate something has to be done.

    Source: a renewal may be asked for in the last three months, a reader or courier takes up to
    a month, an institution's card is made about 15 days before the old one ends.
    """

    notice_days: int = 90
    """From here on renewal may be asked for."""
    urgent_days: int = 30
    """From here on a delivery may come too late."""
    critical_days: int = 15
    """From here on the end counts as a fault."""
    lead_days: int = 30
    """Days for making and delivering a card: a later application may leave days without one."""
    holidays: str = "TR"
    """Country whose public holidays offices keep, ISO 3166-1 alpha-2; empty: weekends only."""
    issuers: tuple[tuple[str, "Policy"], ...] = ()
    """Other thresholds for certificates whose issuer's name contains a text."""

    def of(self, issuer: str) -> "Policy":
        """Return the thresholds for an issuer's certificates: the first whose text fits."""
        name = folded(issuer)
        return next((policy for text, policy in self.issuers if folded(text) in name), self)
