# SPDX-License-Identifier: Apache-2.0
"""Lines for people in which what is to be copied stands in one piece.

An address, a command, and what is joined by `NO_BREAK`: a line may be longer than the page for it.
"""

import re
import textwrap

from cardtool.views.harmless import escape
from cardtool.views.paper import Paper

NO_BREAK = "\u00a0"
"""Stands for a space at which no line ends; a plain space is written."""
_COPIED_WHOLE = re.compile(r"^`|://|^[^/][^/.]*+\.[^/]++/|@")
"""What a word has that is longer than the page and stays whole: a command or an address."""
_TYPED = re.compile(r"`[^`]+`")
"""What is to be typed."""


def entry(mark: str, words: str, paper: Paper) -> str:
    """Return a mark and a text beside it; only what cannot be copied in pieces exceeds the page."""
    room = paper.width - len(mark)
    whole = _TYPED.sub(lambda found: found[0].replace(" ", NO_BREAK), escape(words))
    pieces = (
        word
        if len(word) <= room or _COPIED_WHOLE.search(word)
        else " ".join(textwrap.wrap(word, room))
        for word in whole.split(" ")
    )
    lines = textwrap.wrap(
        " ".join(pieces), room, break_long_words=False, break_on_hyphens=False
    ) or [""]
    first, *others = (line.replace(NO_BREAK, " ") for line in lines)
    return "".join(f"{line}\n" for line in (mark + first, *(" " * len(mark) + x for x in others)))
