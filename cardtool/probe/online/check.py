# SPDX-License-Identifier: Apache-2.0
"""The job online: chain and revocation of the certificates it is given. Runs in a worker."""

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec
from asn1crypto import x509
from msgspec.structs import replace

from cardtool.deadline import Deadline
from cardtool.model.trust import Attempt, Trust
from cardtool.probe import jobs
from cardtool.probe.online import chain, issuing, status
from cardtool.web.client import Route


def answer(question: bytes) -> bytes:
    """Prove the chain and the revocation state of each certificate."""
    return jobs.encode_answer(prove(msgspec.json.decode(question, type=jobs.ProveTrust)))


def prove(asked: jobs.ProveTrust) -> tuple[Trust, ...]:
    """Prove chain and revocation of each certificate; all of them share the time."""
    settings = asked.settings
    deadline = Deadline(settings.timeout_s)
    known = [issuer for der in asked.others for issuer in issuing.certificates(bytes.fromhex(der))]
    if settings.certificates:
        known += issuing.folder(settings.certificates)
    route = Route(proxy=settings.proxy, allow_private=settings.allow_private)
    roots = chain.anchors(settings.roots)
    return tuple(
        _prove_one(
            bytes.fromhex(der), known, roots, route, deadline.share(len(asked.wanted) - done)
        )
        for done, der in enumerate(asked.wanted)
    )


def _prove_one(
    der: bytes,
    known: Sequence[x509.Certificate],
    roots: dict[str, str],
    route: Route,
    deadline: Deadline,
) -> Trust:
    (leaf, *_) = (*issuing.certificates(der), None)
    trust = Trust(
        sha256=hashlib.sha256(der).hexdigest().upper(),
        asked_at=datetime.now(UTC),
        problem="UNREADABLE",
    )
    if leaf is None:
        return trust
    try:
        way = chain.Search(leaf, known, roots, route, deadline).best()
        answer, attempts = status.ask(way, route, deadline)
    except Exception as error:  # noqa: BLE001 - one certificate must not cost the others theirs
        lost = Attempt(url="-", name="DAMAGED", detail=type(error).__name__)
        return replace(trust, attempts=(lost,))
    return replace(
        trust,
        chain=tuple(map(chain.fingerprint, way.certificates)),
        anchor=way.anchor,
        problem=way.problem,
        status=answer,
        attempts=(*way.attempts, *attempts),
    )
