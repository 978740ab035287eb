# SPDX-License-Identifier: Apache-2.0
"""Finds out who holds the lock of `check_lock`, for a check that has to wait.

Only such a check loads psutil.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import psutil

from cardtool.model.surroundings import Running

assert sys.platform != "win32"  # noqa: S101 - for the type checker


def owner(descriptor: int) -> Running:
    """Name the process that took the lock; if it has ended, the newest one that still holds it.

    Without /proc, only the time at which the lock was taken is known.
    """
    pid, since = _taker(descriptor), os.fstat(descriptor).st_mtime
    program = "cardtool"  # nothing else takes the lock
    try:
        process = psutil.Process(-1 if pid is None else pid)
        program = process.name().encode(errors="replace").decode()
        since = process.create_time()
    except (ValueError, psutil.Error):
        pid = max((holder.pid for holder in _holders(descriptor)), default=pid)
    return Running(program=program, pid=pid, since=datetime.fromtimestamp(since, UTC))


def wake(descriptor: int) -> None:
    """Resume each supervisor of this user that holds the lock and was stopped.

    Only a driver can have stopped it, and may stop it again. So the processes below the supervisor
    are suspended first; then the supervisor can resume or end its job.
    """
    for process in _holders(descriptor):
        with suppress(psutil.Error, OSError):
            leads_session = os.getsid(process.pid) == process.pid  # what a terminal stops does not
            if leads_session and process.status() == psutil.STATUS_STOPPED:
                for below in process.children(recursive=True):
                    below.suspend()
                process.resume()


def _taker(descriptor: int) -> int | None:
    """Return the process that took the lock, which may have ended. Source: proc(5), /proc/locks."""
    with suppress(OSError):
        for line in Path("/proc/locks").read_text("ascii", "replace").splitlines():
            match line.split():
                case [_, "FLOCK", _, _, pid, place, *_] if place == _place(descriptor):
                    return int(pid) if pid.isdigit() else None
    return None


def _holders(descriptor: int) -> Iterator[psutil.Process]:
    """Give this user's processes that have the locked file open. Source: proc(5), fdinfo."""
    wanted = f" {_place(descriptor)} "
    for process in psutil.process_iter():
        with suppress(psutil.Error, OSError):
            if process.uids().effective == os.geteuid():
                opened = Path(f"/proc/{process.pid}/fdinfo").iterdir()
                if any(wanted in file.read_text("ascii", "replace") for file in opened):
                    yield process


def _place(descriptor: int) -> str:
    """Return how the kernel names the file in its lists of locks."""
    status = os.fstat(descriptor)
    return f"{os.major(status.st_dev):02x}:{os.minor(status.st_dev):02x}:{status.st_ino}"
