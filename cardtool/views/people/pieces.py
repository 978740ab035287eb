# SPDX-License-Identifier: Apache-2.0
"""Sentences of pages in pieces: what is followed, what is typed, and what is pressed instead."""

import re
from collections.abc import Collection, Iterator
from typing import NamedTuple

from cardtool.model.diagnosis import Finding
from cardtool.model.procedure import LINK, Step
from cardtool.text import Text

_PIECES = re.compile(rf"({LINK}|`[^`]+`)")
"""What is set apart in a sentence: an address, or something to type between backticks."""

_UNBROKEN = re.compile(r"(\b[eE]-\w+|\b\d{3} \d \d{3}\b)")
"""What is torn apart by the end of a line: a word like e-imza, a number that is dialled."""

STATE = "state.json"
"""Where a page that the program serves has the snapshot for support."""

_SAID = {"run-again": "html-run-again"}
_PRESSED = {
    **dict.fromkeys(("run-again", "ask-again-online"), "live-run-again"),
    "allow-more-time": "live-more-time",
    "send-snapshot": "live-send",
    "report-fault": "live-report",
}
"""Steps that are a command on the terminal, by the labels that say them on pages: on those that
are saved, and on those that the program serves."""

_GUIDE = re.compile(r" guide ([a-z-]+)$")
"""The command that shows a procedure."""


class Piece(NamedTuple):
    """Part of a sentence."""

    kind: str
    """`text`, `link`, `typed`, or `inside`: a link to another part of the page, or to a file."""
    words: str
    href: str = ""


def pieces(words: str, links: set[str] | None = None) -> list[Piece]:
    """Cut a sentence where something is set apart.

    `links` are the addresses that become links; None: all, because no device gave the sentence.
    """
    found = []
    for index, part in enumerate(_PIECES.split(words)):
        if index % 2 and part.startswith("`"):
            found.append(Piece("typed", part.strip("`")))
        elif part:
            is_link = index % 2 and (links is None or part in links)
            found.append(Piece("link", part, part) if is_link else Piece("text", part))
    return found


def unbroken(words: str) -> list[tuple[bool, str]]:
    """Cut a sentence into parts; True beside those that stay on one line."""
    return [(bool(n % 2), part) for n, part in enumerate(_UNBROKEN.split(words)) if part]


def pieces_of_guide(
    step: Step, text: Text, beside: Collection[str] = frozenset()
) -> Iterator[Piece]:
    """Cut the sentence of a procedure's step, with links in place of commands for procedures.

    On paper, those that are `beside` are said to be on the screen.
    """
    for piece in pieces(text.guide(step.code, typed=False)):
        found = _GUIDE.search(piece.words) if piece.kind == "typed" else None
        if found is None:
            yield piece
            continue
        yield Piece("inside", text.procedure(found[1], "title"), f"#{found[1]}")
        if found[1] in beside:
            yield Piece("paper", f" {text.label('html-on-screen')}")


def pieces_of_step(
    code: str, finding: Finding, text: Text, *, is_live: bool = False
) -> list[Piece]:
    """Cut the sentence of a step, in which no address is followed that is a fact of the finding.

    What would be typed is pressed on a page that the program serves.
    """
    if label := (_PRESSED if is_live else _SAID).get(code):
        given = {"button": text.label("live-again"), "file": f"`{text.label('live-file')}`"}
        return [
            Piece("inside", piece.words, STATE) if piece.kind == "typed" else piece
            for piece in pieces(text.label(label, **given))
        ]
    ours = {piece.words for piece in pieces(text.step(code, {})) if piece.kind == "link"}
    return pieces(text.step(code, finding.facts | finding.road), ours)
