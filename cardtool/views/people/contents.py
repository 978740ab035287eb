# SPDX-License-Identifier: Apache-2.0
"""What pages for people show, whatever they are laid out on: marks, checks, steps and notes."""

import re
from collections.abc import Iterable
from datetime import datetime
from itertools import chain, groupby, repeat
from operator import itemgetter
from typing import NamedTuple, TypeVar

from cardtool.model.diagnosis import Actor, Diagnosis, Finding, Link, Severity
from cardtool.model.procedure import Guide, Step, confirm, counted, replaced
from cardtool.text import Text
from cardtool.views.harmless import escape, harmless

Row = TypeVar("Row")

_TIMES = (
    ("left", "days_left", "not_after_at"),
    ("past", "days_past", "not_after_at"),
    ("wait", "days_to_wait", "not_before_at"),
)
"""How a certificate stands in time, the fact by which this is known, and the fact with the
moment."""

_CLOSING = frozenset({"run-again", "send-snapshot", "ask-provider", "do-not-order"})
"""Steps that come after the others: if several troubles have one of these, the last trouble shows
it."""

_MOST_ALIKE = 8
"""The most findings of one code that are listed separately among the steps; the checklist has all
of them."""

_END = re.compile(r"(?<=[^\WA-ZÇĞİÖŞÜ_]\.) (?=\w)")
"""Where a first sentence ends; an abbreviation in capitals, T.C., ends none."""


def when(finding: Finding) -> tuple[str, datetime] | None:
    """Return how a certificate stands in time, and the moment that counts, if a finding has both.

    It is `left`, `past` or `wait`, as `Text.near` has them.
    """
    for kind, fact, moment in _TIMES:
        if fact in finding.facts:
            return kind, datetime.fromisoformat(str(finding.facts[moment]))
    return None


def timed(diagnosis: Diagnosis) -> Finding | None:
    """Return the finding whose days a page shows in large letters.

    It is the one that decides, or the only one; with several it would not be clear whose days. If
    the one that decides is about another holder, as with a seal, or another reader, none is shown.
    """
    deciding = diagnosis.deciding
    if when(deciding):
        return deciding
    several = [finding for finding in diagnosis.findings if when(finding)]
    is_clear = len(several) == 1 and all(
        deciding.facts.get(fact) in (None, several[0].facts.get(fact))
        for fact in ("holder", "reader")
    )
    return several[0] if is_clear else None


def facts(diagnosis: Diagnosis, text: Text) -> list[tuple[str, str]]:
    """Return what stands in a list beside the verdict: keys of labels, and harmless values."""
    deciding, counted = diagnosis.deciding, timed(diagnosis)
    known = harmless(deciding).facts
    rows = []
    if counted and (standing := when(counted)):
        known = harmless(counted).facts | known
        kind, moment = standing
        ends = "certificate-begins" if kind == "wait" else "certificate-ends"
        rows = [(ends, _to_the_minute(moment, text))]
    whose = (("sign-holder", "holder"), ("certificate-reader", "reader"))
    return [
        *((label, str(known[fact])) for label, fact in whose if fact in known),
        *rows,
        ("html-host", escape(diagnosis.snapshot.host.name)),
        ("html-at", _to_the_minute(diagnosis.at, text)),
    ]


def _to_the_minute(moment: datetime, text: Text) -> str:
    return f"{text.day(moment)}, {text.local(moment):%H:%M}"


class Act(NamedTuple):
    """One trouble, or one thing that is well, and what to do about it."""

    finding: Finding
    titles: list[str]
    """Which trouble it is, once for each card it is true of; empty if it is the only one."""
    steps: list[tuple[Actor, list[tuple[int, str]]]]
    """Codes of steps with their numbers, by who does them; none that another trouble has told."""
    procedures: list[str]

    @property
    def heading(self) -> str:
        """Return the key of the label above it; steps of a card that can sign have their own."""
        return "steps-when-well" if self.steps and is_spare(self.finding) else "steps"


def sections(acts: Iterable[Act]) -> list[tuple[str, list[Act]]]:
    """Return acts in their order, grouped where the key of the label above them changes."""
    return [(key, list(group)) for key, group in groupby(acts, key=lambda act: act.heading)]


def acts_of(finding: Finding, text: Text) -> list[Act]:
    """Return what to do about one finding, if there is something."""
    return _acts([finding], text, is_titled=False)


def is_spare(finding: Finding) -> bool:
    """Tell whether the steps of a finding are for a card that can sign but does not."""
    return finding.severity is Severity.OK and finding.link is Link.APPLICATION


def to_act_on(diagnosis: Diagnosis) -> list[Finding]:
    """Return the findings with something to do, in the order of doing; of one kind the first few.

    Beside what is broken, a card that can sign is only named.
    """
    todo = diagnosis.todo
    if diagnosis.verdict not in todo:  # one that is well, or an older cardtool that wrote no `todo`
        todo = (diagnosis.verdict, *todo)
    found: dict[str, list[Finding]] = {code: [] for code in todo}
    for finding in diagnosis.findings:
        alike = found.get(finding.code)
        if finding.steps and alike is not None and len(alike) < _MOST_ALIKE:
            alike.append(harmless(finding))
    return list(chain.from_iterable(found.values()))


