# SPDX-License-Identifier: Apache-2.0
"""Runs one function in a process of its own, with limits on its memory and its time.

For libraries that read files from unknown people: a file that harms the process harms this one
alone. Windows has no limit on memory; there only the time is limited.
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
"""Address space of the process; Python with its modules takes a tenth of it."""


def run(function: Callable[..., _Answer], *arguments: object, seconds: float) -> _Answer:
    """Return what a function returns in a new process, or raise what it raises there.

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
    returned: _Answer = answer
    return returned


def _answer(there: Connection, function: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
    """Send what a function returns or raises."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the waiting process handles Ctrl-C
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)  # nobody could make use of what an aborting library prints
    _limit()
    try:
        there.send((True, function(*arguments)))
    except MemoryError:
        pass
    except Exception as error:  # noqa: BLE001 - the calling process raises it
        there.send((False, error))


def _limit() -> None:
    if sys.platform == "win32":
        return
    import resource  # noqa: PLC0415 - Windows lacks it

    with suppress(ValueError, OSError):  # a stricter limit is set already; macOS has none
        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
