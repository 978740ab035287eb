# SPDX-License-Identifier: Apache-2.0
"""The processes that judge snapshots."""

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
from typing import TypeVar

_PROCESSES = 6
"""With more processes, all wait for the one that reads or writes the store."""

AHEAD = 12
"""Tasks that are submitted ahead of the result that is used now."""

_MANY = 3000
"""To judge this many snapshots here takes longer than to start processes."""

_Item = TypeVar("_Item")
_Task = TypeVar("_Task")
_Result = TypeVar("_Result")


def _prepare_process() -> None:
    """Prepare a process that does nothing but judge.

    It ignores Ctrl-C, and exits when its parent exits. The garbage collector is off: rows hold no
    cycles, and there are many.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    gc.disable()


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
