# SPDX-License-Identifier: Apache-2.0
"""Hides the middle of a value on the screen of its owner. Knows no snapshot."""

import re

_MASKED = r"(?:.{2}\*+.{2}|\*+)(?: \(\d+\))?"


class Stars:
    """Hides the middle of values, and tells two apart that look the same without it."""

    def __init__(self) -> None:
        """Begin without any value seen."""
        self._shown: dict[str, str] = {}
        self._count: dict[str, int] = {}

    def __call__(self, value: str) -> str:
        """Return a value hidden; one that is hidden already stays."""
        if re.fullmatch(_MASKED, value, re.DOTALL):
            return value
        key = value.casefold()
        if key not in self._shown:
            stars = starred(value)
            self._count[stars] = count = self._count.get(stars, 0) + 1
            self._shown[key] = "" if count == 1 else f" ({count})"
        return starred(value) + self._shown[key]


def starred(value: str) -> str:
    """Return a value without its middle; a short one is hidden whole."""
    edge = 2
    hidden = len(value) - 2 * edge
    return f"{value[:edge]}{'*' * hidden}{value[-edge:]}" if hidden > 0 else "*" * len(value)
