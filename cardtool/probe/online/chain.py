# SPDX-License-Identifier: Apache-2.0
"""From a certificate to a pinned root: who issued it, and who issued that.

Issuers come from the card, a folder of the site's, the catalogue's addresses and those in the
certificates, in this order. Every signature counts only after it was verified.
"""

import asyncio
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

import msgspec
from asn1crypto import x509
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.authority import CertTrustAnchor
from pyhanko_certvalidator.errors import (
    DisallowedAlgorithmError,
    ExpiredError,
    NotYetValidError,
    PathValidationError,
)
from pyhanko_certvalidator.path import ValidationPath
from pyhanko_certvalidator.policy_decl import (
    CertRevTrustPolicy,
    RevocationCheckingPolicy,
    RevocationCheckingRule,
)
from pyhanko_certvalidator.validate import async_validate_path

from cardtool.catalog import issuers
from cardtool.deadline import Deadline
from cardtool.model.certificate import Certificate
from cardtool.model.trust import Attempt
from cardtool.probe.certificate import parse
from cardtool.probe.online import cache, files, issuing
from cardtool.probe.online.fetch import fetch
from cardtool.web.addresses import WebError
from cardtool.web.client import Request, Route

_LONGEST = 6
"""Certificates of a chain; two or three are usual."""

_MOST_STEPS = 64
"""Issuers that are tried for one end entity, whatever a card or a server has in store."""

_KEPT = timedelta(days=30)
"""How long an issuer's certificate is kept where it does not run out earlier."""

_UNCHECKED = CertRevTrustPolicy(
    revocation_checking_policy=RevocationCheckingPolicy(
        RevocationCheckingRule.NO_CHECK, RevocationCheckingRule.NO_CHECK
    )
)
"""Revocation is asked for apart from the chain, so that each has its own answer."""


class Chain(msgspec.Struct, kw_only=True):
    """What was found of a chain."""

    certificates: list[x509.Certificate]
    """From the end entity upwards."""
    anchor: str = ""
    problem: str = ""
    attempts: list[Attempt]

    def path(self) -> ValidationPath:
        """Return it as pyhanko-certvalidator wants it; the last one is taken for the root."""
        leaf, *between, root = self.certificates
        return ValidationPath(CertTrustAnchor(root), between[::-1], leaf)


def anchors(pinned: Sequence[str]) -> dict[str, str]:
    """Return the name of each trusted root by its fingerprint; a site's own are their own name."""
    site = {pin.upper(): pin.upper() for pin in pinned}
    return site | {issuer.sha256: issuer.id for issuer in issuers()}


def build(
    leaf: x509.Certificate,
    known: Sequence[x509.Certificate],
    roots: dict[str, str],
    route: Route,
    deadline: Deadline,
) -> Chain:
    """Find the chain of a certificate among those that are known, and in the network.

    Every issuer that fits is tried, because an old one may come before the right one. If no chain
    is valid, an incomplete one is returned rather than a broken one.
    """
    search = _Search(
        known=sorted(known, key=lambda certificate: issuing.preference(certificate, _moment(leaf))),
        roots=roots,
        route=route,
        deadline=deadline,
        moment=_moment(leaf),
        attempts=[],
        bodies={},
    )
    best = Chain(certificates=[leaf], problem="NO_ISSUER", attempts=search.attempts)
    for count, way in enumerate(_ways((leaf,), search)):
        if not way.problem:
            return way
        if not count or _rank(way) < _rank(best):
            best = way
    best.anchor = ""
    return best


def fingerprint(certificate: x509.Certificate) -> str:
    """Return the SHA-256 of the DER, upper-case hex."""
    return certificate.sha256.hex().upper()


class _Search(msgspec.Struct, kw_only=True):
    """The settings of one search for a chain, and how much of its limits is left."""

    known: list[x509.Certificate]
    roots: dict[str, str]
    route: Route
    deadline: Deadline
    moment: datetime
    attempts: list[Attempt]
    bodies: dict[str, bytes | None]
    """What each address gave; None: nothing."""
    steps: int = _MOST_STEPS


