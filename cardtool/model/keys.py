# SPDX-License-Identifier: Apache-2.0
"""Tells keys that somebody made up from random keys. Pure.

A made-up key can be guessed, and with it the number behind each hash.
"""

from itertools import pairwise

_NIBBLE = 4
_LONG = 32
"""Bytes; in a longer key a part of five bytes may come again by chance."""


def is_made_up(key: bytes) -> bool:
    """Return whether a key of at least 16 bytes is text, or has a pattern that no chance makes.

    The chance that one of 16 random bytes is refused is under 1 in 10⁹: 66 characters of text
    give (66/256)¹⁶ = 4·10⁻¹⁰; a part of five bytes that comes twice, 66/256⁵ = 6·10⁻¹¹; six
    different bytes or five different steps, under 10⁻¹⁴; four different digits or three steps
    from digit to digit, under 10⁻¹⁵. For 32 bytes it is under 1 in 10⁹ as well, for its parts
    that come twice, 378/256⁵.
    """
    digits = [digit for byte in key for digit in divmod(byte, 1 << _NIBBLE)]
    return (
        _few(key, 256, len(key) * 3 // 8)
        or _few(digits, 16, 4)
        or _comes_again(key, 5 if len(key) <= _LONG else 7)
        or _is_text(key)
    )


def _few(values: bytes | list[int], count: int, most: int) -> bool:
    """Return whether at most so many different values, or nearly so many steps, are among them."""
    steps = {(after - before) % count for before, after in pairwise(values)}
    return len(set(values)) <= most or len(steps) < most


def _comes_again(key: bytes, size: int) -> bool:
    parts = [key[at : at + size] for at in range(len(key) - size + 1)]
    return len(set(parts)) < len(parts)


def _is_text(key: bytes) -> bool:
    try:
        text = key.decode()
    except UnicodeDecodeError:
        return False
    return all(letter.isalnum() or letter in " .-_" for letter in text)
