# SPDX-License-Identifier: Apache-2.0
"""Keeps the last answers of a function: many rules ask the same of one snapshot."""

import functools
from collections.abc import Callable
from typing import TypeVar

_Asked = TypeVar("_Asked")
_Answer = TypeVar("_Answer")

_KEPT = 4
"""Values whose answers are kept, such as the snapshots that are compared."""


def remembered(answer: Callable[[_Asked], _Answer]) -> Callable[[_Asked], _Answer]:
    """Keep the last answers of a function of one frozen value, which is known by its identity.

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
