# SPDX-License-Identifier: Apache-2.0
"""The first screen of a terminal: the verdict, the days, what to do and the chain in one line.

It fits a terminal of 24 lines together with the prompt, so nothing scrolls away. Codes, paths and
everything that was checked are on the whole page (`terminal`), which `-v` shows.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from rich.console import RenderableType
from rich.text import Text as Line

from cardtool.model.diagnosis import Actor, Diagnosis, Link, Severity
from cardtool.model.snapshot import Failure
from cardtool.text import Text
from cardtool.views.harmless import harmless
from cardtool.views.paper import Paper, hanging, heading, paragraph
from cardtool.views.people import contents
from cardtool.views.people.drawing import card_and_reader, named, whose
from cardtool.views.people.hands import DRAWN
from cardtool.views.people.marks import Mark, chained

LINES = 22
"""The most lines that are shown, unless critical troubles alone need more."""

LINES_WHEN_WELL = 12
"""The most lines that are shown if all is well; what there is to do may need more."""

_GRAVITY = (Mark.UNSEEN, Mark.NEUTRAL, Mark.OK, Mark.UNKNOWN, Mark.WARNING, Mark.CRITICAL)
"""The worst comes last."""


class _Piece(NamedTuple):
    """Lines that are shown together or not at all."""

    lines: str
    is_needed: bool
    """They are shown in any case."""
    steps: int
    troubles: int
    """How many steps are in it, and whether a trouble begins with it (1 or 0)."""
    is_spare: bool
    """It is about a card that can sign."""


def page(diagnosis: Diagnosis, text: Text, paper: Paper) -> str:
    """Return the screen; its last line counts what does not fit.

    The meaning of the trouble and the drawing are shown only if all its steps fit. What to try if
    signing still fails comes after them.
    """
    is_well = diagnosis.severity is Severity.OK
    head = paper.print(_head(diagnosis, text, paper))
    chain = paper.print(["\n", *_chain(diagnosis, text, paper)])
    pieces = list(_pieces(diagnosis, text, paper))
    beside = _if_room(diagnosis, text, paper)
    taken = _height(head, chain) + 1
    shown = _fitting([piece for piece in pieces if not piece.is_spare], LINES - taken)
    taken += _height(*(piece.lines for piece in shown))
    room = (LINES_WHEN_WELL if is_well else LINES) - taken
    if is_well or len(shown) < sum(not piece.is_spare for piece in pieces):
        beside = iter(())
    for words in beside:
        if _height(words) <= room:
            head += words
            room -= _height(words)
    shown += _fitting([piece for piece in pieces if piece.is_spare], room)
    hidden = [piece for piece in pieces if piece not in shown]
    foot = paper.print([_more(hidden, text)])
    return "".join([head, *(piece.lines for piece in shown), chain, foot])


def _height(*parts: str) -> int:
    return sum(part.count("\n") for part in parts)


def _head(diagnosis: Diagnosis, text: Text, paper: Paper) -> Iterator[RenderableType]:
    yield from whose(diagnosis, text, paper)
    deciding = harmless(diagnosis.deciding)
    mark = paper.symbol(deciding.severity)
    word = Line(f"{text.label(f'severity-{deciding.severity.value}')}: ", style=mark.style)
    readers = diagnosis.snapshot.readers
    several = not isinstance(readers, Failure) and len(readers) > 1
    says = text.plainly(deciding, diagnosis.at, with_reader=several)
    number = Line(f" ({deciding.number or deciding.code})", style="dim")
    yield hanging([(mark, Line.assemble(word, Line(says, style="bold"), number))], indent=0)
    if about := ". ".join(_about(diagnosis, text)):
        yield paragraph(about)


def _about(diagnosis: Diagnosis, text: Text) -> Iterator[str]:
    """Yield the days and the day of the certificate that the page is about, and its holder."""
    timed = contents.timed(diagnosis)
    if timed and (moment := contents.when(timed)):
        yield text.near(*moment, diagnosis.at)
    if holder := harmless(timed or diagnosis.deciding).facts.get("holder"):
        yield str(holder)


def _if_room(diagnosis: Diagnosis, text: Text, paper: Paper) -> Iterator[str]:
    """Yield parts that are shown only if all steps fit."""
    phase = diagnosis.deciding.facts.get("phase")
    yield paper.print([paragraph(text.means(diagnosis.verdict, phase))])
    if any(finding.code in DRAWN for finding in contents.to_act_on(diagnosis)):
        yield paper.print(card_and_reader(text, paper))


def _pieces(diagnosis: Diagnosis, text: Text, paper: Paper) -> Iterator[_Piece]:
    for label, group in contents.sections(contents.acts(diagnosis, text)):
        above: list[RenderableType] = [heading(text.label(label))]
        for act in group:
            decides = act.finding.code == diagnosis.verdict
            is_grave = decides or act.finding.severity is Severity.CRITICAL
            for place, (lines, steps) in enumerate(_rows(act, text, paper)):
                yield _Piece(
                    lines=paper.print([*above, *lines]),
                    is_needed=(is_grave and not place) or (decides and not steps),
                    steps=steps,
                    troubles=int(not place and bool(act.titles)),
                    is_spare=contents.is_spare(act.finding),
                )
                above = []


def _rows(
    act: contents.Act, text: Text, paper: Paper
) -> Iterator[tuple[list[RenderableType], int]]:
    """Yield lines and the number of steps in them; the first begin with whose trouble it is."""
    above = [paragraph(title) for title in act.titles]
    facts = act.finding.facts | act.finding.road
    for place, (actor, steps) in enumerate(act.steps):
        if place or actor is not Actor.YOU:
            above.append(named(actor, text))
        for number, step in steps:
            yield [*above, hanging([(f"{number}.", text.step(step, facts))])], 1
            above = []
    for name in act.procedures:
        yield [paper.entry("  ", text.whole_procedure(name))], 0
    if above:  # a card that can sign is only named
        yield above, 0


def _fitting(pieces: list[_Piece], room: int) -> list[_Piece]:
    """Return the needed pieces, and the others in their order as far as there is room."""
    room -= _height(*(piece.lines for piece in pieces if piece.is_needed))
    shown = []
    for piece in pieces:
        room -= 0 if piece.is_needed else _height(piece.lines)
        if piece.is_needed or room >= 0:
            shown.append(piece)
    return shown


def _chain(diagnosis: Diagnosis, text: Text, paper: Paper) -> Iterator[RenderableType]:
    """Yield the chain, in one line if the page is wide enough.

    The token counts as part of the card. The computer is shown only if something is wrong there.
    """
    marks = dict(chained(diagnosis))
    marks[Link.CARD] = max(marks[Link.CARD], marks.pop(Link.TOKEN), key=_GRAVITY.index)
    line = Line()
    for link, mark in marks.items():
        if link is Link.HOST and mark is Mark.NEUTRAL:
            continue
        name = Line.assemble(paper.symbol(mark), f" {text.label(f'line-{link.value}')}")
        if line and len(line) + 2 + len(name) > paper.width:
            yield line
            line = Line()
        line = Line.assemble(line, "  ", name) if line else name
    yield line


def _more(left: Iterable[_Piece], text: Text) -> RenderableType:
    """Say how much is not shown, and how to see everything."""
    hidden = tuple(left)
    troubles = sum(piece.troubles for piece in hidden)
    steps = sum(piece.steps for piece in hidden)
    counts = [("left-trouble", troubles), ("left-step", steps)]
    words = ", ".join(text.counted(key, count) for key, count in counts if count)
    whole = text.label("see-all")
    return paragraph(f"{words}. {whole}" if words else whole, "dim", indent=0)
