# SPDX-License-Identifier: Apache-2.0
"""What a snapshot means at every moment there is: its verdict changes only at certain moments.

An audit of stored workstations for any day reads this, and judges nothing again. Between two
neighbouring moments `diagnose` gives the same codes, which a test tries on every described desk.
"""

from datetime import UTC, datetime, timedelta

import msgspec

from cardtool.model.certificate import Certificate
from cardtool.model.diagnosis import Severity
from cardtool.model.snapshot import Snapshot
from cardtool.rules import desk, diagnose, renewal
from cardtool.rules.policy import Policy

_TICK = timedelta(microseconds=1)

BEGINNING = datetime.min.replace(tzinfo=UTC)
_END = datetime.max.replace(tzinfo=UTC)


class Phase(msgspec.Struct, frozen=True, kw_only=True):
    """What holds from a moment on, up to the next phase."""

    from_at: datetime
    severity: Severity
    verdict: str
    codes: tuple[str, ...]
    """Of everything that is not in order, worst first."""


def phases(snapshot: Snapshot, policy: Policy) -> tuple[Phase, ...]:
    """Return every phase, the first from the beginning of time."""
    found: list[Phase] = []
    for moment in sorted({BEGINNING, *turns(snapshot, policy)}):
        diagnosis = diagnose(snapshot, moment, policy)
        codes = (each.code for each in diagnosis.findings if each.severity is not Severity.OK)
        phase = Phase(
            from_at=moment,
            severity=diagnosis.severity,
            verdict=diagnosis.verdict,
            codes=tuple(dict.fromkeys(codes)),
        )
        if not found or msgspec.structs.replace(phase, from_at=found[-1].from_at) != found[-1]:
            found.append(phase)
    return tuple(found)


def turns(snapshot: Snapshot, policy: Policy) -> set[datetime]:
    """Return the moments at which some rule may say another thing than a moment before."""
    moments: set[datetime] = set()
    for nes in desk.all_nes(snapshot):
        own, ends = policy.of(nes.issuer), nes.ends_at
        paper = nes.certificate.not_after_at
        moments |= {nes.certificate.not_before_at, _after(ends), _after(paper)}
        moments |= {renewal.opens_at(ends, own), _after(renewal.apply_by_at(ends, own))}
        moments |= {renewal.before(ends, days) for days in (own.urgent_days, own.critical_days)}
    # of any certificate that an issuer was asked about, the end on paper counts
    for place in desk.places(snapshot) if snapshot.trust else ():
        read = (each.content for _, each in place.certificates)
        moments |= {_after(each.not_after_at) for each in read if isinstance(each, Certificate)}
    return {each for each in moments if BEGINNING < each <= _END}


def _after(moment: datetime) -> datetime:
    """Return the next moment; the last one there is has none."""
    try:
        return BEGINNING + (moment - BEGINNING + _TICK)
    except OverflowError:
        return BEGINNING
