# SPDX-License-Identifier: Apache-2.0
"""The parent's side: which certificates are asked about, and what is recorded without an answer.

Loads nothing of cryptography and opens no connection.
"""

from datetime import UTC, datetime

from cardtool.model.certificate import Certificate
from cardtool.model.snapshot import Failure, Snapshot
from cardtool.model.trust import Attempt, Online, Trust
from cardtool.probe import jobs
from cardtool.probe.isolation import Worker

_MOST = 8
"""End entities that are asked about; a desk has one or two."""

_START_S = 5.0
"""Added to the time that is set, for the child to start and load its libraries."""


def prove(snapshot: Snapshot, settings: Online) -> tuple[Trust, ...]:
    """Ask for chain and revocation of every end entity's certificate that was read."""
    stored = {
        certificate.sha256: certificate
        for _, _, token in snapshot.tokens()
        if isinstance(token.certificates, tuple)
        for certificate in token.certificates
        if certificate.der is not None
    }
    wanted = [
        certificate
        for certificate in stored.values()
        if isinstance(certificate.content, Certificate) and not certificate.content.is_ca
    ][:_MOST]
    if not wanted:
        return ()
    question = jobs.ProveTrust(
        wanted=tuple(certificate.der or "" for certificate in wanted),
        others=tuple(
            certificate.der or "" for certificate in stored.values() if certificate not in wanted
        ),
        settings=settings,
    )
    asked_at = datetime.now(UTC)
    with Worker("online") as child:
        timeout_s = settings.timeout_s + _START_S
        answer: tuple[Trust, ...] | Failure
        answer = jobs.ask(child, question, jobs.TRUST, timeout_s=timeout_s)
    if not isinstance(answer, Failure):
        return answer
    lost = Attempt(url="-", name=answer.name, detail=answer.detail)
    return tuple(
        Trust(sha256=certificate.sha256, asked_at=asked_at, problem=answer.name, attempts=(lost,))
        for certificate in wanted
    )
