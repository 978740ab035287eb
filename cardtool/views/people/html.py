# SPDX-License-Identifier: Apache-2.0
"""The page a person prints and brings along: the diagnosis, or procedures, in one file.

It loads nothing and runs nothing: its drawing and its style are inside, and its own policy forbids
everything else. `live` is the same page for a program that serves it with a style and a script of
its own, and says what it may do. Everything a template puts in passes `harmless.escape` and then
Jinja2's escaping; only our own words and the facts of an institution become links.
"""

import pkgutil
import re
from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from hashlib import sha256
from itertools import chain, groupby
from operator import attrgetter
from typing import Any, NamedTuple

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from cardtool.model.diagnosis import Course, Diagnosis, Finding, Severity
from cardtool.model.once import once
from cardtool.model.procedure import LINK, Guide
from cardtool.text import LANGUAGES, Text
from cardtool.views.harmless import escape, harmless
from cardtool.views.paper import PAPER, Paper
from cardtool.views.people import contents, hands, reach, technical
from cardtool.views.people.life import MIDDLE, lines

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

_DAYS_OR_HOURS = re.compile(r"(\d+)")
"""What stands in large letters of how long a certificate is left."""


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
    institution = reach.institution_of(guides)
    named: dict[str, Guide] = {}
    for number, diagnosis in enumerate(diagnoses, 1):
        if number == 1:
            single = text.label("html-title", host=diagnosis.snapshot.host.name)
            title = text.label("html-desks") if paper.titled else single
            yield page("head", title=title, titled=paper.titled, institution=institution)
        named |= _named(diagnosis, text, guides)
        yield desk(diagnosis, text, guides, courses(diagnosis), level=1 + paper.titled)
    if number:
        yield page("procedures", guides=named)
        yield page("foot")


def live(
    diagnosis: Diagnosis | None,
    text: Text,
    *,
    guides: Mapping[str, Guide],
    courses: Callable[[Diagnosis], tuple[Course, ...]],
) -> Iterator[str]:
    """Yield the page that follows a workstation; without a diagnosis, until there is one."""
    page, title = partial(_filled, text=text), text.label("live-checking")
    if diagnosis is not None:
        title = text.label("html-title", host=diagnosis.snapshot.host.name)
    yield page(
        "head",
        title=title,
        titled=False,
        institution=reach.institution_of(guides),
        is_live=True,
        others=[text.into(language) for language in LANGUAGES if language != text.language],
    )
    if diagnosis is None:
        yield page("waiting")
    else:
        yield desk(diagnosis, text, guides, courses(diagnosis), is_live=True)
        yield page("procedures", guides=_named(diagnosis, text, guides))
    yield page("foot")


def desk(  # noqa: PLR0913 - what is shown, and where
    diagnosis: Diagnosis,
    text: Text,
    guides: Mapping[str, Guide],
    courses: Sequence[Course],
    *,
    level: int = 1,
    is_live: bool = False,
) -> str:
    """Return what `<main>` holds of one workstation; `level` is that of its heading."""
    acts = contents.acts(diagnosis, text)
    sections = contents.sections(acts)
    pages = _pages(sections, text)
    return _filled(
        "desk",
        text=text,
        diagnosis=diagnosis,
        deciding=harmless(diagnosis.deciding),
        level=level,
        is_live=is_live,
        pieces_of_step=partial(_pieces_of_step, is_live=is_live),
        guided=any(name in guides for act in acts for name in act.procedures),
        plain=text.plainly(harmless(diagnosis.deciding), diagnosis.at, with_reader=False),
        hands=hands.awaited(acts) if is_live else (),
        headline=_headline(diagnosis, text),
        facts=contents.facts(diagnosis, text),
        chain=contents.chained(diagnosis),
        sections=sections,
        drawn=any(act.finding.code in contents.DRAWN for act in acts),
        ways=reach.ways(diagnosis, sections, pages, guides, text),
        qr=reach.codes(pages),
        lines=lines(courses, diagnosis.at),
        guides=guides,
        checklist=[
            (link, list(group))
            for link, group in groupby(contents.checklist(diagnosis), attrgetter("link"))
        ],
        technical=technical.rows(diagnosis, text),
    )


