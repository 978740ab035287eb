# SPDX-License-Identifier: Apache-2.0
"""The page a person prints and brings along: the diagnosis, or procedures, in one file.

It loads nothing and runs nothing: its drawing and its style are inside, and its own policy forbids
everything else. Everything a template puts in passes `harmless.escape` and then
Jinja2's escaping; only our own words and the facts of an institution become links.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any

import msgspec
from jinja2 import Environment, PackageLoader, StrictUndefined

from cardtool.model.diagnosis import Course, Diagnosis, Finding, Severity
from cardtool.model.once import once
from cardtool.model.procedure import LINK, Guide
from cardtool.text import Text
from cardtool.views.harmless import escape, harmless
from cardtool.views.paper import PAPER, Paper
from cardtool.views.people import contents

_MARKS = {
    contents.Mark.NEUTRAL: "\N{MIDDLE DOT}",
    contents.Mark.UNSEEN: "\N{BOX DRAWINGS LIGHT TRIPLE DASH HORIZONTAL}",
    Severity.OK: "\N{CHECK MARK}",
    Severity.UNKNOWN: "?",
    Severity.WARNING: "!",
    Severity.CRITICAL: "\N{MULTIPLICATION SIGN}",
}

_PIECES = re.compile(rf"({LINK}|`[^`]+`)")
"""What is set apart in a sentence: an address, or something to type between backticks."""

MIDDLE = 50
"""From this place on, the words of a moment stand to the left of it."""

_EDGE = 1.0
"""Percent kept free on both sides, for the width of a stroke."""

_FLAG = 15
"""Pixels that one flag is higher than the next."""


class Mark(msgspec.Struct, frozen=True, kw_only=True):
    """One moment of a certificate that has a flag."""

    kind: str
    """As `[label]` has it after `course-`."""
    at: datetime
    x: float
    height: int
    """Pixels from the line to its words, so that no pole cuts another's words."""


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One certificate, drawn."""

    course: Course
    begins: float
    ends: float
    today: float
    marks: tuple[Mark, ...]
    height: int
    """Pixels above the line that the flags need."""


def render(
    diagnoses: Iterable[Diagnosis],
    text: Text,
    paper: Paper = PAPER,
    *,
    guides: Mapping[str, Guide] = {},
    courses: Callable[[Diagnosis], tuple[Course, ...]] = lambda _: (),
) -> Iterator[str]:
    """Yield one page for all diagnoses, part by part, or nothing where there is none.

    Procedures that findings lead to stand after the last workstation, each once, with links to
    them. `guides` are all procedures by name; `courses` returns the moments of the certificates of
    a diagnosis.
    """
    page, number = partial(_filled, text=text), 0
    named: dict[str, Guide] = {}
    for number, diagnosis in enumerate(diagnoses, 1):
        deciding = harmless(diagnosis.deciding)
        if number == 1:
            word = text.label(f"severity-{deciding.severity.value}")
            single = f"{word}: {diagnosis.snapshot.host.name}, {text.moment(diagnosis.at)}"
            title = text.label("html-desks") if paper.titled else single
            yield page("head", title=title, titled=paper.titled)
        acts = contents.acts(diagnosis, text)
        procedures = [name for act in acts for name in act.procedures]
        named |= {name: guides[name] for name in procedures if name in guides}
        yield page(
            "desk",
            diagnosis=diagnosis,
            deciding=deciding,
            level=2 if paper.titled else 1,
            chain=contents.chained(diagnosis),
            checklist=contents.checklist(diagnosis),
            sections=contents.sections(acts),
            lines=lines(courses(diagnosis), diagnosis.at),
            guides=guides,
            codes=contents.codes_for_support(diagnosis),
        )
    if number:
        yield page("procedures", guides=named)
        yield page("foot")


def render_guide(guides: Iterable[Guide], text: Text) -> Iterator[str]:
    """Yield one page with each procedure on a sheet of its own."""
    several, page = tuple(guides), partial(_filled, text=text)
    titles = ", ".join(text.procedure(guide.name, "title") for guide in several)
    yield page("head", title=titles, titled=False)
    for guide in several:
        yield page("guide", guide=guide, level=1)
    yield page("foot")


def _filled(name: str, **values: Any) -> str:  # noqa: ANN401 - whatever the template wants
    return _templates().get_template(f"{name}.html").render(values)


@once
def _templates() -> Environment:
    templates = Environment(
        loader=PackageLoader("cardtool.views.people"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    templates.globals |= {
        "marks": _MARKS,
        "marked": contents.marked,
        "middle": MIDDLE,
        "pieces": _pieces,
        "pieces_of_step": _pieces_of_step,
        "parted": contents.parted,
        "steps_of_guide": contents.steps_of_guide,
        "whom_and_payer": contents.whom_and_payer,
    }
    return templates


def _shown(value: Any) -> Any:  # noqa: ANN401 - whatever a template puts in
    """Make a text harmless; what a template of ours made of such texts already is."""
    return escape(value) if isinstance(value, str) and not hasattr(value, "__html__") else value


def _pieces(words: str, links: set[str] | None = None) -> list[tuple[str, str]]:
    """Cut a sentence where something is set apart; of each piece: `text`, `link` or `typed`.

    `links` are the addresses that may be followed; None: all, for nothing of a device is in it.
    """
    pieces = []
    for index, part in enumerate(_PIECES.split(words)):
        if index % 2 and part.startswith("`"):
            pieces.append(("typed", part.strip("`")))
        elif part:
            is_link = index % 2 and (links is None or part in links)
            pieces.append(("link" if is_link else "text", part))
    return pieces


def _pieces_of_step(code: str, finding: Finding, text: Text) -> list[tuple[str, str]]:
    """Cut the sentence of a step, in which no address is followed that is a fact of the finding."""
    ours = {words for kind, words in _pieces(text.step(code, {})) if kind == "link"}
    return _pieces(text.step(code, finding.facts | finding.road), ours)


def lines(courses: Sequence[Course], at: datetime) -> tuple[Line, ...]:
    """Return all certificates on one scale, from the first moment to the last.

    Places are percent of the line's width: a drawing made of them fits a telephone and a sheet of
    paper, and its letters stay as large as they are.
    """
    first = min([at, *(course.begins_at for course in courses)])
    last = max([at, *(course.ends_at for course in courses)])
    whole = max((last - first).total_seconds(), 1.0)

    def place(moment: datetime) -> float:
        part = min(max((moment - first).total_seconds() / whole, 0.0), 1.0)
        return round(_EDGE + part * (100 - 2 * _EDGE), 2)

    def line(course: Course) -> Line:
        within = sorted(
            (moment, kind)
            for kind, moment in course.renewal.items()
            if course.begins_at < moment <= course.ends_at
        )
        # words stand towards the middle: on each side the outermost flag flies highest
        left, count = sum(place(moment) < MIDDLE for moment, _ in within), len(within)
        levels = [*range(count, count - left, -1), *range(1, count - left + 1)]
        marks = tuple(
            Mark(kind=kind, at=moment, x=place(moment), height=_FLAG * level)
            for level, (moment, kind) in zip(levels, within, strict=True)
        )
        return Line(
            course=course,
            begins=place(course.begins_at),
            ends=place(course.ends_at),
            today=place(at),
            marks=marks,
            height=_FLAG * count,
        )

    return tuple(map(line, courses))
