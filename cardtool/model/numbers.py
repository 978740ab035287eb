# SPDX-License-Identifier: Apache-2.0
"""Finds identity numbers and known values in texts, however they are spelt.

Hides nothing itself. If a spelling could also be a version or a date, the check digits decide.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable

SHORTEST = 4
"""Letters; anything shorter would be found inside unrelated words."""

HASH = r"~[0-9a-f]{16}"
"""What stands for a hidden value; it is not hidden again."""

PLAIN = r"(?<!\d)0*(?!0)\d{11}(?!\d)|(?<!\d)(?<!\d\s)(?!0)\d(?:\s?\d){10}(?!\s?\d)"
"""Eleven digits, the first not 0: the shape of a T.C. Kimlik No, whatever its check digits say.

Blanks may stand between the digits, and zeros before them. Digits of every script count, full-width
ones too.
"""

NUMBER_BYTES = 8
"""Longest identifier that may be a number of eleven digits, generously."""

_SIGNS = (
    r"\s._/,:;'|+()\u2010-\u2015\u2019\u2212\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\u00ad-"
)
_GAP = rf"(?:[{_SIGNS}]|%20){{1,3}}"
_SPACED = re.compile(
    rf"(?P<done>{HASH})"
    rf"|(?:(?<=%20)|(?<!\d)(?<!\d[{_SIGNS}]))\d(?:(?:{_GAP})?\d){{10}}(?!(?:{_GAP})?\d)"
)
"""Eleven digits with other signs between them, as in versions, dates and addresses."""

_EVEN = re.compile(rf"\d(?:{_GAP}\d){{10}}|\d\d+(?:{_GAP}\d\d+)*")
"""How people separate the digits of a number: each from the next, or in groups."""

_BETWEEN = re.compile(rf"[{_SIGNS}]")
_END = re.compile(rf"(?<!\d)(?<!\d[{_SIGNS}])\d(?:(?:{_GAP})?\d){{5,9}}$")
_HASHED = re.compile(HASH)

_NINE, _TEN = 9, 10
"""So many digits determine the rest: the last two are check digits."""

_LEAST_DIGITS = 8
"""A known number in a file's name has at least so many; a version has fewer."""

_SERIAL_SIZE = 16
_FIXED_SIZES = frozenset({_SERIAL_SIZE, 32, 64})
"""Bytes of the texts of PKCS#11. Source: v2.40 §3.1 and §3.2, CK_SLOT_INFO and CK_TOKEN_INFO."""


def is_hashed(text: str) -> bool:
    """Tell whether a text is what stands for a hidden value."""
    return _HASHED.fullmatch(text) is not None


def is_full(text: str) -> bool:
    """Tell whether a text fills a field of fixed size, so that its end may be cut off."""
    return len(text) in _FIXED_SIZES or len(text.encode(errors="replace")) in _FIXED_SIZES


def has_identity_shape(text: str) -> bool:
    """Tell whether a text has eleven digits and does not begin with 0."""
    return re.fullmatch(r"[1-9][0-9]{10}", text) is not None


def with_check_digits(number: str) -> str:
    """Return the identity number that begins with the first nine digits of a text."""
    nine = [int(digit) for digit in number[:_NINE]]
    tenth = (7 * sum(nine[0::2]) - sum(nine[1::2])) % 10
    return f"{number[:_NINE]}{tenth}{(sum(nine) + tenth) % 10}"


def is_identity_number(number: str) -> bool:
    """Tell whether a text is an identity number with the right check digits."""
    return has_identity_shape(number) and number == with_check_digits(number)


def _bare(text: str) -> str:
    """Return a number without the signs between its digits."""
    return _BETWEEN.sub("", unicodedata.normalize("NFKC", text).replace("%20", ""))


def digits(text: str) -> str:
    """Return an identity number without signs and leading zeros; any other text stays."""
    number = _bare(text).lstrip("0")
    return number if re.fullmatch(r"[0-9]{11}", number) else text


def replace_spaced(
    text: str, change: Callable[[str], str], known: frozenset[str] = frozenset()
) -> str:
    """Change numbers with signs between the digits, if they are `known` or surely a person's."""

    def changed(match: re.Match[str]) -> str:
        spelt, number = match[0], digits(match[0])
        is_even = match["done"] is None and _EVEN.fullmatch(spelt)
        return (
            change(spelt) if number in known or (is_even and is_identity_number(number)) else spelt
        )

    return _SPACED.sub(changed, text)


