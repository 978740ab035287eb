# SPDX-License-Identifier: Apache-2.0
"""The processes that judge snapshots, and one that reads a file from unknown people."""

import gc
import os
import signal
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager, suppress
from itertools import islice
from multiprocessing import get_context, parent_process
from multiprocessing.connection import Connection
from typing import Any, TypeVar

from cardtool.model.refused import Refused

_PROCESSES = 6
"""With more processes, all wait for the one that reads or writes the store."""

AHEAD = 8
"""How many tasks are submitted before the result of the first is used."""

_MANY = 3000
"""From this many snapshots on, starting processes takes less time than it saves."""

_OBJECTS = 100_000
"""The garbage collector runs after so many new objects: the rows of a transaction have fewer."""

_MEMORY_BYTES = 2 * 1024**3
"""Address space of a limited process; Python with its modules takes a tenth of it."""

_Answer = TypeVar("_Answer")
_Item = TypeVar("_Item")
_Task = TypeVar("_Task")
_Result = TypeVar("_Result")


def _prepare_process() -> None:
    """Prepare a process that does nothing but judge.

    It ignores Ctrl-C, and exits when its parent exits. The garbage collector runs seldom, because
    there are many rows and they hold no cycles. It is not turned off: if each of 1,000,000
    snapshots left one small cycle, they would take 300 MB.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    gc.freeze()
    gc.set_threshold(_OBJECTS)


def _end_with_parent() -> None:
    if (parent := parent_process()) is not None:
        parent.join()
        os._exit(1)


def usual_number() -> int:
    """Return how many processes judge at once, if nobody says otherwise."""
    return min(os.cpu_count() or 1, _PROCESSES)


def started(processes: int, *, copied: bool) -> ProcessPoolExecutor | None:
    """Start processes that judge; None: the system has no semaphores, or no more processes.

    `copied`: on Linux each process is a fork of this one, which has loaded all modules already. Do
    this before a database is opened: a fork must not hold a copy of a connection.
    """
    method = "fork" if copied and sys.platform == "linux" else "spawn"
    with suppress(OSError), _interrupts_wait():
        pool = ProcessPoolExecutor(
            processes, mp_context=get_context(method), initializer=_prepare_process
        )
        pool.submit(os.getpid)  # starts them now: if that fails, no task is lost
        return pool
    return None


def end(pool: ProcessPoolExecutor) -> None:
    """End the processes that judge; what is not judged yet stays so.

    Python before 3.11.5 goes on sending to a process that was killed, and would wait for ever:
    https://github.com/python/cpython/issues/94777
    """
    if sys.version_info < (3, 11, 5):
        pool._call_queue._reader.close()  # type: ignore[attr-defined]  # noqa: SLF001 - as 3.11.5
    pool.shutdown(cancel_futures=True)


@contextmanager
def judging(snapshots: int) -> Iterator[ProcessPoolExecutor | None]:
    """Give processes for many snapshots; for few give None: this process judges them."""
    number = usual_number()
    pool = started(number, copied=False) if snapshots >= _MANY and number > 1 else None
    try:
        yield pool
    finally:
        if pool is not None:
            end(pool)


def results(
    pool: ProcessPoolExecutor | None,
    work: Callable[[list[_Item]], list[_Result]],
    tasks: Iterable[tuple[_Task, list[_Item]]],
    begin_with: int = AHEAD,
) -> Iterator[tuple[_Task, list[_Result]]]:
    """Submit the first tasks at once, and return each task with its results, in order."""
    if pool is None:
        return ((task, work(items)) for task, items in tasks)
    submitted = ((task, pool.submit(work, items)) for task, items in tasks)
    return _in_order(deque(islice(submitted, begin_with)), submitted)


def _in_order(
    waiting: deque[tuple[_Task, Future[list[_Result]]]],
    submitted: Iterator[tuple[_Task, Future[list[_Result]]]],
) -> Iterator[tuple[_Task, list[_Result]]]:
    while waiting:
        task, future = waiting.popleft()
        yield task, future.result()
        waiting.extend(islice(submitted, 1 if len(waiting) + 1 >= AHEAD else 2))


@contextmanager
def _interrupts_wait() -> Iterator[None]:
    """Block Ctrl-C while processes start; each then ignores it."""
    if sys.platform == "win32":
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def in_limited_process(
    function: Callable[..., _Answer], *arguments: object, seconds: float
) -> _Answer:
    """Return what a function returns in a process of its own, or raise what it raises there.

    Its memory and its time are limited, for libraries that read files from unknown people: a file
    that harms the process harms this one alone. On Windows only the time is limited.

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
    os.dup2(nowhere, 2)  # what a library prints when it aborts helps nobody
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
