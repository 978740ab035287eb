# SPDX-License-Identifier: Apache-2.0
"""Procedures for people: what to do, who does it, who pays, and the sources.

Addresses, numbers to copy and commands are never broken, even if a line gets longer than the page.
"""

from collections.abc import Iterable, Iterator, Mapping

from rich.text import Text as Line

from cardtool.catalog.addresses import Expanded
from cardtool.model.diagnosis import Actor
from cardtool.model.procedure import KEYS, Fact, Guide, Institution, Kind, Step
from cardtool.text import Text
from cardtool.views.harmless import escape
from cardtool.views.paper import NO_BREAK, PAPER, Paper, hanging, heading
from cardtool.views.people.contents import Shown, steps_of_guide, whom_and_payer
from cardtool.views.people.drawing import named

_COPIED = (Kind.IBAN, Kind.PHONE)
"""Kinds of facts that contain spaces at which no line may end."""


def render(guides: Iterable[Guide], text: Text, paper: Paper = PAPER) -> Iterator[str]:
    """Yield each procedure, part by part."""
    for number, guide in enumerate(guides):
        if number:
            yield "\n"
        yield paper.print([Line(escape(text.procedure(guide.name, "title")), style="bold")])
        if guide.institution.name:
            yield paper.entry("  ", guide.institution.name)
        if guide.role:
            yield paper.entry("  ", f"{text.label('role')}: {text.label(f'role-{guide.role}')}")
        yield "\n"
        yield paper.entry("  ", text.procedure(guide.name, "says"))
        yield paper.entry("  ", f"{text.label('takes')}: {text.procedure(guide.name, 'takes')}")
        if guide.at_hand:
            yield paper.print([heading(text.label("at-hand"))])
            yield from (paper.entry("  - ", text.at_hand(code)) for code in guide.at_hand)
        yield paper.print([heading(text.label("steps"))])
        yield from _steps(guide, text, paper)


def listing(names: Iterable[str], text: Text, paper: Paper) -> str:
    """Return the list of procedures, and what each is for."""
    rows = (
        (name, f"{text.procedure(name, 'title')}. {text.procedure(name, 'says')}") for name in names
    )
    return paper.listing(text.label("procedures"), rows)


def address(expanded: Expanded, hints: Iterable[str], text: Text, paper: Paper) -> str:
    """Return an address in a line of its own, with what was changed and what may be missing."""
    title = Line(f"{text.label('address-written')}:", style="bold")
    parts = [paper.print([title]), f"  {escape(expanded.text)}\n"]
    rows = [
        (escape(change.short), f"{change.full} ({text.label('address-place')} {change.place})")
        for change in expanded.changes
    ]
    if rows:
        parts.append(paper.print([heading(text.label("address-changed")), hanging(rows)]))
    else:
        parts += ["\n", paper.entry("", text.label("address-same"))]
    parts += (paper.entry("", text.label(f"address-hint-{hint}")) for hint in hints)
    return "".join(parts)


def receipt(lines: Mapping[str, str], source: Fact | None, text: Text, paper: Paper) -> str:
    """Return the lines of a bank receipt by their labels, unbroken, or say that none is needed.

    `source` is the fact of the last line. The words are Turkish whatever the reader speaks.
    """
    if not lines:
        return paper.entry("", text.label("receipt-needless"))
    title = Line(f"{text.label('receipt-lines')}:", style="bold")
    shown = (f"  {label}: {escape(value)}\n" for label, value in lines.items())
    notes = [text.of_fact("confirm", source)] if source else []
    after = (paper.entry("", words) for words in (*notes, text.label("receipt-kept")))
    return "".join([paper.print([title]), *shown, "\n", *after])


def _steps(guide: Guide, text: Text, paper: Paper) -> Iterator[str]:
    """Yield the steps, and below them, numbered and once each, what to confirm before paying."""
    notes = {}
    before = Actor.YOU
    for case, groups in steps_of_guide(guide, text):
        if case:
            yield paper.print([Line(f"  {escape(case)}:", style="bold")])
        for actor, steps in groups:
            if actor is not before:
                yield paper.print([named(actor, text)])
            before = actor
            for shown in steps:
                yield from _step(shown, guide, text, paper)
                if shown[-1]:
                    notes[shown[2]] = shown[-1]
    yield "\n" if notes else ""
    yield from (paper.entry(f"  [{number}] ", note) for number, note in notes.items())


def _step(shown: Shown, guide: Guide, text: Text, paper: Paper) -> Iterator[str]:
    place, step, number, _ = shown
    mark = f"  {place}. "
    words = _whole(step, guide.institution, text)
    yield paper.entry(mark, f"{words} [{number}]" if number else words)
    for words in whom_and_payer(step, guide, text):
        yield paper.entry(" " * len(mark), words)


def _whole(step: Step, institution: Institution, text: Text) -> str:
    """Say a step, without breaks in what is to be copied from it."""
    words = text.guide(step.code)
    for key in step.facts:
        if KEYS[key].kind in _COPIED:
            value = institution.facts[key].value
            words = words.replace(value, value.replace(" ", NO_BREAK))
    return words
