# SPDX-License-Identifier: Apache-2.0
"""A small process above each worker, which ends whatever the worker started.

A worker forks before it loads anything: the child does the job, and the parent supervises it. On
Linux the supervisor adopts the processes that the job leaves behind, and ends them after the job.
It is in another process group, so that a driver's `kill(0, SIGTERM)` ends only the job.

On Windows a job object of the worker's own does the same: `job_object`.
"""

import contextlib
import mmap
import os
import select
import signal
import struct
import sys
import time
from collections.abc import Callable, Iterator

assert sys.platform != "win32"  # noqa: S101 - for the type checker

_PR_SET_CHILD_SUBREAPER = 36  # source: prctl(2), linux/prctl.h

PATIENCE_S = 120.0
"""How long after its deadline a job may go on as long as it reads and writes.

Its library may be talking to a slow card, and PC/SC resets a card if it is ended in a transaction.
OpenSC 0.23 sends 235 commands to a card it does not know.
"""

_SILENCE_S = 5.0  # a job that has read and written nothing for so long hangs

_NEVER = 1e18
_POLL_S = 1.0  # how often the deadline of the job is read again: each question moves it

_PAUSE_S = 0.02
_CLEAN_UP_S = 5.0
"""For how long leftover processes are killed repeatedly: they may start others."""


def fork_job(memory_limit_bytes: int) -> Callable[[float], None]:
    """Fork a child that does the job; return in the child alone.

    Return a function that sets the deadline of the job on the monotonic clock. After the deadline
    the job is ended, even if it has stopped itself. If the system cannot fork, there is no
    supervisor.

    The limit is RLIMIT_DATA: private memory that can be written, of each process by itself.
    RLIMIT_AS counts address space, most of which Go, Java and malloc's arenas (64 MB a thread)
    reserve and never use. Shared memory is not counted, and macOS enforces neither limit.
    Source: setrlimit(2), Linux 4.7 and later.
    """
    import resource  # noqa: PLC0415 - not on Windows

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    end = mmap.mmap(-1, struct.calcsize("d"))
    struct.pack_into("d", end, 0, _NEVER)
    try:
        job = os.fork()
    except OSError:
        job = 0
    if job:
        _supervise(job, end)
    with contextlib.suppress(OSError):  # without a supervisor it leads a session already
        os.setsid()
    resource.setrlimit(resource.RLIMIT_DATA, (memory_limit_bytes, memory_limit_bytes))
    return lambda at: struct.pack_into("d", end, 0, at)


def _supervise(job: int, end: mmap.mmap) -> None:
    """Wait for the job, end what it left behind, and exit with its status."""
    with open(os.devnull, "r+b") as nothing:  # noqa: PTH123 - a descriptor is wanted, not a path
        for standard in range(3):
            os.dup2(nothing.fileno(), standard)
    _adopt_orphans()
    status = _wait(job, end)
    _end_the_rest(job)
    if os.WIFSIGNALED(status):
        with contextlib.suppress(OSError):  # nobody can handle SIGKILL
            signal.signal(os.WTERMSIG(status), signal.SIG_DFL)
        os.kill(os.getpid(), os.WTERMSIG(status))
    os._exit(os.waitstatus_to_exitcode(status) & 0xFF)


def _adopt_orphans() -> None:
    """Become the parent of every process that the job's processes leave behind."""
    if sys.platform != "linux":
        return
    with contextlib.suppress(ImportError, OSError, AttributeError):
        import ctypes  # noqa: PLC0415 - while the job loads its own

        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def _wait(job: int, end: mmap.mmap) -> int:
    """Wait for the job and return its status; resume it if it stops, end it if it is late."""
    signal_reader, signal_writer = os.pipe()
    os.set_blocking(signal_writer, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(signal_writer, warn_on_full_buffer=False)
    transfers, transferred_at = None, 0.0
    while True:
        pid, status = os.waitpid(-1, os.WNOHANG | os.WUNTRACED)
        if pid == job and not os.WIFSTOPPED(status):
            return status
        if pid == job:
            time.sleep(_PAUSE_S)  # so that a job that keeps stopping does not use up the processor
            os.kill(job, signal.SIGCONT)
        if pid == 0:
            (at,), now = struct.unpack_from("d", end), time.monotonic()
            if (count := _transfers(job)) != transfers:
                transfers, transferred_at = count, now
            if at <= now and (now - transferred_at > _SILENCE_S or at + PATIENCE_S <= now):
                os.kill(job, signal.SIGKILL)
            if select.select([signal_reader], [], [], _POLL_S)[0]:
                os.read(signal_reader, 4096)


def _transfers(job: int) -> bytes | None:
    """Count the reads and writes of a process; None: this system does not count them.

    If the count is hidden, as for the process that gets a PIN, count its waits instead.
    Source: proc(5), /proc/PID/io and /proc/PID/status.
    """
    for name, word in (("io", b"syscr"), ("status", b"voluntary_ctxt_switches")):
        with contextlib.suppress(OSError), open(f"/proc/{job}/{name}", "rb") as lines:  # noqa: PTH123 - without pathlib
            return b" ".join(line for line in lines if line.startswith(word))
    return None


def _end_the_rest(job: int) -> None:
    """End what the job started: its process group, and what was adopted."""
    with contextlib.suppress(OSError):
        os.killpg(job, signal.SIGKILL)
    limit = time.monotonic() + _CLEAN_UP_S
    while _has_children() and time.monotonic() < limit:
        for pid in _children():
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(_PAUSE_S)


def _has_children() -> bool:
    """Tell whether any child is left, after those that have ended."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        return False
    return True


def _children() -> Iterator[int]:
    """Yield the numbers of this process's children, as far as /proc can be read: only on Linux.

    This looks at every process of the machine, which takes milliseconds.
    """
    parent = str(os.getpid()).encode()
    with contextlib.suppress(OSError):
        for pid in filter(str.isdecimal, os.listdir("/proc")):  # noqa: PTH208 - without pathlib
            with contextlib.suppress(OSError), open(f"/proc/{pid}/stat", "rb") as stat:  # noqa: PTH123
                if stat.read().rpartition(b")")[2].split()[1] == parent:
                    yield int(pid)
