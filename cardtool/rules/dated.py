# SPDX-License-Identifier: Apache-2.0
"""The moments that only a calendar and a drawing show: each NES's own, however long it has to go.

Apart from the rule about certificates because it loads the public holidays, for which a look at
the desk does not wait.
"""

from msgspec.structs import replace

from cardtool.model.course import Course
from cardtool.model.diagnosis import Diagnosis, Finding
from cardtool.rules import desk, renewal, trust
from cardtool.rules.certificates import successors
from cardtool.rules.policy import Policy

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
    """Return a diagnosis whose findings about an NES with time to come tell its own moments.

    One whose successor is here is not renewed: it has no moments of a renewal.
    """
    refused = trust.refused(diagnosis.snapshot)
    all_nes = {each.sha256: each for each in desk.all_nes(diagnosis.snapshot)}
    accepted = [each for each in all_nes.values() if each.certificate not in refused]

    def completed(finding: Finding) -> Finding:
        if finding.code not in _AHEAD:
            return finding
        nes = all_nes[str(finding.facts["sha256"])]
        own, ends = policy.of(nes.issuer), nes.ends_at
        moments = {"not_before_at": nes.certificate.not_before_at, "not_after_at": ends}
        if not successors(nes, accepted):
            moments["opens_at"] = renewal.opens_at(ends, own)
            moments["apply_by_at"] = renewal.apply_by_at(ends, own)
        kept = {fact: said for fact, said in finding.facts.items() if fact != "opens_at"}
        told = {fact: moment.isoformat() for fact, moment in moments.items()}
        return replace(finding, facts={**kept, **told})

    return replace(diagnosis, findings=tuple(map(completed, diagnosis.findings)))


def courses(diagnosis: Diagnosis, policy: Policy) -> tuple[Course, ...]:
    """Return the moments of every NES, also of those that have ended, in the order they begin.

    One that nobody accepts, or whose successor is here, is not renewed.
    """
    refused = trust.refused(diagnosis.snapshot)
    all_nes = {each.sha256: each for each in desk.all_nes(diagnosis.snapshot)}
    accepted = [each for each in all_nes.values() if each.certificate not in refused]
    found = []
    for nes in all_nes.values():
        own, ends = policy.of(nes.issuer), nes.ends_at
        is_renewed = nes in accepted and not successors(nes, accepted)
        moments = {
            "opens": renewal.opens_at(ends, own),
            "apply-by": renewal.apply_by_at(ends, own),
            "urgent": renewal.before(ends, own.urgent_days),
            "critical": renewal.before(ends, own.critical_days),
        }
        found.append(
            Course(
                holder=nes.holder,
                begins_at=nes.certificate.not_before_at,
                ends_at=ends,
                renewal=moments if is_renewed else {},
            )
        )
    return tuple(sorted(found, key=lambda each: (each.begins_at, each.ends_at)))
