# SPDX-License-Identifier: Apache-2.0
"""The page that views for people lay their lines on: its width, colours and check marks.

Knows nothing of cards, and never reads a text as markup.
"""

import io
from collections.abc import Iterable

import msgspec
from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text as Line

from cardtool.model.diagnosis import Severity

_SYMBOLS = {
    None: ("·", "[-]"),
    Severity.OK: ("✓", "[ok]"),
    Severity.UNKNOWN: ("?", "[?]"),
    Severity.WARNING: ("!", "[!]"),
    Severity.CRITICAL: ("✗", "[x]"),
}

_STYLES = {
    None: "dim",
    Severity.OK: "green",
    Severity.UNKNOWN: "magenta",
    Severity.WARNING: "yellow",
    Severity.CRITICAL: "red",
}


class Paper(msgspec.Struct, frozen=True, kw_only=True):
    """The page a view for people lays its lines on."""

    width: int = 80
    colour: bool = False
    symbols: bool = True
    """The reader's encoding has the check marks; otherwise they are spelt in brackets."""
    titled: bool = False
    """Each diagnosis begins with the name of its workstation, for there are several."""

    def symbol(self, severity: Severity | None) -> Line:
        """Return the mark of a severity in its colour; None: of what is neither good nor bad."""
        fine, plain = _SYMBOLS[severity]
        return Line(fine if self.symbols else plain, style=f"bold {_STYLES[severity]}")

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


def heading(words: str) -> RenderableType:
    """Return a heading with an empty line above it."""
    return Padding(Line(words, style="bold"), (1, 0, 0, 0))


def hanging(rows: Iterable[tuple[Line | str, Line | str]], *, indent: int = 2) -> RenderableType:
    """Return rows of a mark and a text that stays clear of the mark when it wraps."""
    grid = Table.grid(padding=(0, 1))
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    for mark, words in rows:
        grid.add_row(
            Line(mark) if isinstance(mark, str) else mark,
            Line(words, overflow="fold") if isinstance(words, str) else words,
        )
    return Padding(grid, (0, 0, 0, indent))
