# SPDX-License-Identifier: Apache-2.0
"""Keeps the last results of a function, because many rules ask it about the same snapshot."""

import functools
from collections.abc import Callable
from typing import TypeVar

_Asked = TypeVar("_Asked")
_Answer = TypeVar("_Answer")

_KEPT = 4
"""So many results are kept: enough for the snapshots that are compared."""


def remembered(answer: Callable[[_Asked], _Answer]) -> Callable[[_Asked], _Answer]:
    """Keep the last results of a function of one frozen value, which is recognised by `is`.

    Comparing or hashing snapshots would take longer than most of these functions.
    """
    last: tuple[tuple[_Asked, _Answer], ...] = ()

    @functools.wraps(answer)
    def answered(asked: _Asked) -> _Answer:
        nonlocal last
        for known, result in last:
            if known is asked:
                return result
        result = answer(asked)
        last = ((asked, result), *last[: _KEPT - 1])
        return result

    return answered
