# SPDX-License-Identifier: Apache-2.0
"""When a certificate is to be renewed: the moments of its last months, each to the second.

Knows nothing of cards or of findings, so that a calendar shows the same moments as a diagnosis.
A threshold of N days is the moment N times 24 hours before the end; that moment itself counts.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Literal

from cardtool.model.certificate import Certificate
from cardtool.rules import workdays
from cardtool.rules.policy import Policy

State = Literal["nes-valid", "nes-expiring", "nes-expiring-soon", "nes-expiring-critical"]


class Issuers:
    """The issuers among some certificates, known by their name and, where both have one, by key.

    Source: RFC 5280 §6.1, §4.2.1.1.
    """

    def __init__(self, certificates: Sequence[Certificate]) -> None:
        """Take all certificates; `is_ca` says which of them are issuers."""
        issuers = [each for each in certificates if each.is_ca and each.subject.attributes]
        issuers.sort(key=lambda each: each.not_after_at)
        # if several have one name and key, the last counts: the one that lasts longest
        self._of_name = {each.subject: each for each in issuers}
        self._of_key = {(each.subject, each.subject_key_id): each for each in issuers}
        self._ends = self._ends_of(issuers)

    def ends_at(self, certificate: Certificate) -> datetime:
        """Return the last second of a certificate, or of an issuer above it that ends first."""
        issuer = self._issuer(certificate)
        end = certificate.not_after_at
        return end if issuer is None else min(end, self._ends[id(issuer)])

    def _ends_of(self, issuers: list[Certificate]) -> dict[int, datetime]:
        """Return by `id` when each issuer, or one above it, ends first.

        `issuers` begin with the one that ends first: all below it end with it, even in a circle.
        """
        issued: dict[int, list[Certificate]] = {}
        for each in issuers:
            issued.setdefault(id(self._issuer(each)), []).append(each)
        ends: dict[int, datetime] = {}
        for first in issuers:
            below = [first]
            while below:
                each = below.pop()
                if id(each) not in ends:
                    ends[id(each)] = first.not_after_at
                    below += issued.get(id(each), ())
        return ends

    def _issuer(self, certificate: Certificate) -> Certificate | None:
        """Return the issuer of a certificate; without a key identifier the name decides."""
        name, key = certificate.issuer, certificate.authority_key_id
        if not key:
            return self._of_name.get(name)
        known = (self._of_key.get((name, each)) for each in (key, ""))
        return max(filter(None, known), key=lambda each: each.not_after_at, default=None)


def moments(issuer: str, ends_at: datetime, policy: Policy) -> dict[str, datetime]:
    """Return the moments of a certificate's renewal, by their names in a `Course`.

    If the policy has thresholds for the issuer, these count. May load a calendar (`apply_by_at`).
    """
    days = policy.of(issuer)
    return {
        "opens": opens_at(ends_at, days),
        "apply-by": apply_by_at(ends_at, days),
        "urgent": before(ends_at, days.urgent_days),
        "critical": before(ends_at, days.critical_days),
    }


def opens_at(ends_at: datetime, policy: Policy) -> datetime:
    """Return the moment from which renewal may be asked for."""
    return before(ends_at, policy.notice_days)


def apply_by_at(ends_at: datetime, policy: Policy) -> datetime:
    """Return the last second in which to apply, so that the new card is there before the end.

    It is the end of a working day in Turkey, but never later than the end of the certificate.
    Computing it may load a calendar, so ask only if it is shown.
    """
    return min(ends_at, workdays.last_by(before(ends_at, policy.lead_days), policy.holidays))


def state(ends_at: datetime, at: datetime, policy: Policy) -> State:
    """Return the code of the finding about a certificate in force."""
    if at >= before(ends_at, policy.critical_days):
        return "nes-expiring-critical"
    if at >= before(ends_at, policy.urgent_days):
        return "nes-expiring-soon"
    if at < opens_at(ends_at, policy):
        return "nes-valid"
    return "nes-expiring" if at <= apply_by_at(ends_at, policy) else "nes-expiring-soon"


def before(moment: datetime, days: int) -> datetime:
    """Return the moment this many times 24 hours earlier, or the first that `datetime` has."""
    try:
        return moment - timedelta(days=days)
    except OverflowError:
        return datetime.min.replace(tzinfo=UTC)
