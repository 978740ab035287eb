# SPDX-License-Identifier: Apache-2.0
"""What the person at the desk reads on the terminal.

It has the whole diagnosis (the verdict, what to do, the list of checks), the meaning of a code, and
the pages of `sign-test`: what will happen, and whether the card signs.
"""

from collections.abc import Iterable, Iterator

from rich.console import RenderableType
from rich.text import Text as Line

from cardtool.model.certificate import Certificate
from cardtool.model.diagnosis import Actor, Diagnosis, Finding, Severity
from cardtool.text import Text
from cardtool.views.harmless import escape, harmless
from cardtool.views.paper import PAPER, Paper, hanging, heading, paragraph
from cardtool.views.people import contents, first, marks
from cardtool.views.people.drawing import card_and_reader, named, whose
from cardtool.views.people.hands import DRAWN


def render(diagnoses: Iterable[Diagnosis], text: Text, paper: Paper = PAPER) -> Iterator[str]:
    """Yield one page per diagnosis: one screen, or all there is to say if the paper is `whole`."""
    for diagnosis in diagnoses:
        if paper.whole:
            yield paper.print(_page(diagnosis, text, paper))
        else:
            yield first.page(diagnosis, text, paper)


def explain(finding: Finding, text: Text, paper: Paper) -> str:
    """Return what a finding means and what to do about it; it needs no facts."""
    word = text.label(f"severity-{finding.severity.value}")
    title = Line.assemble(
        paper.symbol(finding.severity),
        " ",
        Line(finding.code, style="bold"),
        f"  {finding.number} ({word})",
    )
    means = paragraph(text.means(finding.code, finding.facts.get("phase")))
    return paper.print([title, means, *advice(contents.acts_of(finding, text), text, paper)])


def signed(place: str, signer: Certificate, mechanism: str, text: Text, paper: Paper) -> str:
    """Return for people that the card signs; `place` is the reader's name."""
    mark = paper.symbol(Severity.OK)
    works = Line.assemble(mark, " ", Line(text.label("sign-works"), style="bold"))
    proof = Line(f"  {text.label('sign-proof')} ({signer.key}, {mechanism})")
    return paper.print([works, proof, hanging(_signer_rows(place, signer, text))])


def choice(signers: Iterable[tuple[str, Certificate]], text: Text, paper: Paper) -> str:
    """Return the numbered list to choose from; a signer is the reader's name and a certificate."""
    rows = (
        (f"{number}.", ", ".join(value for _, value in _signer_rows(place, signer, text)))
        for number, (place, signer) in enumerate(signers, 1)
    )
    return paper.print([Line(text.label("sign-several")), hanging(rows)])


def notice(place: str, signer: Certificate, text: Text, paper: Paper) -> str:
    """Return what is going to happen, and what a wrong PIN costs."""
    words = (Line(text.label(key)) for key in ("sign-about", "sign-cost"))
    return paper.print([*words, hanging(_signer_rows(place, signer, text))])


def _page(diagnosis: Diagnosis, text: Text, paper: Paper) -> Iterator[RenderableType]:
    yield from whose(diagnosis, text, paper, below=1)
    snapshot, moment = diagnosis.snapshot, text.moment(diagnosis.at)
    deciding = harmless(diagnosis.deciding)
    mark = paper.symbol(deciding.severity)
    word = Line(text.label(f"severity-{deciding.severity.value}"), style=mark.style)
    yield Line.assemble(mark, " ", word)
    yield paragraph(text.says(deciding), "bold", above=1)
    yield paragraph(text.means(deciding.code, deciding.facts.get("phase")), above=1)
    yield from advice(contents.acts(diagnosis, text), text, paper)
    yield heading(text.label("checklist"))
    yield hanging(
        (paper.symbol(marks.marked(finding)), text.says(finding))
        for finding in contents.checklist(diagnosis)
    )
    codes = " ".join(contents.codes_for_support(diagnosis))
    support = f"{codes}, {escape(snapshot.tool)}, {snapshot.elapsed_s:.1f} s, {moment}"
    yield paragraph(f"{text.label('support')}: {support}", "dim", above=1, indent=0)


def advice(acts: Iterable[contents.Act], text: Text, paper: Paper) -> Iterator[RenderableType]:
    """Yield the steps in their order, with a heading if another actor does them."""
    for label, group in contents.sections(acts):
        if any(act.finding.code in DRAWN for act in group):
            yield from card_and_reader(text, paper)
        yield heading(text.label(label))
        for place, act in enumerate(group):
            yield from _act(act, text, paper, is_first=not place)


def _act(
    act: contents.Act, text: Text, paper: Paper, *, is_first: bool
) -> Iterator[RenderableType]:
    for place, title in enumerate(act.titles):
        yield paragraph(title, above=int(not is_first and not place))
    for place, (actor, steps) in enumerate(act.steps):
        if place or actor is not Actor.YOU:
            yield named(actor, text)
        facts = act.finding.facts | act.finding.road
        yield hanging((f"{number}.", text.step(step, facts)) for number, step in steps)
    for name in act.procedures:
        yield "\n" + paper.entry("  ", text.whole_procedure(name))


def _signer_rows(place: str, signer: Certificate, text: Text) -> list[tuple[str, str]]:
    return [
        (f"{text.label('sign-holder')}:", escape(signer.holder)),
        (f"{text.label('certificate-reader')}:", escape(place)),
        (f"{text.label('certificate-ends')}:", text.moment(signer.not_after_at)),
    ]
