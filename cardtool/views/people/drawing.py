# SPDX-License-Identifier: Apache-2.0
"""A small drawing of how a card of SIM size goes into a mini reader, in characters.

It shows what to look for, never which way round: readers differ.
"""

from rich.console import RenderableType
from rich.padding import Padding
from rich.text import Text as Line

from cardtool.text import Text
from cardtool.views.paper import Paper

DRAWN = frozenset({"card-missing", "card-mute", "card-unpowered"})
"""Codes of findings that the drawing helps with."""

WIDTH = 36
"""Columns the drawing takes; a narrower page goes without."""

_LINES = (
    "   /───────┐       ┌────────────┐",
    "  / ┌─┬─┐  │       │            ├──┐",
    " │  ├─┼─┤  │ ──>  ═╡ {reader}  │  │",
    " │  └─┴─┘  │       │            ├──┘",
    " └─────────┘       └────────────┘",
)

_PLAIN = str.maketrans("─═│┌┐└┘├┤┬┴┼╡", "-=|++++++++++")

_READER = 9
"""Columns between the walls of the reader that its name may take."""


def card_and_reader(text: Text, paper: Paper) -> list[RenderableType]:
    """Return the drawing with its words, or nothing where the page is too narrow for it."""
    if paper.width < WIDTH + 2:
        return []
    lines = [f" {text.label('drawing-corner')}", *_LINES, f"    {text.label('drawing-contacts')}"]
    drawn = "\n".join(lines).replace("{reader}", f"{text.label('drawing-reader'):{_READER}}")
    if not paper.symbols:
        drawn = drawn.translate(_PLAIN)
    return [
        Padding(Line(drawn, no_wrap=True), (1, 0, 0, 2)),
        Padding(Line(text.label("drawing-compare")), (0, 0, 0, 2)),
    ]
