# SPDX-License-Identifier: Apache-2.0
"""Finds the names of people in texts, however they are spelt. Knows no snapshot, hides nothing.

A name and a text are compared by their letters and digits alone: without case, marks, dots,
blanks and percent signs. So AYŞE ÖRNEK is found in `ornek_ayse` and in `Ay%C5%9Fe%20%C3%96rnek`.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from itertools import permutations

from cardtool.model.numbers import is_full

SHORTEST = 4
"""Letters; anything shorter would be found inside unrelated words."""

_INSIDE = 8
"""Letters; a shorter name counts only as a whole word, a longer one inside a word too."""

_PARTS_LIMIT = 4
"""Parts of a name of which each order is looked for."""

_LEFT = 6
"""Letters that must remain of a name that was cut off at the end of a text of fixed size."""

_DOTLESS = str.maketrans("ıİ", "ii")
_NO_LETTERS = dict.fromkeys(code for code in range(128) if not chr(code).isalnum())
_ESCAPED = re.compile(
    r"(?:%[0-9A-Fa-f]{2})++|\\u[0-9A-Fa-f]{4}|&#(?:[0-9]{1,5}|x[0-9A-Fa-f]{1,4});"
)
"""As addresses, JSON and HTML write letters."""

_PART = re.compile(r"[^\W_]++")

_GARBLED = (
    ("utf-8", "latin-1"),
    ("utf-8", "cp1252"),
    ("utf-8", "cp1254"),
    ("cp1254", "cp1252"),
    ("cp857", "cp1254"),
    ("cp1254", "cp857"),
    ("ascii", "ascii"),
)
"""A text's encoding, and the one it is read in by mistake; letters that do not fit are lost."""


def folded(text: str) -> str:
    """Return the letters and digits of a text, without case and marks."""
    if "%" in text or "\\u" in text or "&#" in text:
        text = _ESCAPED.sub(_unescaped, text)
    if text.isascii():
        return text.lower().translate(_NO_LETTERS)
    return "".join(map(_letters, text))


@lru_cache(maxsize=4096)
def _letters(letter: str) -> str:
    if unicodedata.combining(letter):
        return ""
    plain = unicodedata.normalize("NFKD", letter.translate(_DOTLESS)).casefold()
    return "".join(each for each in plain if each.isalnum() and not unicodedata.combining(each))


def _unescaped(found: re.Match[str]) -> str:
    escaped = found[0]
    if escaped.startswith("%"):
        return bytes.fromhex(escaped.replace("%", "")).decode(errors="replace")
    digits = escaped[2:].removesuffix(";")
    is_decimal = escaped.startswith("&") and not digits.startswith("x")
    return chr(int(digits.lstrip("x"), 10 if is_decimal else 16))


def spellings(name: str) -> Iterator[str]:
    """Yield what a name is by its letters, whichever part stands first or is left out."""
    yield from _orders(name)
    if not name.isascii():
        for written, read in _GARBLED:
            yield from _orders(name.encode(written, "ignore").decode(read, "ignore"))


def _orders(name: str) -> Iterator[str]:
    parts = [
        part
        for found in _PART.findall(unicodedata.normalize("NFKC", name))
        if (part := folded(found))
    ]
    if not parts or "".join(parts).isdecimal():
        return
    if len(parts) > _PARTS_LIMIT:
        yield "".join(parts)
        yield "".join(reversed(parts))
        yield "".join((parts[-1], *parts[:-1]))
    else:
        yield from map("".join, permutations(parts))
    if len(parts) > 1:
        first, last = parts[0], parts[-1]
        initials = "".join(part[0] for part in parts[:-1])
        yield from (first + last, last + first, first[0] + last, last + first[0], initials + last)
        yield first + initials[1:] + last


class Names:
    """The spellings of names, to be looked for in many texts."""

    def __init__(self, spelt: Mapping[str, str], *, shortest: int = SHORTEST) -> None:
        """Take what a name is by `folded`, and the name itself; `shortest` letters count."""
        self._meant = {each: name for each, name in spelt.items() if len(each) >= shortest}
        ordered = sorted(self._meant, key=lambda each: (-len(each), each))
        self._pattern = re.compile("|".join(map(re.escape, ordered)) or r"(?!)")
        self._beginnings = {
            each[:size]: self._meant[each]
            for each in reversed(ordered)
            for size in range(max(_LEFT, len(each) // 2), len(each))
            if not each[:size].isdecimal()
        }

    @classmethod
    def of(cls, names: Iterable[str]) -> "Names":
        """Look for these names in every spelling."""
        return cls({each: name for name in names for each in spellings(name)})

    def __len__(self) -> int:
        """Return how many spellings are looked for."""
        return len(self._meant)

    def is_one(self, text: str) -> bool:
        """Tell whether a text is one of the names and nothing else."""
        return folded(text) in self._meant

    def replaced(self, text: str, change: Callable[[str], str], inside: int = _INSIDE) -> str:
        """Return a text in which each name is what `change` makes of the name itself.

        From `inside` letters on a name is found inside a word too.
        """
        if not self._meant:
            return text
        letters = folded(text)
        is_cut = is_full(text)
        if self._pattern.search(letters) is None and not (is_cut and self._beginnings):
            return text
        places = _places(text)
        done, at, start = [], 0, 0
        while found := self._pattern.search(letters, start):
            first, last = places[found.start()][0], places[found.end() - 1][1]
            if len(found[0]) < inside and _is_inside(text, first, last):
                start = found.start() + 1
                continue
            done += [text[at:first], change(self._meant[found[0]])]
            at, start = last, found.end()
        tail = self._cut(letters[start:]) if is_cut else None
        if tail:
            done += [text[at : places[-len(tail)][0]], change(self._beginnings[tail])]
            at = len(text)
        return "".join((*done, text[at:]))

    def _cut(self, letters: str) -> str | None:
        """Return the beginning of a name that a text ends with."""
        longest = max(map(len, self._beginnings), default=0)
        ends = (letters[-size:] for size in range(min(longest, len(letters)), _LEFT - 1, -1))
        return next((each for each in ends if each in self._beginnings), None)


def _places(text: str) -> list[tuple[int, int]]:
    """Return for each letter of `folded` where it stands in the text, with its marks."""
    places: list[tuple[int, int]] = []
    for unit, start, end in _units(text):
        if letters := _letters(unit):
            places += [(start, end)] * len(letters)
        elif places and unicodedata.combining(unit) and places[-1][1] == start:
            places[-1] = (places[-1][0], end)
    return places


def _units(text: str) -> Iterator[tuple[str, int, int]]:
    at = 0
    for found in _ESCAPED.finditer(text):
        yield from ((text[place], place, place + 1) for place in range(at, found.start()))
        yield from ((each, found.start(), found.end()) for each in _unescaped(found))
        at = found.end()
    yield from ((text[place], place, place + 1) for place in range(at, len(text)))


def _is_inside(text: str, first: int, last: int) -> bool:
    """Tell whether a letter stands right before or after a part of a text."""
    return text[first - 1 : first].isalpha() or text[last : last + 1].isalpha()
