# SPDX-License-Identifier: Apache-2.0
"""Numbers what stands beside the steps of a procedure: where a fact is from, and since when."""

from collections.abc import Iterator

from cardtool.model.procedure import Guide, Step, confirm, replaced
from cardtool.text import Text


def noted(guide: Guide, text: Text) -> Iterator[tuple[Step, int, str]]:
    """Yield each step with its note and the number of that, 0 where it has none.

    Numbers rise from 1; the same note has the same number.
    """
    numbers: dict[str, int] = {}
    for step in guide.steps:
        note = _note(step, guide, text)
        yield step, numbers.setdefault(note, len(numbers) + 1) if note else 0, note


def _note(step: Step, guide: Guide, text: Text) -> str:
    if fact := confirm(step, guide.institution):
        return text.of_fact("confirm", fact)
    fact = replaced(step, guide.institution)
    return text.of_fact("source", fact) if fact else ""
