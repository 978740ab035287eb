# SPDX-License-Identifier: Apache-2.0
"""The moments of each NES's renewal, which only calendars and drawings show.

The rule about certificates does not compute them, because that loads the public holidays, for which
a check does not wait.
"""

from collections.abc import Iterator
from datetime import datetime

from msgspec.structs import replace

from cardtool.model.diagnosis import Course, Diagnosis, Finding
from cardtool.rules import desk, renewal, trust
from cardtool.rules.policy import Policy
from cardtool.rules.succession import lines_of

_AHEAD = frozenset(
    {
        "nes-valid",
        "nes-expiring",
        "nes-expiring-soon",
        "nes-expiring-critical",
        "nes-waiting",
        "nes-not-yet-valid",
    }
)


def dated(diagnosis: Diagnosis, policy: Policy) -> Diagnosis:
    """Return a diagnosis in which findings about an NES that has not ended tell all its moments.

    An NES whose successor is here is not renewed, so its finding gets no moments of a renewal.
    """
    renewals = {nes.sha256: (nes, moments) for nes, moments in _renewals(diagnosis, policy)}

    def completed(finding: Finding) -> Finding:
        if finding.code not in _AHEAD:
            return finding
        nes, moments = renewals[str(finding.facts["sha256"])]
        added = {"not_before_at": nes.certificate.not_before_at, "not_after_at": nes.ends_at}
        if moments:
            added |= {"opens_at": moments["opens"], "apply_by_at": moments["apply-by"]}
        kept = {fact: value for fact, value in finding.facts.items() if fact != "opens_at"}
        shown = {fact: moment.isoformat() for fact, moment in added.items()}
        return replace(finding, facts={**kept, **shown})

    return replace(diagnosis, findings=tuple(map(completed, diagnosis.findings)))


def courses(diagnosis: Diagnosis, policy: Policy) -> tuple[Course, ...]:
    """Return the moments of every NES, also of those that have ended, in the order they begin."""
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
) -> Iterator[tuple[desk.Nes, dict[str, datetime]]]:
    """Yield every NES once, with the moments of its renewal as a `Course` has them.

    An NES that no program accepts, or whose successor is here, gets no moments.
    """
    refused = trust.refused(diagnosis.snapshot)
    all_nes = {each.sha256: each for each in desk.all_nes(diagnosis.snapshot)}
    accepted = [each for each in all_nes.values() if each.certificate not in refused]
    lines = lines_of(accepted, diagnosis.at)
    for nes in all_nes.values():
        if nes.certificate in refused or lines[nes.certificate.person].after(nes):
            yield nes, {}
        else:
            yield nes, renewal.moments(nes.certificate.issuer_name, nes.ends_at, policy)
