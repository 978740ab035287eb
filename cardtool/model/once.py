# SPDX-License-Identifier: Apache-2.0
"""Things that are loaded when they are first needed, once a process and by one thread at a time.

`functools.cache` lets two threads load at once, and msgspec's first conversion to a type is not
made for that: it ends the process. Source: msgspec 0.19, _core.c, StructInfo_Convert, which enters
the type's description before it is filled.
"""

import functools
import threading
from collections.abc import Callable
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

_ONE_AT_A_TIME = threading.RLock()
"""One for everything: two loaders may have a type in common, and one may call another."""


def once(load: Callable[P, T]) -> Callable[P, T]:
    """Make a loader keep what it loaded, by its arguments, and never run in two threads at once.

    What raises an exception is not kept.
    """
    kept: dict[object, T] = {}

    @functools.wraps(load)
    def loaded(*args: P.args, **kwargs: P.kwargs) -> T:
        key = (args, *kwargs.items())
        if key not in kept:
            with _ONE_AT_A_TIME:
                if key not in kept:  # another thread may have loaded it meanwhile
                    kept[key] = load(*args, **kwargs)
        return kept[key]

    return loaded
