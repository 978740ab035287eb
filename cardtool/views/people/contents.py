# SPDX-License-Identifier: Apache-2.0
"""What pages for people show, whatever they are laid out on: marks, checks, steps and notes."""

from collections.abc import Iterable
from itertools import chain, groupby, repeat
from operator import itemgetter
from typing import TypeVar

from cardtool.model.diagnosis import Actor, Diagnosis, Finding, Link, Severity
from cardtool.model.procedure import Guide, Step, confirm, replaced
from cardtool.text import Text
from cardtool.views.harmless import harmless

Row = TypeVar("Row")

_NEUTRAL = frozenset({"clock-zone"})
"""Findings that nothing depends on at this workstation, and that are not good either."""


def marked(finding: Finding) -> Severity | None:
    """Return whose mark stands beside a finding; None: it is neither good nor bad."""
    return None if finding.code in _NEUTRAL else finding.severity


def to_act_on(diagnosis: Diagnosis) -> list[Finding]:
    """Return what decides, then, where nothing is broken, what to do if signing fails all the same.

    The latter is shown once, however many cards it is true of.
    """
    findings = [diagnosis.deciding]
    if diagnosis.deciding.severity in (Severity.OK, Severity.WARNING):
        findings += (
            finding
            for finding in diagnosis.findings
            if finding.severity is Severity.OK and finding.steps
        )
    once = {finding.code: finding for finding in findings}
    return [harmless(finding) for finding in once.values()]


def checklist(diagnosis: Diagnosis) -> list[Finding]:
    """Return all findings in the order of the chain, the mildest of each link first."""
    ordered = sorted(
        diagnosis.findings, key=lambda finding: (finding.link.place, finding.severity.rank)
    )
    return [harmless(finding) for finding in ordered]


def links(diagnosis: Diagnosis) -> list[tuple[Link, Severity | None]]:
    """Return the links of the chain with the worst severity of their findings; None: no finding."""
    worst = {finding.link: finding.severity for finding in reversed(diagnosis.findings)}
    return [(link, worst.get(link)) for link in Link]


def codes_for_support(diagnosis: Diagnosis) -> Iterable[str]:
    """Return the code that decides and those of all that is not well, each once."""
    codes = [finding.code for finding in diagnosis.findings if finding.severity is not Severity.OK]
    return dict.fromkeys([diagnosis.verdict, *codes])


def steps_of_finding(finding: Finding) -> list[tuple[Actor, list[tuple[int, str]]]]:
    """Return the codes of a finding's steps with their numbers, by who does them."""
    # a diagnosis that an older cardtool wrote says of no step who does it
    actors = chain(finding.actors, repeat(Actor.YOU))
    return _by_actor(zip(actors, enumerate(finding.steps, 1), strict=False))


def steps_of_guide(
    guide: Guide, text: Text
) -> list[tuple[Actor, list[tuple[int, Step, int, str]]]]:
    """Return number, step, number of its note and note of the steps of a procedure, by actor.

    The number of the same note is the same, and only its first step has its words. Without a note
    the number is 0.
    """
    numbers: dict[str, int] = {}
    rows = []
    for place, step in enumerate(guide.steps, 1):
        note = _note(step, guide, text)
        is_new = note not in numbers
        number = numbers.setdefault(note, len(numbers) + 1) if note else 0
        rows.append((step.actor, (place, step, number, note if is_new else "")))
    return _by_actor(rows)


def whom_and_payer(step: Step, guide: Guide, text: Text) -> list[str]:
    """Return what stands below a step: for whom it is, unless that is known, and who pays."""
    words = []
    if step.roles and guide.role is None:
        roles = ", ".join(text.label(f"role-{role}") for role in step.roles)
        words.append(f"{text.label('role')}: {roles}")
    if step.payer:
        words.append(f"{text.label('payer')}: {text.label(f'payer-{step.payer}')}")
    return words


def _note(step: Step, guide: Guide, text: Text) -> str:
    """Say where a fact of a step stands and since when: money depends on it, or it is local."""
    if fact := confirm(step, guide.institution):
        return text.of_fact("confirm", fact)
    fact = replaced(step, guide.institution)
    return text.of_fact("source", fact) if fact else ""


def _by_actor(rows: Iterable[tuple[Actor, Row]]) -> list[tuple[Actor, list[Row]]]:
    """Return rows in their order, grouped where whoever does them changes."""
    return [(actor, [row for _, row in group]) for actor, group in groupby(rows, key=itemgetter(0))]
