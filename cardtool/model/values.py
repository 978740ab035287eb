# SPDX-License-Identifier: Apache-2.0
"""Finds known values and identity numbers in texts: serial numbers, labels, numbers of people.

Knows no snapshot and hides nothing itself.
"""

import re
from collections.abc import Callable, Iterable

from cardtool.model import numbers
from cardtool.model.spelling import SHORTEST

HASH = r"~[0-9a-f]{16}"
"""What stands for a hidden value; it is not hidden again."""

_HASHED = re.compile(HASH)
_LEAST_DIGITS = 8
"""Of a known number in a file's name; a version has fewer."""

NUMBER_BYTES = 8
"""Longest identifier that may be a number of eleven digits, generously."""

_NINE = 9
"""Digits that give the two that follow them."""


def is_hashed(text: str) -> bool:
    """Tell whether a text is what stands for a hidden value."""
    return _HASHED.fullmatch(text) is not None


class Values:
    """Values that are hidden wherever they stand, in capitals or not, as text or as hex digits."""

    def __init__(self, known: Iterable[str]) -> None:
        """Take the values to hide; those that are short or hidden already are left out."""
        known = [each for each in known if not is_hashed(each)]
        self.numbers = frozenset(map(numbers.digits, known))
        self._people = [each for each in self.numbers if numbers.has_shape(each)]
        forms = dict[str, str]()
        for value in known:
            meant = numbers.digits(value)
            forms |= dict.fromkeys((value, meant, value.encode(errors="replace").hex()), meant)
        people = dict[str, str]()
        for number in self._people:
            people |= dict.fromkeys((number, number.encode().hex(), f"{int(number):x}"), number)
            people[number.encode("utf-16-le").hex()] = number
        self._meant = {form.casefold(): meant for form, meant in (forms | people).items()}
        self._pattern = self._of_forms(forms | people)
        self._of_people = self._of_forms(people)

    def _of_forms(self, forms: Iterable[str]) -> re.Pattern[str]:
        wanted = sorted((each for each in forms if len(each) >= SHORTEST), key=_longest_first)
        starts = [f"{number[:_NINE]}[0-9]{{0,2}}" for number in self._people]
        parts = (f"(?P<done>{HASH})", *map(_spelt, wanted), *starts, numbers.PLAIN)
        return re.compile("|".join(parts))

    def __len__(self) -> int:
        """Return how many texts are looked for."""
        return len(self._meant)

    def replaced(self, text: str, change: Callable[[str], str]) -> str:
        """Return a text in which each value, and each identity number, is changed."""
        return self._changed(self._pattern, text, change)

    def numberless(self, text: str, change: Callable[[str], str]) -> str:
        """Return a text whose other values stay, for they may be what it says."""
        for number in sorted(self.numbers, key=len, reverse=True):
            if number in text and number.isdecimal() and len(number) >= _LEAST_DIGITS:
                text = text.replace(number, change(number))
        return self._changed(self._of_people, text, change)

    def _changed(self, pattern: re.Pattern[str], text: str, change: Callable[[str], str]) -> str:
        def changed(found: re.Match[str]) -> str:
            return found[0] if found["done"] else change(self._of(found[0]))

        text = pattern.sub(changed, text)
        text = numbers.spaced(text, lambda found: change(numbers.digits(found)), self.numbers)
        return numbers.cut(text, change, self.numbers)

    def is_in_bytes(self, data: bytes) -> bool:
        """Tell whether bytes are, or hold, an identity number that is known or surely one."""
        if len(data) <= NUMBER_BYTES:
            spelt = {data.hex(), str(int.from_bytes(data)), str(int.from_bytes(data, "little"))}
            if any(each in self.numbers or numbers.is_one(each) for each in map(_digits, spelt)):
                return True
        forms = (data.replace(b"\0", b""), data.hex().encode())
        return any(number.encode() in form for number in self._people for form in forms)

    def _of(self, found: str) -> str:
        if meant := self._meant.get(found.casefold()):
            return meant
        starts = (each for each in self._people if found.startswith(each[:_NINE]))
        return next(starts, numbers.digits(found))


def _longest_first(value: str) -> tuple[int, str]:
    return -len(value), value


def _spelt(value: str) -> str:
    return f"(?i:{re.escape(value)})"


def _digits(text: str) -> str:
    return text.strip("f").lstrip("0")
