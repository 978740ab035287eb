# SPDX-License-Identifier: Apache-2.0
"""How an answer-to-reset is read, found in a text, and compared with the catalogue's patterns."""

import re
from collections.abc import Iterator, Sequence

_PREFIX = re.compile(r"(?:0x|\\x)(?=[0-9A-F]{2})", re.IGNORECASE)
_BYTES = "[0-9A-F]{2}(?:[ :,._-]{0,2}[0-9A-F]{2}){0,40}"
"""What programs write between two bytes is short; certutil writes two blanks after eight."""
_START = re.compile(rf"(?<![0-9A-Z])(?=3[BF])({_BYTES})(?![0-9A-Z])(?=\W|$)", re.IGNORECASE)
_REST = re.compile(rf"\s*({_BYTES})(?:\s{{3}}.*|\W*)", re.IGNORECASE)
"""A line with the other bytes; after three blanks certutil repeats them as letters."""
_MOST = 33
"""Bytes of an answer. Source: ISO/IEC 7816-3 §8.2.1."""

_TD = 8
"""The bit of Y that announces a TD byte, whose upper half is the next Y. ISO/IEC 7816-3 §8.2.3."""


def historical_bytes(atr: str) -> str:
    """Give the historical bytes of an answer-to-reset, in which a card says what it is, as hex.

    A wrong check byte is accepted: there are such cards, and their historical bytes are right.
    Empty: there are none, the text is not hex, or it is shorter than its format bytes announce.

    Source: ISO/IEC 7816-3:2006 §8.2; drivers_notes/atr.md#how-an-atr-is-read.
    """
    data, start, length, whole = _measured(atr)
    return data[start : start + length].hex().upper() if len(data) >= whole else ""


def is_whole(atr: str) -> bool:
    """Tell whether an answer-to-reset has all bytes that it announces."""
    data, _, _, whole = _measured(atr)
    return len(data) >= whole


def _measured(atr: str) -> tuple[bytes, int, int, int]:
    """Return an answer's bytes, where the historical ones begin, their number, and that of all.

    If it is not hex, or is cut before that can be told, there are none, and more than there are.
    """
    data = b""
    try:
        data = bytes.fromhex(atr)
        start, present, has_check_byte = 2, data[1] >> 4, False
        while present & _TD:
            start += present.bit_count()
            present, protocol = divmod(data[start - 1], 16)
            has_check_byte = has_check_byte or protocol != 0
    except (ValueError, IndexError):
        return data, 0, 0, len(data) + 1
    start, length = start + present.bit_count(), data[1] % 16
    return data, start, length, start + length + has_check_byte


def answers(lines: Sequence[str]) -> Iterator[tuple[int, str]]:
    """Yield each answer-to-reset in a text with the number of its line, as upper-case hex.

    Programs write it in many ways. certutil and editors break it into lines, and whoever copied it
    may have cut it (`is_whole`).
    """
    lines = [_PREFIX.sub("", line) for line in lines]
    for number, line in enumerate(lines):
        for found in _START.finditer(line):
            atr, after = _hexadecimal(found[1]), number + 1
            goes_on = not line[found.end() :].partition("   ")[0].strip(" ;")
            while goes_on and after < len(lines) and len(atr) < 2 * _MOST and not is_whole(atr):
                rest = _REST.fullmatch(lines[after])
                goes_on = rest is not None
                atr, after = atr + _hexadecimal(rest[1] if rest else ""), after + 1
            yield number, atr


def _hexadecimal(text: str) -> str:
    return re.sub(r"[^0-9A-F]", "", text.upper())


def fits(hexadecimal: str, patterns: tuple[str, ...]) -> bool:
    """Tell whether one of the patterns fits the whole of it; `.` stands for any digit."""
    return any(
        len(pattern) == len(hexadecimal)
        and all(wanted in (".", digit) for wanted, digit in zip(pattern, hexadecimal, strict=True))
        for pattern in patterns
    )


def is_inside(atr: str, word: str) -> bool:
    """Tell whether the bytes of a word are in the answer, beginning at a whole byte."""
    return any(atr.startswith(word, place) for place in range(0, len(atr), 2))
