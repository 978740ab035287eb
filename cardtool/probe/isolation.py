# SPDX-License-Identifier: Apache-2.0
"""Runs native code in a child process that has a deadline and can be ended.

Imports next to nothing, so that the children can start before everything else is loaded. A question
is one line on the child's standard input, its answer one line on its standard output.
`cardtool.probe.jobs` says what the lines are.
"""

import errno
import os
import queue
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Self

from cardtool.probe import children
from cardtool.probe.check_lock import CheckLock

_NTSTATUS_ERROR = 0xC0000000
_NTSTATUS = {
    0xC0000005: "ACCESS_VIOLATION",
    0xC00000FD: "STACK_OVERFLOW",
    0xC0000374: "HEAP_CORRUPTION",
    0xC0000409: "STACK_BUFFER_OVERRUN",
}
"""The exit codes of crashes: all from the first on, and names of some. Source: [MS-ERREF] §2.3."""

_CHUNK_BYTES = 64 * 1024
_COMPLAINT_BYTES = 500
ANSWER_LIMIT_BYTES = 16 * 1024 * 1024  # a desk with a hundred cards answers with 2 MB


class LostWorkerError(Exception):
    """The child gives no more answers: it crashed, was too slow, or has ended."""

    def __init__(self, name: str, code: int | None = None, detail: str = "") -> None:
        """Take a signal, a Windows exception, EXIT or TIMEOUT, its number, and what was printed."""
        super().__init__(name, code, detail)
        self.name = name
        self.code = code
        self.detail = detail


class Worker:
    """A child process that answers the questions of one job, started now and asked later.

    It is never killed while it may be talking to a card, because PC/SC resets the card if a process
    dies in a transaction. A child that is too slow is left alone: it exits when its library
    returns, or some time after its deadline if the library never returns.
    """

    def __init__(
        self,
        job: str,
        *,
        is_mute: bool = False,
        inherits: int | None = None,
        copies: Callable[[str], object] | None = None,
        idle_s: float | None = None,
    ) -> None:
        """Start the child: the job is pcsc, watch, pkcs11, online or sign.

        `is_mute`: its error output is not read, because a library may print a PIN. `inherits` is
        the descriptor of a lock, which is held until the child has ended. `copies` is the function
        that the child runs if it is a fork of this process, which must have no other thread yet;
        None: the child is a new Python, which waits `idle_s` for its first question.
        """
        self._answers: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self._expected: queue.SimpleQueue[bool] = queue.SimpleQueue()
        self._complaints = b""
        self._loss: LostWorkerError | None = None
        self._listeners: tuple[threading.Thread, ...] = ()
        self._status: int | None = None
        self._ended = threading.Event()
        self.meanwhile: Iterator[object] = iter(())
        """Steps of other work, done one by one while this process waits for an answer."""
        self._process: children.Child | None = None
        try:
            if copies:
                self._process = children.fork(copies, job, inherits)
            else:
                waits = (f"{idle_s:g}",) if idle_s is not None else ()
                self._process = children.start(job, inherits, *waits, is_mute=is_mute)
                self._listen(self._process)
        except OSError as error:  # no more processes, memory or descriptors
            name = errno.errorcode.get(error.errno or 0, "EIO")
            self._loss = LostWorkerError(name, error.errno, str(error))

    @property
    def pid(self) -> int | None:
        """Return the child's process number; None where it could not be started."""
        return None if self._process is None else self._process.pid

    @property
    def is_lost(self) -> bool:
        """Tell whether it can answer nothing more."""
        return self._loss is not None

    def ask(self, question: bytes, *, timeout_s: float) -> bytes:
        """Return the answer to a question; the question has no line break.

        Raises:
            LostWorkerError: the child crashed or was too slow, now or earlier.
        """
        if self._process is None or self._loss is not None:
            raise self._loss or LostWorkerError("EXIT")
        self._listen(self._process)
        self._expected.put(True)  # noqa: FBT003 - the only kind of message
        with suppress(OSError):  # a dead child shows itself by its missing answer
            self._process.stdin.write(b"%g %s\n" % (timeout_s, question))
            self._process.stdin.flush()
        try:
            line = self._answers.get(timeout=self._work_until_answered(timeout_s))
        except queue.Empty:
            self._loss = LostWorkerError("TIMEOUT", detail=f"no answer in {timeout_s:.1f} s")
            raise self._loss from None
        if not line.endswith(b"\n"):
            if len(line) >= ANSWER_LIMIT_BYTES:
                detail = f"an answer of {ANSWER_LIMIT_BYTES} bytes or more"
                self._loss = LostWorkerError("OVERSIZE", detail=detail)
            else:
                self._loss = self._how_it_ended()
            raise self._loss
        return line

    def _work_until_answered(self, timeout_s: float) -> float:
        """Do other work until there is an answer or no work is left; return the seconds left.

        Otherwise this process would only wait. A thread is not used, because two threads must not
        load the same thing at once: msgspec and our caches do not allow it.
        """
        end = time.monotonic() + timeout_s
        while self._answers.empty() and time.monotonic() < end:
            if next(self.meanwhile, self) is self:
                break
        return max(0.0, end - time.monotonic())

    def end(self, wait_s: float = 0.0) -> None:
        """Ask the child to close its library and exit; wait for that if the child is not lost."""
        if self._process is None:
            return
        self._listen(self._process)
        with suppress(OSError):
            self._process.stdin.close()
        self._expected.put(False)  # noqa: FBT003 - the only other kind of message
        if sys.platform != "win32" and not self._ended.is_set():
            with suppress(ProcessLookupError):
                os.kill(self._process.pid, signal.SIGCONT)  # a library may have stopped it
        if not self.is_lost:
            self._ended.wait(wait_s)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def _listen(self, process: children.Child) -> None:
        """Start the threads that read the child's output; of a fork not before all are made."""
        if not self._listeners:
            hear = (self._hear_answers, self._hear_complaints)
            self._listeners = tuple(
                threading.Thread(target=listen, args=(process,), daemon=True) for listen in hear
            )
            for listener in self._listeners:
                listener.start()

    def _hear_answers(self, process: children.Child) -> None:
        """Read exactly one line for each question, up to the limit; then wait for the end."""
        with process.stdout as pipe:
            while self._expected.get():
                line = pipe.readline(ANSWER_LIMIT_BYTES)
                self._answers.put(line)
                if not line.endswith(b"\n"):
                    break
        self._status = process.wait()
        self._ended.set()

    def _hear_complaints(self, process: children.Child) -> None:
        if process.stderr is None:  # mute
            return
        with process.stderr as pipe:
            while text := os.read(pipe.fileno(), _CHUNK_BYTES):
                self._complaints = (self._complaints + text)[-_COMPLAINT_BYTES:]

    def _how_it_ended(self) -> LostWorkerError:
        if not self._ended.wait(timeout=1.0) or self._status is None:
            return LostWorkerError("CLOSED", detail="it closed its output and went on")
        self._listeners[1].join(timeout=1.0)
        return name_exit(self._status, self._complaints.decode(errors="replace"))


