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

_GAP = r"(?:[\s._/-]|%20)"
_SPACED = re.compile(
    r"(?P<done>~[0-9a-f]{16})"
    rf"|(?:(?<=%20)|(?<!\d)(?<!\d[\s._/-]))\d(?:{_GAP}?\d){{10}}(?!{_GAP}?\d)"
)
"""The same with other signs between: as versions, dates and addresses have them too."""

_EVEN = re.compile(rf"\d(?:{_GAP}\d){{10}}|\d\d+(?:{_GAP}\d\d+)*")
"""As people part digits: each from the next, or in groups."""


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
    number = re.sub(r"[\s._/-]", "", plain).lstrip("0")
    return number if re.fullmatch(r"[0-9]{11}", number) else text


def is_one(number: str) -> bool:
    """Tell whether the last two of eleven digits are those that the first nine give."""
    if not re.fullmatch(r"[1-9][0-9]{10}", number):
        return False
    each = [int(digit) for digit in number]
    tenth = (7 * sum(each[0:9:2]) - sum(each[1:8:2])) % 10
    return each[9] == tenth and each[10] == sum(each[:10]) % 10
