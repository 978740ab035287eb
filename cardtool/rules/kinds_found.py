# SPDX-License-Identifier: Apache-2.0
"""Findings about certificates other than an ordinary NES, and about oddities of an NES.

Gives only notes, except for a damaged NES. Whether a card can sign is the business of the rule
about certificates.
"""

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal

from cardtool.model.certificate import Certificate, MoneyLimit
from cardtool.model.diagnosis import Finding
from cardtool.model.snapshot import Snapshot
from cardtool.rules import desk
from cardtool.rules.codes import finding
from cardtool.rules.kinds import Kind, is_broken, is_nes, kind, provider
from cardtool.rules.policy import Policy

_FOUND = {
    Kind.QUALIFIED_SEAL: "seal-found",
    Kind.CORPORATE_SEAL: "corporate-seal-found",
    Kind.FISCAL_SEAL: "fiscal-seal-found",
    Kind.FISCAL_ENCRYPTION: "encryption-found",
    Kind.ENCRYPTION: "encryption-found",
    Kind.IDENTITY_CARD: "identity-card-found",
    Kind.NES_MOBILE: "nes-mobile",
}
"""The kinds that are worth a line of their own; authorities are on every card."""

_PLAIN_EXPONENT = 18


def check(snapshot: Snapshot, at: datetime, policy: Policy) -> Iterator[Finding]:
    """Give the further findings about each certificate, once each."""
    del policy
    has_sound = any(not is_broken(each.certificate) for each in desk.nes_in_force(snapshot, at))
    seen = set()
    for place in desk.places(snapshot):
        for _, stored in place.certificates:
            content = stored.content
            if not isinstance(content, Certificate) or content in seen:
                continue
            seen.add(content)
            if (what := kind(content)) is Kind.AUTHORITY:
                continue
            yield from _about(content, what, place.name)
            if content.unreadable:
                is_lost = is_nes(content) and is_broken(content) and not has_sound
                yield finding(
                    "nes-broken" if is_lost else "certificate-partly-read",
                    reader=place.name,
                    parts=", ".join(content.unreadable),
                    sha256=stored.sha256,
                )


def _about(certificate: Certificate, what: Kind, reader: str) -> Iterator[Finding]:
    where = {"reader": reader, "holder": certificate.holder}
    if what in _FOUND:
        yield finding(
            _FOUND[what],
            **where,
            issuer=certificate.issuer_name,
            not_after_at=certificate.not_after_at.isoformat(),
        )
    if what is Kind.NES_OTHER:
        yield finding("nes-other-provider", **where, provider=provider(certificate))
    if (limit := certificate.qc_limit) is not None:
        yield finding("nes-limited", **where, currency=limit.currency, amount=_amount(limit))


def _amount(limit: MoneyLimit) -> str:
    """Write an amount in full, unless its exponent is absurd."""
    if abs(limit.exponent) > _PLAIN_EXPONENT:
        return f"{limit.amount}e{limit.exponent}"
    return f"{Decimal(limit.amount).scaleb(limit.exponent):f}"
