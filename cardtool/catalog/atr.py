# SPDX-License-Identifier: Apache-2.0
"""How an answer-to-reset is read, and compared with the patterns of the catalogue."""

_TD = 8
"""The bit of Y that announces a TD byte, whose upper half is the next Y. ISO/IEC 7816-3 §8.2.3."""


def historical_bytes(atr: str) -> str:
    """Give the historical bytes of an answer-to-reset, in which a card says what it is, as hex.

    A wrong check byte is accepted: there are such cards, and their historical bytes are right.
    Empty: there are none, the text is not hex, or it is shorter than its format bytes announce.

    Source: ISO/IEC 7816-3:2006 §8.2; drivers_notes/atr.md#how-an-atr-is-read.
    """
    try:
        data = bytes.fromhex(atr)
        start, present, has_check_byte = 2, data[1] >> 4, False
        while present & _TD:
            start += present.bit_count()
            present, protocol = divmod(data[start - 1], 16)
            has_check_byte = has_check_byte or protocol != 0
    except (ValueError, IndexError):
        return ""
    start += present.bit_count()
    end = start + data[1] % 16
    return data[start:end].hex().upper() if len(data) >= end + has_check_byte else ""


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
