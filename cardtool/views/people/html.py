# SPDX-License-Identifier: Apache-2.0
"""The page a person prints and brings along: the diagnosis, or procedures, in one file.

It loads nothing and runs nothing: its drawing and its style are inside, and its own policy forbids
everything else. Everything a template puts in passes `harmless.escape` and then
Jinja2's escaping; only our own words and the facts of an institution become links.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import chain, groupby, repeat
from operator import itemgetter
from typing import Any

import msgspec
from jinja2 import Environment, PackageLoader, StrictUndefined

from cardtool.model.diagnosis import Actor, Course, Diagnosis, Finding, Link, Severity
from cardtool.model.once import once
from cardtool.model.procedure import LINK, Guide, Step
from cardtool.text import Text
from cardtool.views.harmless import escape, harmless
from cardtool.views.paper import Paper
from cardtool.views.people.acting import codes_for_support, marked, to_act_on
from cardtool.views.people.notes import noted
from cardtool.views.people.timeline import lines

_MARKS = {
    None: "\N{MIDDLE DOT}",
    Severity.OK: "\N{CHECK MARK}",
    Severity.UNKNOWN: "?",
    Severity.WARNING: "!",
    Severity.CRITICAL: "\N{MULTIPLICATION SIGN}",
}

_END = re.compile(r"(?<=[^\WA-ZÇĞİÖŞÜ_]\.) (?=\w)")
"""Where a first sentence ends; an abbreviation in capitals, T.C., ends none."""

_PIECES = re.compile(rf"({LINK}|`[^`]+`)")
"""What is set apart in a sentence: an address, or something to type between backticks."""


class Piece(msgspec.Struct, frozen=True, kw_only=True):
    """Part of a sentence."""

    words: str
    is_link: bool = False
    is_typed: bool = False


def render(
    diagnoses: Iterable[Diagnosis],
    text: Text,
    paper: Paper | None = None,
    *,
    guides: Mapping[str, Guide] | None = None,
    courses: Callable[[Diagnosis], tuple[Course, ...]] | None = None,
) -> Iterator[str]:
    """Yield one page for all diagnoses, part by part, or nothing where there is none.

    Procedures that a desk names follow the last desk, each once, and the desks lead to them there.
    `guides` are the procedures that a finding may lead to, by name; `courses` tells the moments
    of a diagnosis' certificates.
    """
    is_titled = paper is not None and paper.titled
    page, number = _page(text), 0
    known, told = guides or {}, dict[str, Guide]()
    for number, diagnosis in enumerate(diagnoses, 1):
        deciding = harmless(diagnosis.deciding)
        word = text.label(f"severity-{deciding.severity.value}")
        if number == 1:
            single = f"{word}: {diagnosis.snapshot.host.name}, {text.moment(diagnosis.at)}"
            title = text.label("html-desks") if is_titled else single
            yield page("head", title=title, titled=is_titled)
        named = chain(*(one.procedures for one in to_act_on(diagnosis)))
        told |= {name: known[name] for name in named if name in known}
        yield page(
            "desk",
            diagnosis=diagnosis,
            deciding=deciding,
            titled=is_titled,
            level=2 if is_titled else 1,
            chain=tuple(_chain(diagnosis)),
            checklist=sorted(
                map(harmless, diagnosis.findings),
                key=lambda one: (one.link.place, one.severity.rank),
            ),
            acts=[_act(one, text) for one in to_act_on(diagnosis) if one.steps],
            lines=lines(courses(diagnosis) if courses else (), diagnosis.at),
            guides=known,
            codes=codes_for_support(diagnosis),
        )
    if number:
        yield page("procedures", guides=told)
        yield page("foot")


def render_guide(guides: Iterable[Guide], text: Text) -> Iterator[str]:
    """Yield one page with each procedure on a sheet of its own."""
    several, page = tuple(guides), _page(text)
    titles = ", ".join(text.procedure(guide.name, "title") for guide in several)
    yield page("head", title=titles, titled=False)
    for guide in several:
        yield page("guide", guide=guide, level=1)
    yield page("foot")


def _page(text: Text) -> Callable[..., str]:
    """Return what fills one template, with the words at hand."""
    given = {
        "text": text,
        "marks": _MARKS,
        "marked": marked,
        "pieces": _pieces,
        "parted": _parted,
        "groups": lambda guide: _groups(guide, text),
    }

    def fill(name: str, **values: Any) -> str:  # noqa: ANN401 - whatever the template wants
        return _templates().get_template(f"{name}.html").render(given | values)

    return fill


@once
def _templates() -> Environment:
    return Environment(
        loader=PackageLoader("cardtool.views.people"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def _shown(value: Any) -> Any:  # noqa: ANN401 - whatever a template puts in
    """Make a text harmless; what a template of ours made of such texts already is."""
    return escape(value) if isinstance(value, str) and not hasattr(value, "__html__") else value


def _chain(diagnosis: Diagnosis) -> Iterator[tuple[Link, Severity | None]]:
    """Yield each link with the worst that was found about it, or None where nothing was."""
    for link in Link:
        found = (finding.severity for finding in diagnosis.findings if finding.link is link)
        yield link, max(found, key=lambda one: one.rank, default=None)


def _act(finding: Finding, text: Text) -> tuple[Finding, list[tuple[Actor, list[Any]]]]:
    """Return a finding with its steps, numbered, by who does them where that changes."""
    # a diagnosis that an older cardtool wrote says of no step who does it
    actors = chain(finding.actors, repeat(Actor.YOU))
    steps = []
    for number, step in enumerate(finding.steps, 1):
        ours = {piece.words for piece in _pieces(text.step(step, {})) if piece.is_link}
        steps.append((number, _pieces(text.step(step, finding.facts), ours)))
    return finding, _by_actor(zip(actors, steps, strict=False))


class ShownStep(msgspec.Struct, frozen=True, kw_only=True):
    """One step of a procedure with its note."""

    step: Step
    pieces: list[Piece]
    number: int = 0
    """Of its note; 0: it has none."""
    note: str = ""
    """The words of that note; empty where an earlier step has them."""


def _groups(guide: Guide, text: Text) -> list[tuple[Actor, list[ShownStep]]]:
    """Return the steps by who does them; each note stands beside its first step alone."""
    last, rows = 0, []
    for step, number, note in noted(guide, text):
        words = note if number > last else ""
        last = max(number, last)
        pieces = _pieces(text.guide(step.code))
        rows.append((step.actor, ShownStep(step=step, pieces=pieces, number=number, note=words)))
    return _by_actor(rows)


def _by_actor(rows: Iterable[tuple[Actor, Any]]) -> list[tuple[Actor, list[Any]]]:
    return [(actor, [row for _, row in group]) for actor, group in groupby(rows, key=itemgetter(0))]


def _parted(words: str) -> tuple[str, str]:
    """Return the first sentence and what follows it, which is told in smaller letters."""
    first, *rest = _END.split(words, 1)
    return first, "".join(rest)


def _pieces(words: str, links: set[str] | None = None) -> list[Piece]:
    """Cut a sentence where an address or something to type stands in it.

    `links` are the addresses that may be followed; None: all, for nothing of a device is in it.
    """
    found = []
    for index, part in enumerate(_PIECES.split(words)):
        is_set_apart = bool(index % 2)
        if is_set_apart and part.startswith("`"):
            found.append(Piece(words=part.strip("`"), is_typed=True))
        elif part:
            is_link = is_set_apart and (links is None or part in links)
            found.append(Piece(words=part, is_link=is_link))
    return found
