# SPDX-License-Identifier: Apache-2.0
"""Findings from the answers of issuers' servers: whether a certificate is trusted or revoked.

There are none if the servers were not asked, and none about certificates that have ended.
"""

from collections.abc import Iterator
from datetime import datetime

from cardtool.catalog import issuers, providers
from cardtool.model.certificate import Certificate
from cardtool.model.diagnosis import Finding
from cardtool.model.snapshot import Snapshot
from cardtool.model.trust import Status, Trust
from cardtool.rules import desk
from cardtool.rules.codes import finding
from cardtool.rules.kinds import KAMU_SM, PERSONAL, Kind, is_broken
from cardtool.rules.remembered import remembered
from cardtool.rules.renewal import Policy

_SIGNING = PERSONAL | {Kind.QUALIFIED_SEAL, Kind.CORPORATE_SEAL, Kind.FISCAL_SEAL}

_FORGED = frozenset({"BAD_SIGNATURE", "NOT_AN_ISSUER", "EXPIRED", "WEAK_ALGORITHM"})
"""Problems of a chain that is wrong; all others mean that no chain was found."""

_REFUSED = frozenset({"revoked", "suspended"})

_HELD = "certificateHold"
"""Reason of a suspension, which OCSP calls a revocation. Source: RFC 5280 §5.3.1."""

_OF_REASON = {
    "affiliationChanged": "nes-revoked-left",
    "cessationOfOperation": "nes-revoked-left",
    "superseded": "nes-revoked-superseded",
}
"""Reason of a revocation for which the card is not lost -> its code. Source: RFC 5280 §5.3.1."""


def check(snapshot: Snapshot, at: datetime, _policy: Policy) -> Iterator[Finding]:
    """Give two findings for each signing certificate that was asked about: chain, then status."""
    asked, no_more = _asked(snapshot), refused(snapshot)
    in_force = desk.nes_in_force(snapshot, at) if asked else ()
    signers = {nes.certificate.person for nes in in_force if nes.certificate not in no_more}
    for certificate, (held, trust) in asked.items():
        if certificate.not_after_at < at:
            continue
        yield _chain(trust, held)
        if trust.status is not None:
            is_replaced = held.kind in PERSONAL and certificate.person in signers
            yield _status(trust.status, held, is_replaced=is_replaced)
        elif trust.anchor:  # without a chain there was no server to ask
            yield finding("nes-status-unreachable", **held.whose, urls=_urls(trust))


@remembered
def refused(snapshot: Snapshot) -> frozenset[Certificate]:
    """Return the certificates that no program accepts: revoked, suspended, badly signed, broken."""
    every = (nes.certificate for nes in desk.all_nes(snapshot))
    return frozenset(filter(is_broken, every)) | frozenset(
        certificate
        for certificate, (_, trust) in _asked(snapshot).items()
        if trust.problem in _FORGED
        or (trust.status is not None and trust.status.status in _REFUSED)
    )


@remembered
def withdrawn(snapshot: Snapshot) -> frozenset[Certificate]:
    """Return the certificates that were sound until the issuer revoked or suspended them."""
    return frozenset(
        certificate
        for certificate, (_, trust) in _asked(snapshot).items()
        if trust.problem not in _FORGED
        and trust.status is not None
        and trust.status.status in _REFUSED
        and not is_broken(certificate)
    )


@remembered
def suspended(snapshot: Snapshot) -> frozenset[Certificate]:
    """Return the certificates that may be released again."""
    asked = _asked(snapshot)
    return frozenset(one for one in withdrawn(snapshot) if _is_suspended(asked[one][1].status))


@remembered
def _asked(snapshot: Snapshot) -> dict[Certificate, tuple[desk.Held, Trust]]:
    """Return each signing certificate that servers were asked about, and what they answered."""
    known = {trust.sha256: trust for trust in snapshot.trust or ()}
    asked: dict[Certificate, tuple[desk.Held, Trust]] = {}
    for held in desk.certificates(snapshot):
        if held.sha256 in known and held.kind in _SIGNING:
            asked.setdefault(held.certificate, (held, known[held.sha256]))
    return asked


def _chain(trust: Trust, held: desk.Held) -> Finding:
    whose = held.whose
    if trust.anchor and not trust.problem:
        names = {root.id: root.name for root in issuers()}
        return finding("nes-trusted", **whose, root=names.get(trust.anchor, trust.anchor))
    if trust.problem in _FORGED:
        return finding("nes-untrusted", **whose, reason=trust.problem)
    if trust.problem in ("BUG", "NONSENSE"):
        return finding("cardtool-fault", part="--online", reason=trust.problem)
    if trust.problem == "NOT_PINNED":
        root, known = (trust.chain or ("-",))[-1], providers.of_issuer(held.certificate.issuer)
        if known is None or known.name == KAMU_SM:  # whose roots are all known
            return finding("nes-untrusted-unpinned", **whose, sha256=root)
        return finding("nes-root-of-provider", **whose, provider=known.name, sha256=root)
    reason = trust.problem or "-"
    return finding("nes-chain-unproven", **whose, reason=reason, urls=_urls(trust))


def _status(status: Status, held: desk.Held, *, is_replaced: bool) -> Finding:
    whose, ends = held.whose, held.ends_at
    said_at, revoked_at, reason = status.said_at, status.revoked_at, status.reason or "-"
    if status.status not in _REFUSED:
        code = "nes-status-good" if status.status == "good" else "nes-status-unknown"
        return finding(code, **whose, source=status.url, said_at=said_at)
    if is_replaced:
        return finding("nes-revoked-replaced", **whose, revoked_at=revoked_at, reason=reason)
    if _is_suspended(status):
        dates = {"revoked_at": revoked_at, "said_at": said_at, "not_after_at": ends}
        return finding("nes-suspended", **whose, **dates)
    return finding(
        _OF_REASON.get(reason, "nes-revoked"),
        **whose,
        revoked_at=revoked_at,
        reason=reason,
        said_at=said_at,
    )


def _is_suspended(status: Status | None) -> bool:
    """Tell whether a certificate may be released again."""
    return status is not None and (status.status == "suspended" or status.reason == _HELD)


def _urls(trust: Trust) -> str:
    return ", ".join(f"{attempt.url} ({attempt.name})" for attempt in trust.attempts) or "-"
