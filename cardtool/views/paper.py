# SPDX-License-Identifier: Apache-2.0
"""The page that views for people lay their lines on: its width, colours and check marks.

Knows nothing of cards, and never reads a text as markup.
"""

import io
import re
import textwrap
from collections.abc import Iterable

import msgspec
from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text as Line

from cardtool.views.harmless import escape

_MARKS = {
    "ok": ("✓", "[ok]", "green"),
    "unknown": ("?", "[?]", "magenta"),
    "warning": ("!", "[!]", "yellow"),
    "critical": ("✗", "[x]", "red"),
    "neutral": ("·", "[-]", "dim"),
    "unseen": ("┄", "[ ]", "dim"),
}
"""A severity, `neutral` or `unseen` -> its mark, the mark in ASCII, the colour."""

NO_BREAK = "\u00a0"
"""Stands for a space at which `Paper.entry` ends no line; a plain space is written."""

_COPIED_WHOLE = re.compile(r"^`|://|^[^/][^/.]*+\.[^/]++/|@")
"""A word like this stays whole even if it is longer than the page: a command or an address."""

_TYPED = re.compile(r"`[^`]+`")
"""A command to type."""


class Paper(msgspec.Struct, frozen=True, kw_only=True):
    """The page a view for people lays its lines on."""

    width: int = 80
    colour: bool = False
    symbols: bool = True
    """The encoding of the output has the check marks; otherwise they are written in brackets."""
    titled: bool = False
    """Each diagnosis begins with the name of its workstation, because there are several."""
    whole: bool = False
    """It shows codes, paths and everything that was checked, for `-v`; otherwise one screen."""

    def symbol(self, mark: str) -> Line:
        """Return a mark in its colour: of a severity, `neutral` or `unseen`."""
        fine, plain, colour = _MARKS[mark]
        return Line(fine if self.symbols else plain, style=f"bold {colour}")

    def print(self, parts: Iterable[RenderableType]) -> str:
        """Return the parts as lines of text without trailing spaces.

        A `str` is lines that are laid already: it is not broken.
        """
        page = io.StringIO()
        console = Console(
            file=page,
            width=self.width,
            color_system="standard" if self.colour else None,
            force_terminal=self.colour,
            legacy_windows=False,
            no_color=not self.colour,
            markup=False,
            emoji=False,
            highlight=False,
            _environ={},
        )
        for part in parts:
            if isinstance(part, str):
                page.write(part)
            else:
                console.print(part)
        return "".join(f"{line.rstrip()}\n" for line in page.getvalue().splitlines())

    def entry(self, mark: str, words: str) -> str:
        """Return a mark and a text beside it, as lines that are laid already.

        Only an address, a command, and words joined by `NO_BREAK` may be longer than the page.
        """
        room = self.width - len(mark)
        whole = _TYPED.sub(lambda typed: typed[0].replace(" ", NO_BREAK), escape(words))
        pieces = (
            word
            if len(word) <= room or _COPIED_WHOLE.search(word)
            else " ".join(textwrap.wrap(word, room))
            for word in whole.split(" ")
        )
        lines = textwrap.wrap(
            " ".join(pieces), room, break_long_words=False, break_on_hyphens=False
        ) or [""]
        laid = f"\n{' ' * len(mark)}".join(lines)
        return f"{mark}{laid}\n".replace(NO_BREAK, " ")

    def listing(self, title: str, rows: Iterable[tuple[str, str]]) -> str:
        """Return a list of names to type, each with what it is for."""
        shown = hanging((name, escape(words)) for name, words in rows)
        return self.print([Line(title, style="bold"), shown])


PAPER = Paper()
"""The page if nothing is known about the output."""


def paragraph(
    words: str, style: str = "", *, above: int = 0, below: int = 0, indent: int = 2
) -> RenderableType:
    """Return a text with so many empty lines above and below it, and spaces before it."""
    return Padding(Line(words, style=style), (above, 0, below, indent))


def heading(words: str) -> RenderableType:
    """Return a heading with an empty line above it."""
    return paragraph(words, "bold", above=1, indent=0)


def hanging(rows: Iterable[tuple[Line | str, Line | str]], *, indent: int = 2) -> RenderableType:
    """Return rows of a mark and a text that stays clear of the mark when it wraps."""
    grid = Table.grid(padding=(0, 1))
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    for mark, words in rows:
        grid.add_row(*(Line(cell) if isinstance(cell, str) else cell for cell in (mark, words)))
    return Padding(grid, (0, 0, 0, indent))
