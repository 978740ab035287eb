# SPDX-License-Identifier: Apache-2.0
"""Finds the chain from a certificate to a pinned root.

Issuers come from the card, a folder of the site, the catalogue's addresses and those in the
certificates, in this order. A signature counts only after it was verified.
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
from cardtool.probe.online import cache, issuing
from cardtool.web.addresses import WebError
from cardtool.web.client import Request, Route, fetch

_LONGEST = 6  # certificates of a chain; two or three are usual
_MOST_STEPS = 64  # issuers that are tried for one end entity, whatever is in store
_KEPT = timedelta(days=30)  # of an issuer's certificate, where it does not run out earlier

_UNCHECKED = CertRevTrustPolicy(
    revocation_checking_policy=RevocationCheckingPolicy(
        RevocationCheckingRule.NO_CHECK, RevocationCheckingRule.NO_CHECK
    )
)
"""Revocation is asked for apart from the chain, so that each has its own answer."""


class Chain(msgspec.Struct, kw_only=True):
    """A chain, as far as it was found."""

    certificates: list[x509.Certificate]
    """From the end entity upwards."""
    anchor: str = ""
    problem: str = ""
    attempts: list[Attempt]

    def path(self) -> ValidationPath:
        """Return it as pyhanko-certvalidator wants it, with its last certificate as the root."""
        leaf, *between, root = self.certificates
        return ValidationPath(CertTrustAnchor(root), between[::-1], leaf)


def anchors(pinned: Sequence[str]) -> dict[str, str]:
    """Return the name of each trusted root by its fingerprint; a site's own are their own name."""
    site = {pin.upper(): pin.upper() for pin in pinned}
    return site | {issuer.sha256: issuer.id for issuer in issuers()}


def fingerprint(certificate: x509.Certificate) -> str:
    """Return the SHA-256 of the DER, upper-case hex."""
    return certificate.sha256.hex().upper()


class Search:
    """Searches for the chain of a certificate among known certificates, and in the network."""

    def __init__(
        self,
        leaf: x509.Certificate,
        known: Sequence[x509.Certificate],
        roots: dict[str, str],
        route: Route,
        deadline: Deadline,
    ) -> None:
        """Prepare it; `roots` are the trusted ones, as `anchors` returns them."""
        # now, or the nearest moment at which the end entity is in force
        moment = min(max(datetime.now(UTC), leaf.not_valid_before), leaf.not_valid_after)
        self._leaf, self._moment = leaf, moment
        self._known = sorted(known, key=lambda issuer: issuing.preference(issuer, moment))
        self._roots, self._route, self._deadline = roots, route, deadline
        self._attempts: list[Attempt] = []
        self._bodies: dict[str, bytes | None] = {}  # what each address gave; None: nothing
        self._steps = _MOST_STEPS

    def best(self) -> Chain:
        """Return a valid chain; if there is none, an incomplete one rather than a broken one.

        Every issuer that fits is tried, because an old one may come before the right one.
        """
        invalid = []
        for way in self._ways((self._leaf,)):
            if not way.problem:
                return way
            invalid.append(way)
        best = min(invalid, key=_rank)
        best.anchor = ""
        return best

    def _ways(self, path: tuple[x509.Certificate, ...]) -> Iterator[Chain]:
        """Yield every chain that continues a path towards a root, the likeliest first."""
        last = path[-1]
        chain = Chain(certificates=list(path), attempts=self._attempts)
        if name := self._roots.get(fingerprint(last)):
            chain.anchor = name
            chain.problem = _verdict(chain, self._moment)
            yield chain
            return
        if last.issuer.hashable == last.subject.hashable:
            chain.problem = "NOT_PINNED"
            yield chain
            return
        tried = {fingerprint(certificate) for certificate in path}
        leads_on = False
        for issuer in self._issuers(last, tried, chain) if len(path) <= _LONGEST else ():
            leads_on = True
            yield from self._ways((*path, issuer))
        if not leads_on:
            chain.problem = chain.problem or "NO_ISSUER"
            yield chain

    def _issuers(
        self, child: x509.Certificate, tried: set[str], chain: Chain
    ) -> Iterator[x509.Certificate]:
        """Yield the issuers of a certificate; those from the network after those at hand.

        If an issuer's key did not sign the certificate, the chain is reported as broken only if the
        certificate names that very key.
        """
        for issuer in self._known:
            if issuing.may_have_issued(issuer, child) and self._is_new(issuer, tried):
                objection = issuing.objection(issuer, child)
                if not objection:
                    yield issuer
                elif objection != "BAD_SIGNATURE" or issuing.is_named(issuer, child):
                    chain.problem = objection
        for issuer in self._from_network(child):
            if self._is_new(issuer, tried):
                yield issuer

    def _is_new(self, issuer: x509.Certificate, tried: set[str]) -> bool:
        name = fingerprint(issuer)
        if name in tried or not self._steps:
            return False
        tried.add(name)
        self._steps -= 1
        return True

    def _from_network(self, child: x509.Certificate) -> Iterator[x509.Certificate]:
        facts = parse(child.dump())
        key_id = (child.authority_key_identifier or b"").hex().upper()
        urls = [url for issuer in issuers() if issuer.key_id == key_id for url in issuer.urls]
        urls += facts.ca_issuer_urls if isinstance(facts, Certificate) else ()
        for url in dict.fromkeys(urls):
            kept = cache.recall(url)
            if kept and (fitting := issuing.fitting(kept, child, self._moment)[0]):
                yield from fitting
                continue
            if url not in self._bodies:
                self._bodies[url] = self._fetched(url)
            if (body := self._bodies[url]) is None:
                continue
            fitting, objection = issuing.fitting(body, child, self._moment)
            if fitting:
                until = min(fitting[0].not_valid_after, datetime.now(UTC) + _KEPT)
                cache.remember(url, body, until)
                yield from fitting
            elif (attempt := Attempt(url=url, name=objection)) not in self._attempts:
                self._attempts.append(attempt)

    def _fetched(self, url: str) -> bytes | None:
        try:
            request = Request(url=url, limit_bytes=issuing.LIMIT_BYTES)
            return fetch(request, self._route, self._deadline.share(3))
        except WebError as error:
            self._attempts.append(Attempt(url=url, name=error.name, detail=error.detail))
            return None


def _rank(chain: Chain) -> tuple[int, int]:
    mild = ("NOT_PINNED", "NO_ISSUER")
    place = mild.index(chain.problem) if chain.problem in mild else len(mild)
    return place, -len(chain.certificates)


def _verdict(chain: Chain, moment: datetime) -> str:
    """Validate the whole chain by RFC 5280 §6, for a moment when the end entity is in force."""
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