def _named(diagnosis: Diagnosis, text: Text, guides: Mapping[str, Guide]) -> dict[str, Guide]:
    """Return the procedures that findings lead to."""
    procedures = [name for act in contents.acts(diagnosis, text) for name in act.procedures]
    return {name: guides[name] for name in procedures if name in guides}


def render_guide(guides: Iterable[Guide], text: Text) -> Iterator[str]:
    """Yield one page with each procedure on a sheet of its own."""
    several, page = tuple(guides), partial(_filled, text=text)
    titles = ", ".join(text.procedure(guide.name, "title") for guide in several)
    yield page("head", title=titles, titled=False, institution=several[0].institution)
    for guide in several:
        yield page("guide", guide=guide, level=1)
    yield page("foot")


def _codes_of_guide(guide: Guide, text: Text) -> list[tuple[str, Markup]]:
    pieces = chain.from_iterable(_pieces(text.guide(step.code)) for step in guide.steps)
    return reach.codes(words for kind, words in pieces if kind == "link")


class Headline(NamedTuple):
    """How long a certificate is left, in pieces of which one is set large."""

    kind: str
    """`left`, `past` or `wait`."""
    severity: Severity
    """That of the certificate, which may be well where something else is not."""
    before: str
    number: str
    after: str
    day: str


def _headline(diagnosis: Diagnosis, text: Text) -> Headline | None:
    found = contents.timed(diagnosis)
    if found is None or (standing := contents.when(found)) is None:
        return None
    kind, moment = standing
    span, _, day = text.near(kind, moment, diagnosis.at).rpartition(", ")
    before, number, after = _DAYS_OR_HOURS.split(span, maxsplit=1)
    return Headline(kind, found.severity, before, number, after, day)


def _pages(sections: Iterable[tuple[str, list[contents.Act]]], text: Text) -> list[str]:
    """Return the pages that steps of what is wrong lead to, in their order."""
    return [
        words
        for label, acts in sections
        if label == "steps"
        for act in acts
        for _, steps in act.steps
        for _, code in steps
        for kind, words in _pieces_of_step(code, act.finding, text)
        if kind == "link"
    ]


def _filled(name: str, **values: Any) -> str:  # noqa: ANN401 - whatever the template wants
    return _templates().get_template(f"{name}.html").render(values)


@once
def _templates() -> Environment:
    style = (pkgutil.get_data(__package__, "templates/style.css") or b"").decode()
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
        "numbered": contents.numbered,
        "middle": MIDDLE,
        "style": Markup(style),  # noqa: S704 - ours
        "style_hash": b64encode(sha256(f"\n{style}".encode()).digest()).decode(),
        "pieces": _pieces,
        "codes_of_guide": _codes_of_guide,
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

    `links` are the addresses that become links; None: all, because no device gave the sentence.
    """
    pieces = []
    for index, part in enumerate(_PIECES.split(words)):
        if index % 2 and part.startswith("`"):
            pieces.append(("typed", part.strip("`")))
        elif part:
            is_link = index % 2 and (links is None or part in links)
            pieces.append(("link" if is_link else "text", part))
    return pieces


def _pieces_of_step(
    code: str, finding: Finding, text: Text, *, is_live: bool = False
) -> list[tuple[str, str]]:
    """Cut the sentence of a step, in which no address is followed that is a fact of the finding."""
    if is_live and code == "run-again":  # the program runs, and has a button for it
        return _pieces(text.label("live-run-again", button=text.label("live-again")))
    ours = {words for kind, words in _pieces(text.step(code, {})) if kind == "link"}
    return _pieces(text.step(code, finding.facts | finding.road), ours)
