# SPDX-License-Identifier: Apache-2.0
"""The processes below another one, as Linux shows them."""

import contextlib
import time
from pathlib import Path
from typing import NamedTuple

import psutil

_PAUSE_S = 1.0
_LIMIT_S = 30.0


class Size(NamedTuple):
    """What a process and all below it take of the machine."""

    memory_mb: float
    """Their own memory, without what they share."""
    handles: int
    processes: int


def size_of(pid: int) -> Size:
    """Return what a process and all below it take, once none of them has come or gone for a while.

    Raises:
        TimeoutError: they come and go all the time.
    """
    end = time.monotonic() + _LIMIT_S
    before: list[psutil.Process] = []
    while time.monotonic() < end:
        root = psutil.Process(pid)
        members = [root, *root.children(recursive=True)]
        with contextlib.suppress(psutil.NoSuchProcess, FileNotFoundError):
            if members == before:
                memory = sum(member.memory_full_info().uss for member in members)
                handles = sum(
                    len(list(Path(f"/proc/{member.pid}/fd").iterdir())) for member in members
                )
                return Size(memory / 2**20, handles, len(members))
        before = members
        time.sleep(_PAUSE_S)
    raise TimeoutError


def below(pid: int) -> list[int]:
    """Return the process numbers of all descendants, children before grandchildren."""
    descendants: list[int] = []
    above = [pid]
    while above:
        folder = Path(f"/proc/{above.pop(0)}/task")
        try:
            texts = [(thread / "children").read_text() for thread in folder.iterdir()]
        except OSError:  # it has ended
            continue
        children = [int(word) for text in texts for word in text.split()]
        descendants += children
        above += children
    return descendants


def is_running(pid: int) -> bool:
    """Tell whether a process has not ended; one that waits to be reaped has."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def uses(pid: int, library: Path) -> bool:
    """Tell whether a process has loaded a library."""
    try:
        return str(library) in Path(f"/proc/{pid}/maps").read_text()
    except OSError:
        return False
