# SPDX-License-Identifier: Apache-2.0
"""A command at a terminal of its own, and a person who types at it.

Standard input and standard error are the terminal, standard output is a pipe.
"""

import errno
import os
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

_DEADLINE_S = 60.0


class Terminal:
    """A running command, and all that its terminal has shown."""

    def __init__(
        self,
        command: Sequence[str | Path],
        env: Mapping[str, str],
        limit_s: float = _DEADLINE_S,
    ) -> None:
        """Start the command; the terminal is its controlling one.

        `limit_s` is the longest wait for one thing.
        """
        self._limit_s = limit_s
        self._master, slave = _open()
        self.process = subprocess.Popen(
            ["setsid", "--ctty", "--wait", *command],
            stdin=slave,
            stdout=subprocess.PIPE,
            stderr=slave,
            env=dict(env),
        )
        os.close(slave)
        self._shown = b""
        self._said = b""
        self._hearers = [threading.Thread(target=target) for target in (self._watch, self._hear)]
        for hearer in self._hearers:
            hearer.start()

    @property
    def screen(self) -> str:
        """All that was shown, with the terminal's line ends as one."""
        return self._shown.decode(errors="replace").replace("\r\n", "\n")

    def wait_for(self, text: str) -> None:
        """Wait until the screen has this text.

        Raises:
            TimeoutError: it does not come.
        """
        end = time.monotonic() + self._limit_s
        while text not in self.screen:
            if time.monotonic() > end or not self._hearers[0].is_alive():
                message = f"{text!r} is not on the screen:\n{self.screen}"
                raise TimeoutError(message)
            time.sleep(0.01)

    def type(self, line: str, *, after: str) -> None:
        """Type a line once the screen has this text."""
        self.wait_for(after)
        os.write(self._master, line.encode() + b"\n")

    def end(self) -> tuple[int, str]:
        """Wait for the end; return the exit status and what was on standard output."""
        status = self.process.wait(self._limit_s)
        for hearer in self._hearers:
            hearer.join(self._limit_s)
        return status, self._said.decode()

    def _watch(self) -> None:
        while piece := _read(self._master):
            self._shown += piece

    def _hear(self) -> None:
        assert self.process.stdout is not None
        with self.process.stdout as pipe:
            self._said = pipe.read()

    def __enter__(self) -> Self:
        """Return itself, so that `with` takes it away."""
        return self

    def __exit__(self, *_: object) -> None:
        """Take the terminal away; whoever still sits at it is hung up on."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(self._limit_s)
        for hearer in self._hearers:
            hearer.join(self._limit_s)
        os.close(self._master)


def shown(command: Sequence[str | Path], env: Mapping[str, str]) -> bytes:
    """Run a command whose standard output is a terminal; return the bytes that came there.

    The terminal passes them on as they are: it makes no line ends of its own.
    """
    master, slave = _open()
    if sys.platform != "win32":
        import tty  # noqa: PLC0415 - Windows has no such terminal

        tty.setraw(slave)
    with subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=slave, env=dict(env)
    ) as running:
        os.close(slave)
        pieces = []
        while piece := _read(master):
            pieces.append(piece)
    os.close(master)
    assert running.returncode == 0
    return b"".join(pieces)


def _read(master: int) -> bytes:
    """Return what comes next at a terminal; nothing where nobody has its other end open."""
    try:
        return os.read(master, 4096)
    except OSError as error:  # Linux says it so
        if error.errno != errno.EIO:
            raise
        return b""


def _open() -> tuple[int, int]:
    """Return the two ends of a new terminal."""
    if sys.platform == "win32":
        raise NotImplementedError
    return os.openpty()
