# SPDX-License-Identifier: Apache-2.0
"""What a text from a screen means, for programs, as JSON: `views.people.meaning` says it."""

from collections.abc import Iterable
from typing import Any

from cardtool.model.diagnosis import Finding
from cardtool.model.meaning import Meaning
from cardtool.text import Text
from cardtool.views.data.json import document, explained

Explained = tuple[Meaning, list[Finding]]
"""A meaning and its findings, without facts."""


def render(asked: str, meanings: Iterable[Explained], text: Text) -> str:
    """Return the meanings as one document; that of a code has the code's own keys too."""
    rows: list[dict[str, Any]] = [
        {
            "kind": meaning.kind,
            "name": name(meaning, text),
            "number": meaning.number,
            "says": says(meaning, text),
            "findings": [explained(finding, text) for finding in findings],
        }
        for meaning, findings in meanings
    ]
    only = rows[0]["findings"][0] if [row["kind"] for row in rows] == ["finding"] else {}
    return document({"asked": asked, "meanings": rows, **only})


def name(meaning: Meaning, text: Text) -> str:
    """Return what people call it."""
    return text.card(meaning.name) if meaning.kind == "card" else meaning.name


def says(meaning: Meaning, text: Text) -> str:
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
