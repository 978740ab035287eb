# SPDX-License-Identifier: Apache-2.0
"""Diagnoses as JSON documents, one after another, in the format of docs/diagnosis.schema.json."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import msgspec

from cardtool.model.diagnosis import Diagnosis, Severity, encode

if TYPE_CHECKING:  # a program that wants data does not wait for words
    from cardtool.text import Text


def render(diagnoses: Iterable[Diagnosis], text: "Text | None" = None) -> Iterator[str]:
    """Yield one document per diagnosis; codes and facts need no language."""
    del text
    for each in diagnoses:
        yield encode(each).decode()


def explain(code: str, severity: Severity, steps: Iterable[str], text: "Text") -> str:
    """Return what one code means and what to do about it, as a document."""
    document = {
        "code": code,
        "severity": severity.value,
        "means": text.means(code),
        "steps": [{"code": step, "says": text.step(step, {})} for step in steps],
    }
    return msgspec.json.format(msgspec.json.encode(document), indent=2).decode() + "\n"
