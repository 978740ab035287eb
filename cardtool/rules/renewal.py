# SPDX-License-Identifier: Apache-2.0
"""When a certificate is to be renewed: the moments of its last months, each to the second.

Knows nothing of cards or of findings, so that a calendar shows the same moments as a diagnosis.
A threshold of so many days is the moment that many times 24 hours before the end, and counts.
"""

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from typing import Literal

from cardtool.model.certificate import Certificate, Name
from cardtool.rules import workdays
from cardtool.rules.policy import Policy

State = Literal["nes-valid", "nes-expiring", "nes-expiring-soon", "nes-expiring-critical"]


def ends_at(certificate: Certificate, others: Collection[Certificate]) -> datetime:
    """Return the last second of a certificate, or of an issuer of it among others that ends first.

    Of two certificates of one issuer the later counts. An issuer is told by its name and, where
    both have one, its key identifier. Source: RFC 5280 §6.1, §4.2.1.1.
    """
    return Issuers(others).ends_at(certificate)


_Key = tuple[Name, str]
"""An issuer as a certificate names it: its name, and its key identifier or an empty text."""


class Issuers:
    """The issuers among some certificates, found by name: each is looked at once."""

    def __init__(self, certificates: Collection[Certificate]) -> None:
        """Take them all; which are issuers they say themselves."""
        self._latest: dict[_Key, Certificate] = {}
        """By name and key; of several the one that lasts longest."""
        self._of_name: dict[Name, Certificate] = {}
        for each in certificates:
            if each.is_ca and each.subject.attributes:
                key = (each.subject, each.subject_key_id)
                self._latest[key] = _later(self._latest.get(key), each)
                self._of_name[each.subject] = _later(self._of_name.get(each.subject), each)
        self._ends: dict[_Key, datetime | None] = {}

    def ends_at(self, certificate: Certificate) -> datetime:
        """Return the last second of a certificate, or of an issuer of it that ends first."""
        end = self._ends_of((certificate.issuer, certificate.authority_key_id))
        return certificate.not_after_at if end is None else min(certificate.not_after_at, end)

    def _ends_of(self, key: _Key) -> datetime | None:
        """Return when the first of an issuer and those above it ends; None: there is none.

        The way up is walked once for all whom it leads from; a circle ends where it closes.
        """
        way: list[tuple[_Key, datetime]] = []
        met: set[_Key] = set()
        while key not in self._ends and key not in met:
            issuer = self._issuer(key)
            if issuer is None:
                self._ends[key] = None
                break
            way.append((key, issuer.not_after_at))
            met.add(key)
            key = (issuer.issuer, issuer.authority_key_id)
        end = self._ends.get(key)
        if key in met:  # a circle, of which every part ends with the first of them
            start = next(place for place, (known, _) in enumerate(way) if known == key)
            end = min(ends for _, ends in way[start:])
        for known, ends in reversed(way):
            end = ends if end is None else min(ends, end)
            self._ends[known] = end
        return end

    def _issuer(self, key: _Key) -> Certificate | None:
        """Return who issued it; where both have a key identifier these are alike."""
        name, identifier = key
        if not identifier:
            return self._of_name.get(name)
        own, nameless = self._latest.get(key), self._latest.get((name, ""))
        return own if nameless is None else _later(own, nameless)


def _later(known: Certificate | None, other: Certificate) -> Certificate:
    return other if known is None or other.not_after_at > known.not_after_at else known


def opens_at(ends_at: datetime, policy: Policy) -> datetime:
    """Return the moment from which renewal may be asked for."""
    return before(ends_at, policy.notice_days)


def apply_by_at(ends_at: datetime, policy: Policy) -> datetime:
    """Return the last second in which to apply, so that the new card is there before the end.

    It is the end of a working day in Turkey, or the end itself where no time is allowed for.
    Computing it may load a calendar: ask only when it is to be shown.
    """
    return min(ends_at, workdays.last_by(before(ends_at, policy.lead_days), policy.holidays))


def state(ends_at: datetime, at: datetime, policy: Policy) -> State:
    """Tell what a certificate in force calls for, as the code of a finding."""
    if at >= before(ends_at, policy.critical_days):
        return "nes-expiring-critical"
    if at >= before(ends_at, policy.urgent_days):
        return "nes-expiring-soon"
    if at < opens_at(ends_at, policy):
        return "nes-valid"
    return "nes-expiring" if at <= apply_by_at(ends_at, policy) else "nes-expiring-soon"


def before(moment: datetime, days: int) -> datetime:
    """Return the moment that is so many times 24 hours earlier, within the calendar."""
    try:
        return moment - timedelta(days=days)
    except OverflowError:
        return datetime.min.replace(tzinfo=UTC)