def _ways(path: tuple[x509.Certificate, ...], search: _Search) -> Iterator[Chain]:
    """Yield every chain that continues a path upwards, the likeliest first."""
    last = path[-1]
    chain = Chain(certificates=list(path), attempts=search.attempts)
    if name := search.roots.get(fingerprint(last)):
        chain.anchor = name
        chain.problem = _verdict(chain, search.moment)
        yield chain
        return
    if last.issuer.hashable == last.subject.hashable:
        chain.problem = "NOT_PINNED"
        yield chain
        return
    tried = {fingerprint(certificate) for certificate in path}
    leads_on = False
    for issuer in _issuers(last, search, tried, chain) if len(path) <= _LONGEST else ():
        leads_on = True
        yield from _ways((*path, issuer), search)
    if not leads_on:
        chain.problem = chain.problem or "NO_ISSUER"
        yield chain


def _issuers(
    child: x509.Certificate, search: _Search, tried: set[str], chain: Chain
) -> Iterator[x509.Certificate]:
    """Yield the issuers of a certificate; those from the network after those at hand.

    If an issuer's key did not sign the certificate, the chain is reported as broken only if the
    certificate names that very key.
    """
    for issuer in search.known:
        if issuing.may_have_issued(issuer, child) and _is_new(issuer, search, tried):
            objection = issuing.objection(issuer, child)
            if not objection:
                yield issuer
            elif objection != "BAD_SIGNATURE" or issuing.is_named(issuer, child):
                chain.problem = objection
    for issuer in _from_network(child, search):
        if _is_new(issuer, search, tried):
            yield issuer


def _is_new(issuer: x509.Certificate, search: _Search, tried: set[str]) -> bool:
    name = fingerprint(issuer)
    if name in tried or not search.steps:
        return False
    tried.add(name)
    search.steps -= 1
    return True


def _from_network(child: x509.Certificate, search: _Search) -> Iterator[x509.Certificate]:
    facts = parse(child.dump())
    key_id = (child.authority_key_identifier or b"").hex().upper()
    urls = [url for issuer in issuers() if issuer.key_id == key_id for url in issuer.urls]
    urls += facts.ca_issuer_urls if isinstance(facts, Certificate) else ()
    for url in dict.fromkeys(urls):
        kept = cache.recall(url)
        if kept and (fitting := issuing.fitting(kept, child, search.moment)[0]):
            yield from fitting
            continue
        if url not in search.bodies:
            search.bodies[url] = _fetched(url, search)
        body = search.bodies[url]
        if body is None:
            continue
        fitting, objection = issuing.fitting(body, child, search.moment)
        if fitting:
            until = min(fitting[0].not_valid_after, datetime.now(UTC) + _KEPT)
            cache.remember(url, body, until)
            yield from fitting
        else:
            _note(Attempt(url=url, name=objection), search)


def _fetched(url: str, search: _Search) -> bytes | None:
    try:
        request = Request(url=url, limit_bytes=files.LIMIT_BYTES)
        return fetch(request, search.route, search.deadline.share(3))
    except WebError as error:
        _note(Attempt(url=url, name=error.name, detail=error.detail), search)
        return None


def _note(attempt: Attempt, search: _Search) -> None:
    if attempt not in search.attempts:
        search.attempts.append(attempt)


def _rank(chain: Chain) -> tuple[int, int]:
    mild = ("NOT_PINNED", "NO_ISSUER")
    place = mild.index(chain.problem) if chain.problem in mild else len(mild)
    return place, -len(chain.certificates)


def _moment(leaf: x509.Certificate) -> datetime:
    """Return now, or the nearest moment at which the end entity is in force."""
    moment: datetime = min(max(datetime.now(UTC), leaf.not_valid_before), leaf.not_valid_after)
    return moment


def _verdict(chain: Chain, moment: datetime) -> str:
    """Have the whole chain judged by RFC 5280 §6, for a moment when the end entity is in force."""
    if len(chain.certificates) == 1:
        return ""
    path = chain.path()
    context = ValidationContext(
        trust_roots=[chain.certificates[-1]],
        moment=moment,
        allow_fetching=False,
        revinfo_policy=_UNCHECKED,
    )
    try:
        asyncio.run(async_validate_path(context, path))
    except (ExpiredError, NotYetValidError):
        return "EXPIRED"
    except DisallowedAlgorithmError:
        return "WEAK_ALGORITHM"
    except PathValidationError:
        return "NOT_AN_ISSUER"
    except Exception:  # noqa: BLE001 - one odd issuer must not hide the way past it
        return "UNREADABLE"
    return ""