def replace_cut_off(text: str, change: Callable[[str], str], known: frozenset[str]) -> str:
    """Change a number that is cut off at the end of a text of fixed size.

    Nine or ten digits are enough to know any number, because the last two are check digits. Six are
    enough if they begin a `known` number.
    """
    if not is_full(text) or not (end := _END.search(text)):
        return text
    start = _bare(end[0])
    meant = min((number for number in known if number.startswith(start)), default=None)
    least = _TEN if len(text) == _SERIAL_SIZE else _NINE  # a machine may be called LAPTOP-123456789
    if meant is None and start.isascii() and len(start) >= least and start[0] != "0":
        whole = with_check_digits(start)
        meant = whole if whole.startswith(start) else None
    return text if meant is None else text[: end.start()] + change(meant)


class Values:
    """Values to hide wherever they stand, in any case, as text or as hex digits."""

    def __init__(self, known: Iterable[str]) -> None:
        """Take the values to hide; those that are short or hidden already are left out."""
        known = [value for value in known if not is_hashed(value)]
        self.numbers = frozenset(map(digits, known))
        self._people = sorted(filter(has_identity_shape, self.numbers))
        forms = dict[str, str]()
        for value in known:
            meant = digits(value)
            forms |= dict.fromkeys((value, meant, value.encode(errors="replace").hex()), meant)
        people = dict[str, str]()
        for number in self._people:
            utf8, utf16 = number.encode().hex(), number.encode("utf-16-le").hex()
            people |= dict.fromkeys((number, utf8, utf16, f"{int(number):x}"), number)
        self._meant = {form.casefold(): meant for form, meant in (forms | people).items()}
        self._pattern = self._of_forms(forms | people)
        self._of_people = self._of_forms(people)

    def _of_forms(self, forms: Iterable[str]) -> re.Pattern[str]:
        longest_first = sorted(forms, key=lambda form: (-len(form), form))
        parts = [f"(?i:{re.escape(form)})" for form in longest_first if len(form) >= SHORTEST]
        parts += [f"{number[:_NINE]}[0-9]{{0,2}}" for number in self._people]
        return re.compile("|".join((f"(?P<done>{HASH})", *parts, PLAIN)))

    def __len__(self) -> int:
        """Return how many texts are looked for."""
        return len(self._meant)

    def replaced(self, text: str, change: Callable[[str], str]) -> str:
        """Return a text in which each value, and each identity number, is changed."""
        return self._changed(self._pattern, text, change)

    def replace_numbers(self, text: str, change: Callable[[str], str]) -> str:
        """Change only the numbers in a text: its other words may be what it has to say."""
        for number in sorted(self.numbers, key=len, reverse=True):
            if number in text and number.isdecimal() and len(number) >= _LEAST_DIGITS:
                text = text.replace(number, change(number))
        return self._changed(self._of_people, text, change)

    def _changed(self, pattern: re.Pattern[str], text: str, change: Callable[[str], str]) -> str:
        def changed(match: re.Match[str]) -> str:
            return match[0] if match["done"] else change(self._of(match[0]))

        text = pattern.sub(changed, text)
        text = replace_spaced(text, lambda number: change(digits(number)), self.numbers)
        return replace_cut_off(text, change, self.numbers)

    def is_in_bytes(self, data: bytes) -> bool:
        """Tell whether bytes hold a known number, or a number with the right check digits."""
        if len(data) <= NUMBER_BYTES:
            spelt = (data.hex(), str(int.from_bytes(data)), str(int.from_bytes(data, "little")))
            bare = (text.strip("f").lstrip("0") for text in spelt)
            if any(number in self.numbers or is_identity_number(number) for number in bare):
                return True
        forms = (data.replace(b"\0", b""), data.hex().encode())
        return any(number.encode() in form for number in self._people for form in forms)

    def _of(self, spelt: str) -> str:
        if meant := self._meant.get(spelt.casefold()):
            return meant
        starts = (number for number in self._people if spelt.startswith(number[:_NINE]))
        return next(starts, digits(spelt))
