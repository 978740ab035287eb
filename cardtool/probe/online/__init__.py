# SPDX-License-Identifier: Apache-2.0
"""Asks issuers for chain and revocation of certificates, for `--online`.

This is the parent's side: it chooses the certificates, and records it if there is no answer. The
rest runs in a worker, which alone loads cryptography and pyhanko-certvalidator.
"""

from datetime import UTC, datetime

from cardtool.model.certificate import Certificate
from cardtool.model.snapshot import Failure, Snapshot
from cardtool.model.trust import Attempt, Online, Trust
from cardtool.probe import jobs
from cardtool.probe.isolation import Worker

_MOST = 8  # end entities that are asked about; a desk has one or two
_START_S = 5.0  # added to the time that is set, for the child to start and load its libraries


def prove(snapshot: Snapshot, settings: Online) -> tuple[Trust, ...]:
    """Ask for chain and revocation of every end entity's certificate that was read."""
    stored = {
        certificate.sha256: certificate
        for certificate in snapshot.certificates()
        if certificate.der is not None
    }
    wanted = [
        sha256
        for sha256, certificate in stored.items()
        if isinstance(certificate.content, Certificate) and not certificate.content.is_ca
    ][:_MOST]
    if not wanted:
        return ()
    question = jobs.ProveTrust(
        wanted=tuple(stored[sha256].der or "" for sha256 in wanted),
        others=tuple(stored[sha256].der or "" for sha256 in stored if sha256 not in wanted),
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
        Trust(sha256=sha256, asked_at=asked_at, problem=answer.name, attempts=(lost,))
        for sha256 in wanted
    )
