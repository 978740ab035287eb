# SPDX-License-Identifier: Apache-2.0
"""Runs one function in a process of its own, with limits on its memory and its time.

For libraries that read files from anywhere: what such a file does to the process stays there. On
Windows there is no limit on memory; the process and its time are limited all the same.
"""

import os
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any, TypeVar

from cardtool.model.refused import Refused

_Answer = TypeVar("_Answer")

_MEMORY_BYTES = 2 * 1024**3
"""Address space of the process; Python with what is loaded takes a tenth of it."""


def run(function: Callable[..., _Answer], *arguments: object, seconds: float) -> _Answer:
    """Return what a function of a module returns, or raise what it raises.

    Raises:
        Refused: it did not answer in time, or its process ended without an answer.
    """
    context = get_context("spawn")
    here, there = context.Pipe(duplex=False)
    process = context.Process(target=_answer, args=(there, function, arguments), daemon=True)
    process.start()
    there.close()
    try:
        if not here.poll(seconds):
            raise Refused(code="register-time")
        is_answer, answer = here.recv()
    except EOFError as error:
        raise Refused(code="register-memory") from error
    finally:
        process.kill()
        process.join()
        process.close()
        here.close()
    if not is_answer:
        raise answer
    found: _Answer = answer
    return found


def _answer(there: Connection, function: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
    """Send what a function returns, or what it raises; Ctrl-C is for the process that waits."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)  # a library that aborts says so there, to nobody who could understand it
    _limit()
    try:
        there.send((True, function(*arguments)))
    except MemoryError:
        pass
    except Exception as error:  # noqa: BLE001 - it is raised where the function was called
        there.send((False, error))


def _limit() -> None:
    if sys.platform == "win32":
        return
    import resource  # noqa: PLC0415 - Windows lacks it

    with suppress(ValueError, OSError):  # a stricter limit is set already; macOS has none
        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
