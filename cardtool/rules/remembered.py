# SPDX-License-Identifier: Apache-2.0
"""Answers again what was asked of the same thing a moment ago: many rules ask the same."""

import functools
from collections.abc import Callable
from typing import TypeVar

_Asked = TypeVar("_Asked")
_Answer = TypeVar("_Answer")

_KEPT = 4
"""Cards of one desk, at most places; more are answered anew."""


def remembered(answer: Callable[[_Asked], _Answer]) -> Callable[[_Asked], _Answer]:
    """Keep the last answers of a function of one frozen value, told by identity.

    To compare two snapshots, or to hash one, takes longer than most answers.
    """
    last: list[tuple[_Asked, _Answer]] = []

    @functools.wraps(answer)
    def answered(asked: _Asked) -> _Answer:
        for known, found in last:
            if known is asked:
                return found
        found = answer(asked)
        last[:] = [(asked, found), *last[: _KEPT - 1]]
        return found

    return answered
