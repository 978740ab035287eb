# SPDX-License-Identifier: Apache-2.0
"""When a certificate is to be renewed: the moments of its last months, each to the second.

Knows nothing of cards or of findings, so that a calendar shows the same moments as a diagnosis.
A threshold of so many days is the moment that many times 24 hours before the end, and counts.
"""

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from typing import Literal

from cardtool.model.certificate import Certificate
from cardtool.rules import workdays
from cardtool.rules.policy import Policy

State = Literal["nes-valid", "nes-expiring", "nes-expiring-soon", "nes-expiring-critical"]


def ends_at(certificate: Certificate, others: Collection[Certificate]) -> datetime:
    """Return the last second of a certificate, or of an issuer of it among others that ends first.

    Of two certificates of one issuer the later counts. An issuer is told by its name and, where
    both have one, its key identifier. Source: RFC 5280 §6.1, §4.2.1.1.
    """
    end, below, left = certificate.not_after_at, certificate, list(others)
    while issuers := [each for each in left if _has_issued(each, below)]:
        left = [each for each in left if each not in issuers]
        below = max(issuers, key=lambda each: each.not_after_at)
        end = min(end, below.not_after_at)
    return end


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


def _has_issued(issuer: Certificate, certificate: Certificate) -> bool:
    keys = {issuer.subject_key_id, certificate.authority_key_id} - {""}
    return (
        issuer.is_ca
        and bool(issuer.subject.attributes)
        and issuer.subject == certificate.issuer
        and len(keys) < 2  # noqa: PLR2004 - two that differ
    )


def before(moment: datetime, days: int) -> datetime:
    """Return the moment that is so many times 24 hours earlier, within the calendar."""
    try:
        return moment - timedelta(days=days)
    except OverflowError:
        return datetime.min.replace(tzinfo=UTC)
