# SPDX-License-Identifier: Apache-2.0
"""Starts a worker's process: a new Python, or a fork of this process, which is ready sooner.

Imports next to nothing, as `isolation` does.
"""

import os
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import IO, NamedTuple, NoReturn

_DESCRIPTORS = "/proc/self/fd"
_LAST_STANDARD = 2


class Child(NamedTuple):
    """A process, and this process's ends of its standard streams."""

    pid: int
    stdin: IO[bytes]
    stdout: IO[bytes]
    stderr: IO[bytes] | None
    wait: Callable[[], int]
    """Waits for its end and returns its exit status; negative: the signal that ended it."""


def start(job: str, inherits: int | None, *arguments: str, is_mute: bool) -> Child:
    """Start a new Python for a job; it inherits one descriptor besides the standard streams.

    `arguments` are those of `worker.main` after the job.

    Raises:
        OSError: there are no more processes, memory or descriptors.
    """
    import subprocess  # noqa: PLC0415 - 7 ms, and a check of one card does without

    # a file of a native library's name in the current folder must not be run (-P, and in -I)
    flags = ["-I" if sys.flags.isolated else "-P", *(["-B"] if sys.dont_write_bytecode else [])]
    program = [] if getattr(sys, "frozen", False) else [*flags, "-m", "cardtool"]
    command = [sys.executable, *program, "worker", job, *arguments]
    if sys.platform == "win32":
        return _start_on_windows(subprocess.list2cmdline(command), is_mute=is_mute)
    process = subprocess.Popen(  # noqa: S603 - ours
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL if is_mute else subprocess.PIPE,
        pass_fds=() if inherits is None else (inherits,),
        start_new_session=True,  # a library that signals its process group hits only itself
    )
    assert process.stdin is not None  # noqa: S101 - both are pipes
    assert process.stdout is not None  # noqa: S101
    return Child(process.pid, process.stdin, process.stdout, process.stderr, process.wait)


def _start_on_windows(line: str, *, is_mute: bool) -> Child:
    """Start a new Python as `windows_child` does."""
    if sys.platform != "win32":
        raise NotImplementedError
    import _winapi  # noqa: PLC0415 - each system needs but its own
    import msvcrt  # noqa: PLC0415

    from cardtool.probe import windows_child  # noqa: PLC0415

    pipes = [os.pipe() for _ in range(2 if is_mute else 3)]
    its = [pipes[0][0], *(write for _, write in pipes[1:])]
    ours = [pipes[0][1], *(read for read, _ in pipes[1:])]
    if is_mute:
        its.append(os.open(os.devnull, os.O_WRONLY))
    try:
        handles = [msvcrt.get_osfhandle(descriptor) for descriptor in its]
        for handle in handles:
            os.set_handle_inheritable(handle, True)  # noqa: FBT003 - its only argument
        process, pid = windows_child.start(sys.executable, line, handles)
    except OSError:
        for descriptor in ours:
            os.close(descriptor)
        raise
    finally:
        for descriptor in its:
            os.close(descriptor)

    def wait() -> int:
        _winapi.WaitForSingleObject(process, _winapi.INFINITE)
        status = _winapi.GetExitCodeProcess(process)
        _winapi.CloseHandle(process)
        return status

    stdin, stdout = os.fdopen(ours[0], "wb"), os.fdopen(ours[1], "rb")
    return Child(pid, stdin, stdout, None if is_mute else os.fdopen(ours[2], "rb"), wait)


def can_fork() -> bool:
    """Tell whether a copy of this process can be a worker: on Linux alone.

    If a standard stream is closed, a pipe would take its number.
    """
    is_open = None not in (sys.stdin, sys.stdout, sys.stderr)
    return sys.platform == "linux" and is_open and os.path.isdir(_DESCRIPTORS)  # noqa: PTH112


def fork(run: Callable[[str], object], job: str, inherits: int | None) -> Child:
    """Fork this process, and run a job in the fork; only while this process has one thread.

    Raises:
        OSError: there are no more processes, memory or descriptors.
    """
    if sys.platform == "win32":
        raise NotImplementedError
    ends: list[int] = []
    try:
        for _ in range(3):
            ends += os.pipe()
        pid = os.fork()
    except OSError:
        for descriptor in ends:
            os.close(descriptor)
        raise
    its_stdin, stdin, stdout, its_stdout, stderr, its_stderr = ends
    if not pid:
        _become(run, job, (its_stdin, its_stdout, its_stderr), inherits)
    for descriptor in (its_stdin, its_stdout, its_stderr):
        os.close(descriptor)
    return Child(
        pid,
        os.fdopen(stdin, "wb"),
        os.fdopen(stdout, "rb"),
        os.fdopen(stderr, "rb"),
        lambda: _wait(pid),
    )


def _wait(pid: int) -> int:
    """Wait for a fork and return its exit status, as `Child.wait` says.

    If the program that started this one ignores SIGCHLD, so does this process, and the kernel keeps
    no status of a child: it then counts as 0, as in `subprocess`.
    """
    try:
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    except ChildProcessError:
        return 0


def _become(
    run: Callable[[str], object], job: str, streams: tuple[int, int, int], inherits: int | None
) -> NoReturn:
    """Make this fork like a process of `start`: other streams, a session, no other descriptor."""
    try:
        if sys.platform != "win32":  # for the type checker
            os.setsid()
        for standard, descriptor in enumerate(streams):
            os.dup2(descriptor, standard)
        for descriptor in map(int, os.listdir(_DESCRIPTORS)):  # noqa: PTH208 - before pathlib
            if descriptor > _LAST_STANDARD and descriptor != inherits:
                with suppress(OSError):  # the list itself was read through one
                    os.close(descriptor)
        if not (sys.flags.safe_path or getattr(sys, "frozen", False)):
            del sys.path[0]  # as -P does
        run(job)
    except BaseException:  # noqa: BLE001 - nothing of this process goes on in its copy
        sys.excepthook(*sys.exc_info())
    finally:
        os._exit(1)
