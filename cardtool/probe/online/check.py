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
from cardtool.probe.online import chain, files, status
from cardtool.web.client import Route

_QUESTION = msgspec.json.Decoder(jobs.ProveTrust)


def answer(question: bytes) -> bytes:
    """Prove the chain and the revocation state of each certificate."""
    asked = _QUESTION.decode(question)
    return jobs.encode_answer(prove(asked))


def prove(asked: jobs.ProveTrust) -> tuple[Trust, ...]:
    """Look for chain and revocation of each certificate; all of them share the time."""
    settings = asked.settings
    deadline = Deadline(settings.timeout_s)
    known = [
        certificate
        for der in asked.others
        for certificate in files.certificates(bytes.fromhex(der))
    ]
    if settings.certificates:
        known += files.folder(settings.certificates)
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
    (leaf, *_) = (*files.certificates(der), None)
    trust = Trust(
        sha256=hashlib.sha256(der).hexdigest().upper(),
        asked_at=datetime.now(UTC),
        problem="UNREADABLE",
    )
    if leaf is None:
        return trust
    try:
        way = chain.build(leaf, known, roots, route, deadline)
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
