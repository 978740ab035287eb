# SPDX-License-Identifier: Apache-2.0
"""Decides, from what is remembered, about which certificate a notice is due. Pure.

A notice is due once for each stage of a certificate's last months: when renewal may be asked for,
then at each of `DAYS` before the end. A stage that passed while the computer was off is made up
for. On one day there is one notice at most, and after the end none: each check says that it ended.
"""

from collections.abc import Iterator
from datetime import datetime

from msgspec.structs import replace

from cardtool.model.certificate import Certificate
from cardtool.model.diagnosis import Diagnosis
from cardtool.remind.memory import Kept, Memory
from cardtool.rules import desk, renewal
from cardtool.rules.certificates import last_seals
from cardtool.rules.renewal import Policy
from cardtool.rules.timeline import to_renew

APPLIED, LATER, OPEN = "applied", "later", "open"
"""What can be chosen on a notice."""

DAYS = (60, 30, 15, 7, 1)
"""Days before the end at which a notice is due, if renewal may be asked for by then."""

LATE_DAYS = 7
"""From here on it is nearly too late, even for those who have applied: a new card is made about 15
days before the end of the old one."""

_MOST = 16
"""How many certificates are remembered."""

_LONGEST_NAME = 256
"""Letters of an authority's name; more would make the file longer than is read again."""


def noted(memory: Memory, diagnosis: Diagnosis) -> Memory:
    """Return the memory after a check, which changes nothing if it read nothing to renew.

    The memory holds the certificates on the card, and others until they end if a notice about them
    was shown.
    """
    read = {kept.sha256: kept for kept in _read(diagnosis)}
    if not read:
        return memory
    known = {kept.sha256: kept for kept in memory.certificates}
    here = [replace(known.get(sha256, kept), is_last=True) for sha256, kept in read.items()]
    others = [
        replace(kept, is_last=False)
        for sha256, kept in known.items()
        if sha256 not in read and kept.shown_at and kept.ends_at >= diagnosis.at
    ]
    return replace(memory, certificates=(*here, *others)[:_MOST])


def _read(diagnosis: Diagnosis) -> Iterator[Kept]:
    """Yield the certificates that somebody has to renew: those without a successor here."""
    snapshot = diagnosis.snapshot
    for nes in to_renew(snapshot, diagnosis.at):
        yield Kept(sha256=nes.sha256, issuer=_issuer(nes.certificate), ends_at=nes.ends_at)
    seals = last_seals(snapshot)
    for held in desk.all_certificates(snapshot):
        if held.certificate in seals:
            certificate = held.certificate
            yield Kept(
                sha256=held.sha256,
                issuer=_issuer(certificate),
                ends_at=certificate.not_after_at,
                is_seal=True,
            )


def _issuer(certificate: Certificate) -> str:
    """Return the issuer's name; empty if the certificate is self-signed: it may be a person's."""
    name = certificate.issuer_name
    return "" if name == certificate.subject.first("CN") else name[:_LONGEST_NAME]


def due(memory: Memory, at: datetime, policy: Policy) -> Kept | None:
    """Return the certificate that ends first of those that a notice is due for; None: none is.

    `at` carries the offset by which days are told apart.
    """
    if memory.is_off or (memory.shown_at and _is_same_day(memory.shown_at, at)):
        return None
    waiting = (kept for kept in memory.certificates if kept.is_last and _is_due(kept, at, policy))
    return min(waiting, key=lambda kept: kept.ends_at, default=None)


def _is_same_day(moment: datetime, at: datetime) -> bool:
    try:
        return moment.astimezone(at.tzinfo).date() == at.date()
    except OverflowError:  # it was at the edge of the calendar
        return False


def _is_due(kept: Kept, at: datetime, policy: Policy) -> bool:
    begun = [stage for stage in _stages(kept, policy) if stage <= at]
    if not begun or at > kept.ends_at:
        return False
    if kept.shown_at is None or kept.shown_at > at:  # the clock was ahead
        return True
    return kept.answer == LATER or kept.shown_at < begun[-1]


def _stages(kept: Kept, policy: Policy) -> list[datetime]:
    """Return the moments from which a notice is due, in their order."""
    days = policy.of(kept.issuer)
    first = days.notice_days if kept.answer != APPLIED else min(days.notice_days, LATE_DAYS)
    wanted = (first, *(day for day in DAYS if day < first))
    return [renewal.days_before(kept.ends_at, day) for day in wanted]


def is_nearly_late(kept: Kept, at: datetime) -> bool:
    """Tell whether a certificate ends so soon that a new card may come too late."""
    return at >= renewal.days_before(kept.ends_at, LATE_DAYS)


def shown(memory: Memory, sha256: str, at: datetime) -> Memory:
    """Return the memory after a notice was shown; the answer `applied` stays."""

    def marked(kept: Kept) -> Kept:
        answer = APPLIED if kept.answer == APPLIED else ""
        return replace(kept, shown_at=at, answer=answer) if kept.sha256 == sha256 else kept

    return replace(memory, shown_at=at, certificates=tuple(map(marked, memory.certificates)))


def answered(memory: Memory, answer: str) -> Memory:
    """Return the memory after something was chosen on the last notice."""

    def marked(kept: Kept) -> Kept:
        is_of_it = memory.shown_at is not None and kept.shown_at == memory.shown_at
        return replace(kept, answer=answer) if is_of_it else kept

    return replace(memory, certificates=tuple(map(marked, memory.certificates)))
