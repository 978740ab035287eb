# SPDX-License-Identifier: Apache-2.0
"""Asks an issuer about a certificate: first by OCSP, then by its revocation list.

pyhanko-certvalidator decides whether an answer is genuine, fresh and about this certificate. Its
messages are not passed on, because they name the holder.
"""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from asn1crypto import crl, ocsp, pem
from msgspec.structs import replace
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.authority import AuthorityWithCert
from pyhanko_certvalidator.errors import (
    CRLNoMatchesError,
    CRLValidationError,
    OCSPNoMatchesError,
    OCSPValidationError,
    OCSPValidationIndeterminateError,
    PathValidationError,
    RevokedError,
)
from pyhanko_certvalidator.fetchers.common_utils import format_ocsp_request
from pyhanko_certvalidator.revinfo.archival import (
    CRLContainer,
    OCSPContainer,
    RevinfoUsabilityRating,
)
from pyhanko_certvalidator.revinfo.validate_crl import verify_crl
from pyhanko_certvalidator.revinfo.validate_ocsp import verify_ocsp_response

from cardtool.deadline import Deadline
from cardtool.model.certificate import Certificate
from cardtool.model.trust import Attempt, Status
from cardtool.probe.certificate import parse
from cardtool.probe.online import cache
from cardtool.probe.online.chain import Chain
from cardtool.web.addresses import WebError
from cardtool.web.client import Request, Route, fetch

_OCSP_BYTES = 100 * 1024
_CRL_BYTES = 10 * 1024 * 1024
_TOLERANCE = timedelta(minutes=5)  # how far the clocks here and there may be apart

_REASONS = {
    "key_compromise": "keyCompromise",
    "ca_compromise": "cACompromise",
    "affiliation_changed": "affiliationChanged",
    "superseded": "superseded",
    "cessation_of_operation": "cessationOfOperation",
    "certificate_hold": "certificateHold",
    "remove_from_crl": "removeFromCRL",
    "privilege_withdrawn": "privilegeWithdrawn",
    "aa_compromise": "aACompromise",
}
"""asn1crypto's names to those of RFC 5280 §5.3.1."""


def ask(
    chain: Chain, route: Route, deadline: Deadline
) -> tuple[Status | None, tuple[Attempt, ...]]:
    """Return the first answer that counts, and the attempts that failed.

    If the chain does not end at a pinned root, nobody is asked: whoever forged it could forge the
    answer too. If a responder does not know the certificate, a list may still show it as revoked.
    """
    facts = parse(chain.certificates[0].dump())
    if not chain.anchor or len(chain.certificates) == 1 or not isinstance(facts, Certificate):
        return None, ()
    attempts: list[Attempt] = []
    unknown: Status | None = None
    for source, urls in ((_by_ocsp, facts.ocsp_urls), (_by_crl, facts.crl_urls)):
        for url in dict.fromkeys(urls):
            try:
                status = source(url, chain, route, deadline)
            except WebError as error:
                attempts.append(Attempt(url=url, name=error.name, detail=error.detail))
                continue
            if status.status == "unknown":
                unknown = status
            elif unknown is None or status.status != "good":
                return status, tuple(attempts)
            break
    return unknown, tuple(attempts)


def _by_ocsp(url: str, chain: Chain, route: Route, deadline: Deadline) -> Status:
    leaf, issuer = chain.certificates[:2]
    question = format_ocsp_request(
        leaf, AuthorityWithCert(issuer), certid_hash_algo="sha1", request_nonces=False
    )
    request = Request(
        url=url,
        method="POST",
        headers={"Content-Type": "application/ocsp-request"},
        body=question.dump(),
        limit_bytes=_OCSP_BYTES,
    )
    body = fetch(request, route, deadline.share(2))
    return _read(lambda: _judge_ocsp(url, body, chain))


def _judge_ocsp(url: str, body: bytes, chain: Chain) -> Status:
    response = ocsp.OCSPResponse.load(body, strict=True)
    state = response["response_status"].native
    if state != "successful":
        raise WebError(name="REFUSED", detail=f"OCSP: {state}")
    serial = chain.certificates[0].serial_number
    for answer in OCSPContainer.load_multi(response):
        single: Any = answer.extract_single_response()
        basic: Any = answer.extract_basic_ocsp_response()
        if single is not None and single["cert_id"]["serial_number"].native == serial:
            break
    else:
        raise WebError(name="NOT_FOR_IT")
    good = Status(
        source="ocsp",
        url=url,
        status="good",
        said_at=basic["tbs_response_data"]["produced_at"].native,
        next_at=single["next_update"].native,
    )
    return _verified(good, answer, chain, single["cert_status"].name)


def _by_crl(url: str, chain: Chain, route: Route, deadline: Deadline) -> Status:
    if kept := cache.recall(url):
        try:
            return _read(lambda: _judge_crl(url, kept, chain))
        except WebError:
            cache.forget(url)
    body = fetch(Request(url=url, limit_bytes=_CRL_BYTES), route, deadline)
    status = _read(lambda: _judge_crl(url, body, chain))
    if status.next_at is not None:
        cache.remember(url, body, status.next_at)
    return status


def _judge_crl(url: str, body: bytes, chain: Chain) -> Status:
    der = next(pem.unarmor(body, multiple=True))[2] if pem.detect(body) else body
    listed = crl.CertificateList.load(der, strict=True)
    good = Status(
        source="crl",
        url=url,
        status="good",
        said_at=listed["tbs_cert_list"]["this_update"].native,
        next_at=listed["tbs_cert_list"]["next_update"].native,
    )
    return _verified(good, CRLContainer(listed), chain, "good")


def _verified(
    good: Status, answer: CRLContainer | OCSPContainer, chain: Chain, expected: str
) -> Status:
    """Verify an answer and return what it says; `expected` is what it claims to say."""
    is_ocsp = isinstance(answer, OCSPContainer)
    answers: dict[str, Any] = {"ocsps" if is_ocsp else "crls": [answer]}
    context = ValidationContext(
        trust_roots=[chain.certificates[-1]],
        other_certs=chain.certificates,
        allow_fetching=False,
        time_tolerance=_TOLERANCE,
        **answers,
    )
    usability = answer.usable_at(context.revinfo_policy, context.timing_params)
    if usability.rating is not RevinfoUsabilityRating.OK:
        raise WebError(name="EXPIRED", detail=f"judged at {datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}")
    verify: Any = verify_ocsp_response if is_ocsp else verify_crl
    try:
        asyncio.run(verify(chain.certificates[0], chain.path(), context))
    except RevokedError as error:
        reason = _REASONS.get(error.reason.native, "unspecified")
        status: Literal["suspended", "revoked"]
        status = "suspended" if reason == "certificateHold" else "revoked"
        return replace(good, status=status, revoked_at=error.revocation_dt, reason=reason)
    except (CRLNoMatchesError, OCSPNoMatchesError) as error:
        raise WebError(name="NOT_FOR_IT") from error
    except OCSPValidationIndeterminateError as error:
        if expected == "unknown" and not error.failures:
            return replace(good, status="unknown")
        raise WebError(name="BAD_SIGNATURE") from error
    except (CRLValidationError, OCSPValidationError, PathValidationError) as error:
        raise WebError(name="BAD_SIGNATURE") from error
    return good


def _read(judge: Callable[[], Status]) -> Status:
    """Judge an answer; one that makes no sense counts as damaged."""
    try:
        return judge()
    except WebError:
        raise
    except Exception as error:  # the libraries assert what servers get wrong
        raise WebError(name="DAMAGED", detail=type(error).__name__) from error
