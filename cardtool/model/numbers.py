# SPDX-License-Identifier: Apache-2.0
"""Identity numbers in any text, however they are spelt. Knows no snapshot and hides nothing itself.

Where the spelling alone could be a version's or a date's, the check digits decide.
"""

import re
import unicodedata
from collections.abc import Callable

PLAIN = r"(?<!\d)0*(?!0)\d{11}(?!\d)|(?<!\d)(?<!\d\s)(?!0)\d(?:\s?\d){10}(?!\s?\d)"
"""Eleven digits, the first not 0: the shape of a T.C. Kimlik No, whatever its check digits say.

Blanks may stand between them, as people write long numbers, and noughts before them. Digits are
those of any script, for full-width ones are passed on as they come.
"""

_SIGNS = (
    r"\s._/,:;'|+()\u2010-\u2015\u2019\u2212\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\u00ad-"
)
_GAP = rf"(?:[{_SIGNS}]|%20){{1,3}}"
_SPACED = re.compile(
    r"(?P<done>~[0-9a-f]{16})"
    rf"|(?:(?<=%20)|(?<!\d)(?<!\d[{_SIGNS}]))\d(?:(?:{_GAP})?\d){{10}}(?!(?:{_GAP})?\d)"
)
"""The same with other signs between: as versions, dates and addresses have them too."""

_EVEN = re.compile(rf"\d(?:{_GAP}\d){{10}}|\d\d+(?:{_GAP}\d\d+)*")
"""As people part digits: each from the next, or in groups."""

_BETWEEN = re.compile(rf"[{_SIGNS}]")
_END = re.compile(rf"(?<!\d)(?<!\d[{_SIGNS}])\d(?:(?:{_GAP})?\d){{5,9}}$")
_NINE, _TEN = 9, 10
"""Digits that give the rest: the last two are check digits."""


def spaced(text: str, change: Callable[[str], str], known: frozenset[str] = frozenset()) -> str:
    """Change the numbers with signs between their digits that are known, or are surely one."""

    def changed(found: re.Match[str]) -> str:
        if found["done"]:
            return found[0]
        number = digits(found[0])
        surely = number in known or (_EVEN.fullmatch(found[0]) and is_one(number))
        return change(found[0]) if surely else found[0]

    return _SPACED.sub(changed, text)


def digits(text: str) -> str:
    """Return the digits of an identity number as certificates have them; else the text."""
    plain = unicodedata.normalize("NFKC", text).replace("%20", "")
    number = _BETWEEN.sub("", plain).lstrip("0")
    return number if re.fullmatch(r"[0-9]{11}", number) else text


def is_one(number: str) -> bool:
    """Tell whether the last two of eleven digits are those that the first nine give."""
    return has_shape(number) and number == completed(number)


def has_shape(text: str) -> bool:
    """Tell whether a text is eleven digits, the first not 0."""
    return re.fullmatch(r"[1-9][0-9]{10}", text) is not None


def completed(number: str) -> str:
    """Return the identity number that begins with the first nine digits of a text."""
    each = [int(digit) for digit in number[:_NINE]]
    tenth = (7 * sum(each[0::2]) - sum(each[1:8:2])) % 10
    return f"{number[:_NINE]}{tenth}{(sum(each) + tenth) % 10}"


def cut(text: str, change: Callable[[str], str], known: frozenset[str]) -> str:
    """Change a number whose end was cut off with the end of a text of a fixed size.

    Nine digits or ten are a whole number, for the others are check digits. Six are known as the
    beginning of a number that is `known`.
    """
    if not is_full(text) or not (found := _END.search(text)):
        return text
    start = _BETWEEN.sub("", unicodedata.normalize("NFKC", found[0]).replace("%20", ""))
    meant = next((each for each in known if each.startswith(start)), None)
    least = _TEN if len(text) == _SERIAL_SIZE else _NINE  # a machine may be called LAPTOP-123456789
    if meant is None and start.isascii() and len(start) >= least and start[0] != "0":
        whole = completed(start)
        meant = whole if whole.startswith(start) else None
    return text if meant is None else text[: found.start()] + change(meant)


_SERIAL_SIZE = 16
_FIXED_SIZES = frozenset({_SERIAL_SIZE, 32, 64})
"""Bytes of the texts of PKCS#11. Source: v2.40 §3.1 and §3.2, CK_SLOT_INFO and CK_TOKEN_INFO."""


def is_full(text: str) -> bool:
    """Tell whether a text is as long as one of a fixed size: it may have been cut."""
    return len(text) in _FIXED_SIZES or len(text.encode(errors="replace")) in _FIXED_SIZES
