# SPDX-License-Identifier: Apache-2.0
"""A lock that one of several programs holds at a time. Only the standard library is used."""

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_RETRY_S = 0.02

_PLAIN = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
"""No link is followed, and no pipe waited for."""


@contextmanager
def held(place: Path, patience_s: float) -> Iterator[bool]:
    """Hold the lock of a file, which the system releases when this process ends.

    False: another has had it for so long. Only its holder may remove the file; whoever waits for
    it then makes a new one.

    Raises:
        OSError: the file cannot be made, or its file system knows no locks.
    """
    until = time.monotonic() + patience_s
    while True:
        with open(place, "ab", opener=_private) as file:
            mine = _take(file.fileno()) and _is_at(place, file.fileno())
            if mine or time.monotonic() >= until:
                yield mine
                return
        time.sleep(_RETRY_S)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags | _PLAIN, 0o600)


def _is_at(place: Path, handle: int) -> bool:
    """Tell whether an open file is still at its place; Windows removes no open file."""
    if sys.platform == "win32":
        return True
    try:
        return os.path.samestat(place.lstat(), os.fstat(handle))
    except FileNotFoundError:
        return False


def _take(handle: int) -> bool:
    """Take the lock of an open file if nobody has it."""
    if sys.platform == "win32":
        import msvcrt  # noqa: PLC0415 - Windows alone has it

        try:
            os.lseek(handle, 0, os.SEEK_SET)
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True
    import fcntl  # noqa: PLC0415 - Windows lacks it

    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