class Workers:
    """The children of one check. The first two start together, so that they load side by side."""

    def __init__(
        self, copies: Callable[[str], object] | None = None, *, idle_s: float | None = None
    ) -> None:
        """Start the first two, if possible as forks of this process that run `copies`.

        Then this process must have no other thread. `idle_s` is that of `Worker`.
        """
        self._idle_s = idle_s
        self.lock = CheckLock()
        copies = copies if children.can_fork() else None
        self.pcsc = self._at_cards("pcsc", copies)
        if copies:
            _load_records()
        self._ready = [self._at_cards("pkcs11", copies)]
        self._given: list[Worker] = []
        self._meanwhile: Iterator[object] = iter(())

    def work(self, steps: Iterator[object]) -> None:
        """Do these steps, one by one, whenever this process waits for an answer."""
        self._meanwhile = steps
        for worker in self._all:
            worker.meanwhile = steps

    def pkcs11(self, wait_s: float = 0.0) -> Worker:
        """Return a child for one module: the one that is ready, or a new one.

        Earlier children end first, so that two modules never use a card at the same time.
        """
        for earlier in self._given:
            earlier.end(wait_s)
        worker = self._ready.pop() if self._ready else self._at_cards("pkcs11")
        worker.meanwhile = self._meanwhile
        self._given.append(worker)
        return worker

    @property
    def pids(self) -> tuple[int, ...]:
        """Return the numbers of this process and of all its children, dead or alive."""
        return (os.getpid(), *(worker.pid for worker in self._all if worker.pid is not None))

    @property
    def _all(self) -> tuple[Worker, ...]:
        return (self.pcsc, *self._ready, *self._given)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for worker in self._all:
            worker.end()
        self.lock.close()

    def _at_cards(self, job: str, copies: Callable[[str], object] | None = None) -> Worker:
        return Worker(job, inherits=self.lock.descriptor, copies=copies, idle_s=self._idle_s)


def _load_records() -> None:
    """Load what this process and its next copy need, once for both.

    msgspec would load typing_extensions if it could, which takes 2 ms, and needs nothing of it that
    `typing` has not.
    """
    sys.modules.setdefault("typing_extensions", None)  # type: ignore[arg-type]  # not to be found
    import cardtool.model.snapshot  # noqa: F401, PLC0415 - a worker for PC/SC does without

    if sys.modules["typing_extensions"] is None:
        del sys.modules["typing_extensions"]


def name_exit(status: int, detail: str) -> LostWorkerError:
    """Say how a child ended from its exit status: a signal, a Windows exception or a number."""
    if status < 0:
        with suppress(ValueError):  # real-time signals have a number only
            return LostWorkerError(signal.Signals(-status).name, -status, detail)
        return LostWorkerError(f"SIG{-status}", -status, detail)
    if status >= _NTSTATUS_ERROR:
        return LostWorkerError(_NTSTATUS.get(status, f"0x{status:08X}"), status, detail)
    return LostWorkerError("EXIT", status, detail)
