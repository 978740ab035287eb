# SPDX-License-Identifier: Apache-2.0
"""Explains a text from a screen: what it means, which findings go with it, and the next step."""

from collections.abc import Iterable, Iterator
from typing import Any

from rich.console import RenderableType
from rich.text import Text as Line

from cardtool.model.diagnosis import Finding
from cardtool.model.meaning import Meaning
from cardtool.text import Text
from cardtool.views.data.json import document, explained
from cardtool.views.harmless import escape
from cardtool.views.paper import Paper, hanging, heading, paragraph
from cardtool.views.people import contents
from cardtool.views.people.terminal import advice, explain

Told = tuple[Meaning, list[Finding]]
"""A meaning and its findings, without facts."""


def render(told: Iterable[Told], text: Text, paper: Paper) -> Iterator[str]:
    """Yield the meanings one after another."""
    for place, (meaning, findings) in enumerate(told):
        yield "\n" if place else ""
        if meaning.kind == "finding":
            yield explain(findings[0], text, paper)
        else:
            yield paper.print(_parts(meaning, findings, text, paper))


def render_json(asked: str, told: Iterable[Told], text: Text) -> str:
    """Return the meanings as one document; that of a code has the code's own keys too."""
    rows: list[dict[str, Any]] = [
        {
            "kind": meaning.kind,
            "name": _name(meaning, text),
            "number": meaning.number,
            "says": _says(meaning, text),
            "findings": [explained(finding, text) for finding in findings],
        }
        for meaning, findings in told
    ]
    only = rows[0]["findings"][0] if [row["kind"] for row in rows] == ["finding"] else {}
    return document({"asked": asked, "meanings": rows, **only})


def _parts(
    meaning: Meaning, findings: list[Finding], text: Text, paper: Paper
) -> Iterator[RenderableType]:
    kind = text.label(f"meaning-{meaning.kind}")
    title = escape(" ".join(filter(None, (_name(meaning, text), meaning.number))))
    yield Line.assemble(Line(title, style="bold"), f"  ({kind})")
    yield paragraph(_says(meaning, text))
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


def _name(meaning: Meaning, text: Text) -> str:
    return text.card(meaning.name) if meaning.kind == "card" else meaning.name


def _says(meaning: Meaning, text: Text) -> str:
    """Say what it means, in its own words or in those for its kind."""
    if meaning.says:
        return meaning.says.get(text.language, meaning.says["en"])
    if not meaning.name:
        return text.label(f"meaning-unknown-{meaning.kind}")
    if meaning.kind == "finding":
        return text.means(meaning.name)
    if meaning.kind in {"module", "module-software"}:
        return text.label(f"meaning-says-{meaning.kind}")
    if meaning.findings in {("reader-found",), ("reader-identified",)}:
        return text.label("meaning-says-reader")
    return " ".join(map(text.means, meaning.findings))