def acts(diagnosis: Diagnosis, text: Text) -> list[Act]:
    """Return what to do about each trouble: steps numbered through, and no sentence twice."""
    findings = to_act_on(diagnosis)
    troubles = [finding for finding in findings if not is_spare(finding)]
    spare = [finding for finding in findings if is_spare(finding)]
    is_broken = diagnosis.severity not in (Severity.OK, Severity.WARNING)
    told = _acts(troubles, text, is_titled=len(troubles) > 1)
    if not is_broken:
        return told + _acts(spare, text, is_titled=False)
    named = {_title(one, text, "can-sign"): one for one in reversed(spare)}  # each card once
    return told + [Act(one, [title], [], []) for title, one in reversed(named.items())]


def _acts(findings: list[Finding], text: Text, *, is_titled: bool) -> list[Act]:
    rows = [
        (place, actor, step, text.step(step, finding.facts | finding.road))
        for place, finding in enumerate(findings)
        # a diagnosis that an older cardtool wrote says of no step who does it
        for actor, step in zip(
            chain(finding.actors, repeat(Actor.YOU)), finding.steps, strict=False
        )
    ]
    last = {words: number for number, (_, _, _, words) in enumerate(rows)}
    first = {rows[number][3]: number for number in reversed(range(len(rows)))}
    kept = [
        (place, actor, step)
        for number, (place, actor, step, words) in enumerate(rows)
        if number == (last if step in _CLOSING else first)[words]
    ]
    numbered: dict[int, list[tuple[Actor, tuple[int, str]]]] = {}
    for number, (place, actor, step) in enumerate(kept, 1):
        numbered.setdefault(place, []).append((actor, (number, step)))
    several = len({finding.facts.get("reader") for finding in findings}) > 1
    made: list[Act] = []
    linked: set[str] = set()
    for place, finding in enumerate(findings):
        titles = [_title(finding, text, "trouble-of" if several else "")] if is_titled else []
        if place in numbered:
            procedures = [name for name in finding.procedures if name not in linked]
            linked.update(procedures)
            made.append(Act(finding, titles, _by_actor(numbered[place]), procedures))
        elif made and made[-1].finding.code == finding.code:
            made[-1].titles.extend(titles)
    return made


def _title(finding: Finding, text: Text, label: str) -> str:
    """Say in a few words which trouble it is; a label says of which card."""
    title = parted(text.says(finding))[0].rstrip(".")
    if label and "reader" in finding.facts:
        whose = (str(finding.facts[name]) for name in ("holder", "reader") if name in finding.facts)
        return text.label(label, trouble=title, whose=", ".join(whose))
    return title


def parted(words: str) -> tuple[str, str]:
    """Return the first sentence and what follows it, which is shown in smaller letters."""
    first, *rest = _END.split(words, 1)
    return first, "".join(rest)


def checklist(diagnosis: Diagnosis) -> list[Finding]:
    """Return all findings in the order of the chain, the mildest of each link first."""
    ordered = sorted(
        diagnosis.findings, key=lambda finding: (finding.link.place, finding.severity.rank)
    )
    return [harmless(finding) for finding in ordered]


def codes_for_support(diagnosis: Diagnosis) -> Iterable[str]:
    """Return the code that decides and those of all that is not well, each once and numbered."""
    bad = [finding for finding in diagnosis.findings if finding.severity is not Severity.OK]
    return dict.fromkeys(map(numbered, [diagnosis.deciding, *bad]))


def numbered(finding: Finding) -> str:
    """Return a code with the number that is read out on the telephone: `nes-expired (K-14)`."""
    return f"{finding.code} ({finding.number})" if finding.number else finding.code


Shown = tuple[int, Step, int, str]
"""Number of a step, the step, number of its note, and the note where it is new."""


def steps_of_guide(guide: Guide, text: Text) -> list[tuple[str, list[tuple[Actor, list[Shown]]]]]:
    """Return number, step, number of its note and note of the steps of a procedure, by actor.

    They stand under the words of the case that they are for; empty: for all, from the beginning.
    The number of the same note is the same, and only its first step has its words. Without a note
    the number is 0.
    """
    numbers: dict[str, int] = {}
    rows = []
    heading = ""
    for place, step in zip(counted(guide.steps), guide.steps, strict=True):
        heading = text.label(f"branch-{step.branch or 'either'}") if heading or step.branch else ""
        note = _note(step, guide, text)
        is_new = note not in numbers
        number = numbers.setdefault(note, len(numbers) + 1) if note else 0
        rows.append((heading, (step.actor, (place, step, number, note if is_new else ""))))
    return [
        (heading, _by_actor(row for _, row in group))
        for heading, group in groupby(rows, key=itemgetter(0))
    ]


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
    """Return rows in their order, in groups that one actor does."""
    return [(actor, [row for _, row in group]) for actor, group in groupby(rows, key=itemgetter(0))]
