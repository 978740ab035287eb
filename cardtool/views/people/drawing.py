# SPDX-License-Identifier: Apache-2.0
"""Parts of pages on the terminal: whose it is, the drawing of a card and its reader, who acts."""

from collections.abc import Iterator

from rich.console import RenderableType

from cardtool.model.diagnosis import Actor, Diagnosis
from cardtool.text import Text
from cardtool.views.harmless import escape
from cardtool.views.paper import Paper, paragraph

WIDTH = 36
"""Columns of the drawing; a narrower page has no drawing."""

_DRAWING = (
    "   /───────┐       ┌────────────┐",
    "  / ┌─┬─┐  │       │            ├──┐",
    " │  ├─┼─┤  │ ──>  ═╡ {reader}  │  │",
    " │  └─┴─┘  │       │            ├──┘",
    " └─────────┘       └────────────┘",
)

_PLAIN = str.maketrans("─═│┌┐└┘├┤┬┴┼╡", "-=|++++++++++")


def whose(
    diagnosis: Diagnosis, text: Text, paper: Paper, below: int = 0
) -> Iterator[RenderableType]:
    """Yield that the page is practice, and its workstation and moment, where that is to be said."""
    if diagnosis.practice:
        words = f"{text.label('practice')}: {escape(diagnosis.practice)}"
        yield paragraph(words, "bold reverse", below=below, indent=0)
    if paper.titled:
        title = f"{escape(diagnosis.snapshot.host.name)}, {text.moment(diagnosis.at)}"
        yield paragraph(title, "bold underline", below=below, indent=0)


def named(actor: Actor, text: Text) -> RenderableType:
    """Return the line above the steps of somebody else."""
    return paragraph(f"{text.label(f'actor-{actor.value}')}:", "italic")


def card_and_reader(text: Text, paper: Paper) -> Iterator[RenderableType]:
    """Yield a drawing of how a card of SIM size goes into a mini reader, if the page has room.

    It shows what to look for, but not which way round, because readers differ.
    """
    if paper.width < WIDTH + 2:
        return
    lines = [f" {text.label('drawing-corner')}", *_DRAWING, f"    {text.label('drawing-contacts')}"]
    drawn = "\n".join(lines).replace("{reader}", f"{text.label('drawing-reader'):9}")
    yield paragraph(drawn if paper.symbols else drawn.translate(_PLAIN), above=1)
    yield paragraph(text.label("drawing-compare"))
