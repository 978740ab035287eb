# SPDX-License-Identifier: Apache-2.0
"""Orders the NES of a workstation in time: successors, renewals, and when the verdict may change.

The NES of one person form a line, in the order in which they end. An NES that is never in force
succeeds no other. If two end together, because their issuer ends, the one whose own end is later
comes second. The rule about certificates gives few of these moments: most need the public holidays,
and a check does not wait until those are loaded.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from itertools import accumulate

import msgspec
from msgspec.structs import replace

from cardtool.model.diagnosis import Course, Diagnosis, Finding
from cardtool.model.moments import TICK
from cardtool.model.snapshot import Snapshot
from cardtool.rules import desk, renewal, trust
from cardtool.rules.kinds import KAMU_SM, SEALS, provider
from cardtool.rules.renewal import Policy

BEGINNING = datetime.min.replace(tzinfo=UTC)
_END = datetime.max.replace(tzinfo=UTC)

_AHEAD = frozenset({"days_left", "not_before_at"})
"""Facts that a finding has only if its NES has not ended."""


class Later(msgspec.Struct, frozen=True, kw_only=True):
    """What comes after an NES: one or several NES."""

    last: desk.Held
    """The one that ends last."""
    begins_at: datetime
    """When the first of them begins."""
    is_in_force: bool
    """One of them is in force at the moment of the judgement."""


class Line:
    """The NES of one person, sorted once for all questions."""

    def __init__(self, every: Iterable[desk.Held], at: datetime) -> None:
        """Take all NES of the person, and the moment of the judgement."""
        able = (nes for nes in every if nes.certificate.not_before_at <= nes.ends_at)
        line = sorted(able, key=_end)
        alone = (
            Later(
                last=nes, begins_at=nes.certificate.not_before_at, is_in_force=nes.is_in_force(at)
            )
            for nes in reversed(line)
        )
        self._ends = [_end(nes) for nes in line]
        self._later = [*accumulate(alone, _joined)][::-1]
        self.in_force = tuple(nes for nes in line if nes.is_in_force(at))
        self.ended_at = max((nes.ends_at for nes in line if nes.ends_at < at), default=None)

    def after(self, nes: desk.Held) -> Later | None:
        """Return what comes after an NES; None: nothing does."""
        place = bisect_right(self._ends, _end(nes))
        return self._later[place] if place < len(self._later) else None


def lines_of(every: Iterable[desk.Held], at: datetime) -> dict[str, Line]:
    """Return the line of each person."""
    people: dict[str, list[desk.Held]] = {}
    for nes in every:
        people.setdefault(nes.certificate.person, []).append(nes)
    return {person: Line(some, at) for person, some in people.items()}


def _end(nes: desk.Held) -> tuple[datetime, datetime]:
    return nes.ends_at, nes.certificate.not_after_at


def _joined(later: Later, earlier: Later) -> Later:
    return Later(
        last=later.last,
        begins_at=min(earlier.begins_at, later.begins_at),
        is_in_force=earlier.is_in_force or later.is_in_force,
    )


def with_moments(diagnosis: Diagnosis, policy: Policy) -> Diagnosis:
    """Return a diagnosis whose findings about NES that have not ended tell all their moments.

    An NES whose successor is here is not renewed, so its finding gets no moments of a renewal.
    """
    renewals = {nes.sha256: (nes, moments) for nes, moments in _renewals(diagnosis, policy)}

    def completed(finding: Finding) -> Finding:
        if _AHEAD.isdisjoint(finding.facts):
            return finding
        nes, moments = renewals[str(finding.facts["sha256"])]
        added = {"not_before_at": nes.certificate.not_before_at, "not_after_at": nes.ends_at}
        known = {"opens_at": moments.get("opens"), "apply_by_at": moments.get("apply-by")}
        added |= {fact: moment for fact, moment in known.items() if moment}
        kept = {fact: value for fact, value in finding.facts.items() if fact != "opens_at"}
        shown = {fact: moment.isoformat() for fact, moment in added.items()}
        return replace(finding, facts={**kept, **shown})

    return replace(diagnosis, findings=tuple(map(completed, diagnosis.findings)))


def courses(diagnosis: Diagnosis, policy: Policy) -> tuple[Course, ...]:
    """Return the moments of every NES, ended ones too, in the order in which they begin."""
    unsorted = (
        Course(
            holder=nes.certificate.holder,
            begins_at=nes.certificate.not_before_at,
            ends_at=nes.ends_at,
            renewal=moments,
        )
        for nes, moments in _renewals(diagnosis, policy)
    )
    return tuple(sorted(unsorted, key=lambda course: (course.begins_at, course.ends_at)))


def _renewals(
    diagnosis: Diagnosis, policy: Policy
) -> Iterator[tuple[desk.Held, dict[str, datetime]]]:
    """Yield every NES once, with the moments of its renewal as in a `Course`.

    One that is not to be renewed gets no moments. When renewal opens is known only for Kamu SM, and
    for issuers that the site's policy names.
    """
    renewed = {nes.sha256 for nes in to_renew(diagnosis.snapshot, diagnosis.at)}
    for nes in {nes.sha256: nes for nes in desk.all_nes(diagnosis.snapshot)}.values():
        if nes.sha256 not in renewed:
            yield nes, {}
            continue
        issuer = nes.certificate.issuer_name
        moments = renewal.moments(issuer, nes.ends_at, policy)
        if provider(nes.certificate) != KAMU_SM and policy.of(issuer) is policy:
            del moments["opens"]
        yield nes, moments


def to_renew(snapshot: Snapshot, at: datetime) -> tuple[desk.Held, ...]:
    """Return each NES that programs accept and whose successor is not here, even if it ended."""
    refused = trust.refused(snapshot)
    all_nes = {nes.sha256: nes for nes in desk.all_nes(snapshot)}
    accepted = [nes for nes in all_nes.values() if nes.certificate not in refused]
    lines = lines_of(accepted, at)
    return tuple(nes for nes in accepted if not lines[nes.certificate.person].after(nes))


def turns(snapshot: Snapshot, policy: Policy) -> set[datetime]:
    """Return the moments at which the verdict on a snapshot may change.

    Between two of them it never does, so a stored verdict holds until the next.
    """
    moments: set[datetime] = set()
    for nes in desk.all_nes(snapshot):
        certificate = nes.certificate
        dates = renewal.moments(certificate.issuer_name, nes.ends_at, policy)
        moments |= {certificate.not_before_at, dates["opens"], dates["urgent"], dates["critical"]}
        last = (nes.ends_at, certificate.not_after_at, dates["apply-by"])
        moments.update(map(_after, last))
    for held in desk.all_certificates(snapshot):
        if held.kind in SEALS:
            days = policy.of(held.certificate.issuer_name)
            begins, ends = held.certificate.not_before_at, held.certificate.not_after_at
            moments |= {begins, renewal.opens_at(ends, days)}
            moments |= {_after(ends), _after(held.ends_at)}
    if snapshot.trust:  # of a certificate that an issuer was asked about, its own end counts too
        every = desk.certificates(snapshot)
        moments.update(_after(held.certificate.not_after_at) for held in every)
    return {moment for moment in moments if BEGINNING < moment <= _END}


def next_turn(moments: set[datetime], at: datetime) -> datetime | None:
    """Return the first of the turns of a snapshot after a moment; None: there is none."""
    return min((moment for moment in moments if moment > at), default=None)


def _after(moment: datetime) -> datetime:
    """Return the next moment; after the last one that `datetime` has, `BEGINNING`."""
    try:
        return BEGINNING + (moment - BEGINNING + TICK)
    except OverflowError:
        return BEGINNING
