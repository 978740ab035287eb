# SPDX-License-Identifier: Apache-2.0
"""What was plugged in and taken out, and the verdict after it: a line each."""

from collections.abc import Iterable, Iterator, Mapping

from cardtool.model.diagnosis import Finding
from cardtool.model.lists import Seen
from cardtool.text import Text
from cardtool.views.harmless import escape, harmless
from cardtool.views.paper import PAPER, Paper
from cardtool.views.people.contents import parted


def render(
    seen: Iterable[Seen],
    text: Text,
    paper: Paper = PAPER,
    *,
    deciding: Mapping[str, Finding] = {},
) -> Iterator[str]:
    """Yield a line each: when, what changed, the verdict, and whose card until when.

    `deciding` are the findings of the verdicts by code; without its finding, the code is shown.
    """
    for change in seen:
        finding = deciding.get(change.verdict)
        says = change.verdict if finding is None else parted(text.says(harmless(finding)))[0]
        until = text.day(change.not_after_at) if change.not_after_at else ""
        beside = ", ".join(filter(None, (escape(change.holder), until)))
        mark = paper.symbol(change.severity).plain
        line = f"{text.local(change.at):%H:%M:%S} {mark} {text.label(f'live-{change.code}')} {says}"
        yield f"{line} ({beside})\n" if beside else f"{line}\n"
