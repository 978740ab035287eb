# SPDX-License-Identifier: Apache-2.0
"""Explains a text from a screen: what it means, which findings go with it, and the next step."""

from collections.abc import Iterable, Iterator

from rich.console import RenderableType
from rich.text import Text as Line

from cardtool.model.diagnosis import Finding
from cardtool.model.meaning import Meaning
from cardtool.text import Text
from cardtool.views.data.meanings import Explained, name, says
from cardtool.views.harmless import escape
from cardtool.views.paper import Paper, hanging, heading, paragraph
from cardtool.views.people import contents
from cardtool.views.people.terminal import advice, explain


def render(meanings: Iterable[Explained], text: Text, paper: Paper) -> Iterator[str]:
    """Yield the meanings one after another."""
    for place, (meaning, findings) in enumerate(meanings):
        yield "\n" if place else ""
        if meaning.kind == "finding":
            yield explain(findings[0], text, paper)
        else:
            yield paper.print(_parts(meaning, findings, text, paper))


def _parts(
    meaning: Meaning, findings: list[Finding], text: Text, paper: Paper
) -> Iterator[RenderableType]:
    kind = text.label(f"meaning-{meaning.kind}")
    title = escape(" ".join(filter(None, (name(meaning, text), meaning.number))))
    yield Line.assemble(Line(title, style="bold"), f"  ({kind})")
    yield paragraph(says(meaning, text))
    shown = [finding for finding in findings if finding.steps]
    if len(shown) > 1:
        yield heading(text.label("meaning-leads"))
        yield hanging((finding.number, _short(finding, text)) for finding in shown)
        yield paragraph(text.label("meaning-likeliest", number=shown[0].number), above=1, indent=0)
    elif shown:
        yield paragraph(text.label("meaning-lead", number=shown[0].number), above=1)
    for finding in shown[:1]:
        yield from advice(contents.acts_of(finding, text), text, paper)


def _short(finding: Finding, text: Text) -> str:
    return f"{finding.code}: {contents.parted(text.means(finding.code))[0]}"
