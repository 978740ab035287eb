# SPDX-License-Identifier: Apache-2.0
"""Computes when a certificate is to be renewed: the moments of its last months, to the second.

Knows nothing of cards or findings, so a calendar shows the same moments as a diagnosis. A threshold
of N days is the moment N times 24 hours before the end, and includes that moment.
"""

import functools
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta

import msgspec

from cardtool.model.certificate import Certificate
from cardtool.model.turkey import TURKEY, day_of, days_past, folded

_LAST_SECOND = time(23, 59, 59, tzinfo=TURKEY)
_WORKING = range(5)  # Monday to Friday, as date.weekday() counts
_DAY = timedelta(days=1)


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """A site's thresholds, in days before the end of a certificate.

    Source: a renewal may be asked for in the last three months, a reader or courier takes up to
    a month, an institution's card is made about 15 days before the old one ends.
    """

    notice_days: int = 90
    """Renewal may be asked for."""
    urgent_days: int = 30
    """A delivery may come too late."""
    critical_days: int = 15
    """The coming end counts as a fault."""
    lead_days: int = 30
    """What making and delivering a card takes; who applies later may be without a card."""
    holidays: str = "TR"
    """Country whose public holidays offices keep, ISO 3166-1 alpha-2; empty: weekends only."""
    issuers: tuple[tuple[str, "Policy"], ...] = ()
    """Other thresholds for certificates whose issuer's name contains a text."""

    def of(self, issuer: str) -> "Policy":
        """Return the thresholds for an issuer's certificates: the first whose text fits."""
        name = folded(issuer)
        return next((policy for text, policy in self.issuers if folded(text) in name), self)


class Issuers:
    """Finds the issuers among some certificates, by name and, if both have one, by key identifier.

    Source: RFC 5280 §6.1, §4.2.1.1.
    """

    def __init__(self, certificates: Sequence[Certificate]) -> None:
        """Take all certificates; `is_ca` says which of them are issuers."""
        issuers = [one for one in certificates if one.is_ca and one.subject.attributes]
        issuers.sort(key=lambda issuer: issuer.not_after_at)
        # of issuers with one name and key, the one that ends last counts
        self._of_name = {issuer.subject: issuer for issuer in issuers}
        self._of_key = {(issuer.subject, issuer.subject_key_id): issuer for issuer in issuers}
        self._ends = self._ends_of(issuers)

    def ends_at(self, certificate: Certificate) -> datetime:
        """Return the last second of a certificate or, if earlier, of an issuer above it."""
        issuer = self._issuer(certificate)
        end = certificate.not_after_at
        return end if issuer is None else min(end, self._ends[id(issuer)])

    def _ends_of(self, issuers: list[Certificate]) -> dict[int, datetime]:
        """Return by `id` the end of each issuer, or of one above it that ends first.

        `issuers` are sorted by their end: everything below the first ends with it, even in a
        circle.
        """
        issued: dict[int, list[Certificate]] = {}
        for issuer in issuers:
            issued.setdefault(id(self._issuer(issuer)), []).append(issuer)
        ends: dict[int, datetime] = {}
        for first in issuers:
            below = [first]
            while below:
                issuer = below.pop()
                if id(issuer) not in ends:
                    ends[id(issuer)] = first.not_after_at
                    below += issued.get(id(issuer), ())
        return ends

    def _issuer(self, certificate: Certificate) -> Certificate | None:
        """Return the issuer of a certificate; without a key identifier the name decides."""
        name, key = certificate.issuer, certificate.authority_key_id
        if not key:
            return self._of_name.get(name)
        known = (self._of_key.get((name, one)) for one in (key, ""))
        return max(filter(None, known), key=lambda issuer: issuer.not_after_at, default=None)


def moments(issuer: str, ends_at: datetime, policy: Policy) -> dict[str, datetime]:
    """Return the moments of a certificate's renewal, by their names in a `Course`.

    Thresholds of the policy for this issuer count. May load a calendar (`apply_by_at`).
    """
    days = policy.of(issuer)
    return {
        "opens": opens_at(ends_at, days),
        "apply-by": apply_by_at(ends_at, days),
        "urgent": days_before(ends_at, days.urgent_days),
        "critical": days_before(ends_at, days.critical_days),
    }


def opens_at(ends_at: datetime, policy: Policy) -> datetime:
    """Return the moment from which renewal may be asked for."""
    return days_before(ends_at, policy.notice_days)


def apply_by_at(ends_at: datetime, policy: Policy) -> datetime:
    """Return the last second in which to apply, so that the new card is there before the end.

    It is the end of a working day in Turkey, but not later than the end of the certificate. This
    may load a calendar, so call it only if the moment is shown.
    """
    return min(
        ends_at, last_working_day_by(days_before(ends_at, policy.lead_days), policy.holidays)
    )


def code_in_force(ends_at: datetime, at: datetime, policy: Policy) -> str:
    """Return the code of the finding about a certificate in force."""
    if at >= days_before(ends_at, policy.critical_days):
        return "nes-expiring-critical"
    if at >= days_before(ends_at, policy.urgent_days):
        return "nes-expiring-soon"
    if at < opens_at(ends_at, policy):
        return "nes-valid"
    return "nes-expiring" if at <= apply_by_at(ends_at, policy) else "nes-expiring-soon"


def days_left(ends_at: datetime, at: datetime) -> int:
    """Count the whole days to an end; after it the days since, by dates and negative."""
    return (ends_at - at).days if at <= ends_at else -days_past(ends_at, at)


def days_before(moment: datetime, days: int) -> datetime:
    """Return the moment this many times 24 hours earlier, or the first that `datetime` has."""
    try:
        return moment - timedelta(days=days)
    except OverflowError:
        return datetime.min.replace(tzinfo=UTC)


def last_working_day_by(moment: datetime, country: str) -> datetime:
    """Return the last second, in Turkey's time, of the last working day that begins by a moment.

    `country` is as in `Policy.holidays`. The eve of a holiday does not count as a working day,
    because offices close at 13:00.
    """
    return _end_of(day_of(moment), country)


@functools.lru_cache(maxsize=4096)  # many certificates of a fleet end on the same day
def _end_of(day: date, country: str) -> datetime:
    while day.weekday() not in _WORKING or day in holidays(country, day.year):
        day -= _DAY
    return datetime.combine(day, _LAST_SECOND)


@functools.lru_cache(maxsize=64)
def holidays(country: str, year: int) -> frozenset[date]:
    """Return a country's public holidays and their eves; none if the country is empty.

    Religious holidays that are not announced yet are those that the library computes.

    Source: python-holidays, for Turkey Laws 2429 and 2739.
    """
    if not country:
        return frozenset()
    from holidays import country_holidays  # noqa: PLC0415 - 0.1 s, for few certificates

    known = country_holidays(country).supported_categories
    wanted = tuple(category for category in ("public", "half_day") if category in known)
    return frozenset(country_holidays(country, years=year, categories=wanted))
