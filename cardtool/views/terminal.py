# SPDX-License-Identifier: Apache-2.0
"""The diagnosis for the person at the desk: the verdict, what to do, then the chain as a list."""

from collections.abc import Iterable, Iterator

from rich.console import RenderableType
from rich.padding import Padding
from rich.text import Text as Line

from cardtool.model.diagnosis import Diagnosis, Severity
from cardtool.text import Text
from cardtool.views.harmless import escape, harmless
from cardtool.views.paper import Paper, hanging, heading


def render(diagnoses: Iterable[Diagnosis], text: Text, paper: Paper | None = None) -> Iterator[str]:
    """Yield one page per diagnosis."""
    sheet = paper or Paper()
    for each in diagnoses:
        yield sheet.print(_page(each, text, sheet))


def explain(code: str, severity: Severity, steps: Iterable[str], text: Text, paper: Paper) -> str:
    """Return what one code means and what to do about it."""
    mark = paper.symbol(severity)
    title = Line.assemble(mark, " ", Line(code, style="bold"), f"  ({_word(severity, text)})")
    return paper.print(
        [title, Padding(Line(text.means(code)), (0, 0, 0, 2)), *_steps(steps, {}, text)]
    )


def _page(diagnosis: Diagnosis, text: Text, paper: Paper) -> Iterator[RenderableType]:
    if paper.titled:
        title = f"{escape(diagnosis.snapshot.host.name)}, {text.moment(diagnosis.at)}"
        yield Padding(Line(title, style="bold underline"), (0, 0, 1, 0))
    deciding = harmless(diagnosis.deciding)
    word = Line(_word(deciding.severity, text), style=paper.symbol(deciding.severity).style)
    yield Line.assemble(paper.symbol(deciding.severity), " ", word)
    yield Padding(Line(text.says(deciding), style="bold", overflow="fold"), (1, 0, 0, 2))
    yield Padding(Line(text.means(deciding.code)), (1, 0, 0, 2))
    yield from _steps(deciding.steps, deciding.facts, text)
    yield heading(text.label("checklist"))
    chain = sorted(diagnosis.findings, key=lambda each: (each.link.place, each.severity.rank))
    yield hanging((paper.symbol(each.severity), text.says(harmless(each))) for each in chain)
    yield Padding(Line(_support(diagnosis, text), style="dim", overflow="fold"), (1, 0, 0, 0))


def _steps(
    steps: Iterable[str], facts: dict[str, str | int], text: Text
) -> Iterator[RenderableType]:
    rows = [(f"{number}.", text.step(step, facts)) for number, step in enumerate(steps, 1)]
    if rows:
        yield heading(text.label("steps"))
        yield hanging(rows)


def _support(diagnosis: Diagnosis, text: Text) -> str:
    codes = [each.code for each in diagnosis.findings if each.severity is not Severity.OK]
    shown = " ".join(dict.fromkeys([diagnosis.verdict, *codes]))
    look = diagnosis.snapshot
    parts = (shown, escape(look.tool), f"{look.elapsed_s:.1f} s", text.moment(diagnosis.at))
    return f"{text.label('support')}: {', '.join(parts)}"


def _word(severity: Severity, text: Text) -> str:
    return text.label(f"severity-{severity.value}")
