# SPDX-License-Identifier: Apache-2.0
"""Limits the work of finding people in the texts of one snapshot. Knows no person."""

_WORK_LIMIT = 200_000_000
"""Characters times values looked for: some seconds of work."""

_LEAST_WORK = 100
"""Added to the number of values, so that a snapshot without any has a limit too."""

_WORD, _WORDS = 64, 1_000
"""Characters of a fixed word, and how many of them are looked through whatever the work is: rules
compare them, and what is hidden must be judged as what is shown."""


class Effort:
    """How much text may still be searched; text beyond that is hidden whole."""

    def __init__(self, values: int, *, is_none: bool) -> None:
        """Allow for searching this many values; `is_none`: search only fixed words."""
        self._left = 0 if is_none else _WORK_LIMIT // (_LEAST_WORK + values)
        self._words = _WORDS

    def affords(self, text: str, *, is_fixed: bool) -> bool:
        """Tell whether one more text may be searched, and count it."""
        self._left -= len(text)
        if self._left > 0 or not is_fixed or len(text) > _WORD:
            return self._left > 0
        self._words -= 1
        return self._words >= 0
