# SPDX-License-Identifier: Apache-2.0
"""Limits the processor time that one snapshot may take.

Windows has no such timer. There judging is not limited; its time grows with the snapshot's size
alone.
"""

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class LateError(Exception):
    """It took too long."""


@contextmanager
def deadline(seconds: float) -> Iterator[None]:
    """Raise an error inside the block after it has used this many seconds of processor time.

    The block can be interrupted anywhere in Python code, so it must be safe to stop and repeat.
    Only the main thread can be interrupted; in other threads there is no limit.

    Raises:
        LateError: the time is up.
    """
    if sys.platform == "win32" or threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGVTALRM, _end)
    try:
        signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def _end(_number: int, _frame: FrameType | None) -> None:
    raise LateError
