# SPDX-License-Identifier: Apache-2.0
"""Diagnoses as JSON documents, one after another, in the format of docs/diagnosis.schema.json."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import msgspec

from cardtool.model.diagnosis import Diagnosis, Finding

if TYPE_CHECKING:  # a program that wants data does not wait for words
    from cardtool.text import Text


def render(diagnoses: Iterable[Diagnosis], _text: "Text | None" = None) -> Iterator[str]:
    """Yield one document per diagnosis; codes and facts need no language."""
    for diagnosis in diagnoses:
        yield document(diagnosis)


def render_record(record: object, _text: "Text | None" = None) -> Iterator[str]:
    """Yield any record as one document."""
    yield document(record)


def document(content: object) -> str:
    """Return a document that people can read as well."""
    return msgspec.json.format(msgspec.json.encode(content), indent=2).decode() + "\n"


def explain(finding: Finding, text: "Text") -> str:
    """Return what a finding means, what to do about it and who does it, as a document."""
    steps = [
        {"code": step, "actor": actor.value, "says": text.step(step, finding.facts)}
        for step, actor in zip(finding.steps, finding.actors, strict=True)
    ]
    return document(
        {
            "code": finding.code,
            "severity": finding.severity.value,
            "means": text.means(finding.code),
            "steps": steps,
        }
    )
