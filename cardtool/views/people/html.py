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
from cardtool.model.procedure import Guide
from cardtool.text import LANGUAGES, Text
from cardtool.views.harmless import escape, harmless
from cardtool.views.paper import PAPER, Paper
from cardtool.views.people import contents, hands, marks, reach, technical
from cardtool.views.people.life import MIDDLE, lines
from cardtool.views.people.pieces import pieces, pieces_of_guide, pieces_of_step, unbroken

_MARKS = {
    marks.Mark.NEUTRAL: "\N{MIDDLE DOT}",
    marks.Mark.UNSEEN: "\N{BOX DRAWINGS LIGHT TRIPLE DASH HORIZONTAL}",
    Severity.OK: "\N{CHECK MARK}",
    Severity.UNKNOWN: "?",
    Severity.WARNING: "!",
    Severity.CRITICAL: "\N{MULTIPLICATION SIGN}",
}

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
        yield page("procedures", guides=_with_others(named, guides, text))
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
        named = _named(diagnosis, text, guides)
        yield page("procedures", guides=_with_others(named, guides, text))
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
    todo = [act for label, group in sections if label == "steps" for act in group]
    links = partial(_links_of_step, text=text)
    page = reach.Page(diagnosis, text, guides, links, is_live)
    return _filled(
        "desk",
        text=text,
        diagnosis=diagnosis,
        deciding=harmless(diagnosis.deciding),
        level=level,
        is_live=is_live,
        pieces_of_step=partial(pieces_of_step, is_live=is_live),
        guided=any(name in guides for act in acts for name in act.procedures),
        plain=text.plainly(harmless(diagnosis.deciding), diagnosis.at, with_reader=False),
        hands=hands.awaited(acts) if is_live else (),
        headline=_headline(diagnosis, text),
        facts=contents.facts(diagnosis, text),
        chain=marks.chained(diagnosis),
        sections=sections,
        drawn=hands.drawn(acts),
        ways=reach.ways(todo, page),
        qr=reach.codes(_links(todo, text)),
        lines=lines(courses, diagnosis.at) if marks.is_today_known(diagnosis) else (),
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


def _with_others(
    first: Mapping[str, Guide], guides: Mapping[str, Guide], text: Text
) -> dict[str, tuple[Guide, bool]]:
    """Return procedures, and those that their steps lead to; True for these.

    Paper goes without the latter.
    """
    found = {name: (guide, False) for name, guide in first.items()}
    waiting = list(first.values())
    for guide in waiting:
        for piece in chain.from_iterable(pieces_of_guide(step, text) for step in guide.steps):
            name = piece.href.removeprefix("#")
            if piece.kind == "inside" and name in guides and name not in found:
                found[name] = guides[name], True
                waiting.append(guides[name])
    return found


def render_guide(
    guides: Iterable[Guide], text: Text, *, others: Mapping[str, Guide] = {}
) -> Iterator[str]:
    """Yield one page with each procedure on a sheet of its own; `others` are all by name."""
    several, page = {guide.name: guide for guide in guides}, partial(_filled, text=text)
    titles = ", ".join(text.procedure(name, "title") for name in several)
    institution = reach.institution_of(several)
    yield page("head", title=titles, titled=False, institution=institution)
    all_of_them = _with_others(several, others, text)
    beside = _beside(all_of_them)
    for guide, is_beside in all_of_them.values():
        yield page("guide", guide=guide, level=1, is_beside=is_beside, beside=beside)
    yield page("foot")


def _beside(guides: Mapping[str, tuple[Guide, bool]]) -> frozenset[str]:
    """Return the names of those that paper goes without."""
    return frozenset(name for name, (_, is_beside) in guides.items() if is_beside)


def _codes_of_guide(guide: Guide, text: Text) -> list[tuple[str, Markup]]:
    every = chain.from_iterable(pieces_of_guide(step, text) for step in guide.steps)
    return reach.codes(piece.words for piece in every if piece.kind == "link")


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


def _links(acts: Iterable[contents.Act], text: Text) -> list[str]:
    """Return the pages that steps lead to, in their order."""
    steps = ((code, act.finding) for act in acts for _, steps in act.steps for _, code in steps)
    return [link for step in steps for link in _links_of_step(*step, text)]


def _links_of_step(code: str, finding: Finding, text: Text) -> list[str]:
    pieces_of = pieces_of_step(code, finding, text)
    return [piece.words for piece in pieces_of if piece.kind == "link"]


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
        "marked": marks.marked,
        "numbered": contents.numbered,
        "middle": MIDDLE,
        "style": Markup(style),  # noqa: S704 - ours
        "style_hash": b64encode(sha256(f"\n{style}".encode()).digest()).decode(),
        "pieces": pieces,
        "unbroken": unbroken,
        "pieces_of_guide": pieces_of_guide,
        "codes_of_guide": _codes_of_guide,
        "beside_of": _beside,
        "parted": contents.parted,
        "steps_of_guide": contents.steps_of_guide,
        "whom_and_payer": contents.whom_and_payer,
    }
    return templates


def _shown(value: Any) -> Any:  # noqa: ANN401 - whatever a template puts in
    """Make a text harmless; what a template of ours made of such texts already is."""
    return escape(value) if isinstance(value, str) and not hasattr(value, "__html__") else value
