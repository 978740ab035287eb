# SPDX-License-Identifier: Apache-2.0
"""The diagnosis for the person at the desk: the verdict, what to do, then the chain as a list."""

from collections.abc import Iterable, Iterator
from itertools import chain, groupby, repeat
from operator import itemgetter

from rich.console import RenderableType
from rich.padding import Padding
from rich.text import Text as Line

from cardtool.model.diagnosis import Actor, Diagnosis, Finding, Severity
from cardtool.text import Text
from cardtool.views.harmless import escape, harmless
from cardtool.views.paper import Paper, hanging, heading
from cardtool.views.people.acting import codes_for_support, marked, to_act_on
from cardtool.views.people.copied import entry
from cardtool.views.people.drawing import DRAWN, card_and_reader


def render(diagnoses: Iterable[Diagnosis], text: Text, paper: Paper | None = None) -> Iterator[str]:
    """Yield one page per diagnosis."""
    sheet = paper or Paper()
    for diagnosis in diagnoses:
        yield sheet.print(_page(diagnosis, text, sheet))


def explain(finding: Finding, text: Text, paper: Paper) -> str:
    """Return what a finding means and what to do about it; it needs no facts."""
    mark, word = paper.symbol(finding.severity), _word(finding.severity, text)
    title = Line.assemble(mark, " ", Line(finding.code, style="bold"), f"  ({word})")
    means = Padding(Line(text.means(finding.code)), (0, 0, 0, 2))
    return paper.print([title, means, *_advice(finding, text, paper)])


def named(actor: Actor, text: Text) -> RenderableType:
    """Return the line above the steps of somebody else."""
    words = f"{text.label(f'actor-{actor.value}')}:"
    return Padding(Line(words, style="italic", overflow="fold"), (0, 0, 0, 2))


def _page(diagnosis: Diagnosis, text: Text, paper: Paper) -> Iterator[RenderableType]:
    if diagnosis.practice:
        words = f"{text.label('practice')}: {escape(diagnosis.practice)}"
        yield Padding(Line(words, style="bold reverse", overflow="fold"), (0, 0, 1, 0))
    if paper.titled:
        title = f"{escape(diagnosis.snapshot.host.name)}, {text.moment(diagnosis.at)}"
        yield Padding(Line(title, style="bold underline"), (0, 0, 1, 0))
    deciding = harmless(diagnosis.deciding)
    word = Line(_word(deciding.severity, text), style=paper.symbol(deciding.severity).style)
    yield Line.assemble(paper.symbol(deciding.severity), " ", word)
    yield Padding(Line(text.says(deciding), style="bold", overflow="fold"), (1, 0, 0, 2))
    yield Padding(Line(text.means(deciding.code)), (1, 0, 0, 2))
    for finding in to_act_on(diagnosis):
        yield from _advice(finding, text, paper)
    yield heading(text.label("checklist"))
    links = sorted(
        diagnosis.findings, key=lambda finding: (finding.link.place, finding.severity.rank)
    )
    yield hanging(
        (paper.symbol(marked(finding)), text.says(harmless(finding))) for finding in links
    )
    yield Padding(Line(_support(diagnosis, text), style="dim", overflow="fold"), (1, 0, 0, 0))


def _advice(finding: Finding, text: Text, paper: Paper) -> Iterator[RenderableType]:
    """Yield the steps in their order, with whoever does them named where that changes."""
    if finding.code in DRAWN:
        yield from card_and_reader(text, paper)
    if not finding.steps:
        return
    well = finding.severity is Severity.OK
    yield heading(text.label("steps-when-well" if well else "steps"))
    # a diagnosis that an older cardtool wrote says of no step who does it
    actors = chain(finding.actors, repeat(Actor.YOU))
    rows = zip(actors, enumerate(finding.steps, 1), strict=False)
    last = Actor.YOU
    for actor, group in groupby(rows, key=itemgetter(0)):
        if actor is not last:
            yield named(actor, text)
            last = actor
        steps = ((f"{number}.", text.step(step, finding.facts)) for _, (number, step) in group)
        yield hanging(steps)
    for name in finding.procedures:
        yield "\n" + entry("  ", text.whole_procedure(name), paper)


def _support(diagnosis: Diagnosis, text: Text) -> str:
    snapshot = diagnosis.snapshot
    codes = " ".join(codes_for_support(diagnosis))
    parts = (codes, escape(snapshot.tool), f"{snapshot.elapsed_s:.1f} s", text.moment(diagnosis.at))
    return f"{text.label('support')}: {', '.join(parts)}"


def _word(severity: Severity, text: Text) -> str:
    return text.label(f"severity-{severity.value}")
