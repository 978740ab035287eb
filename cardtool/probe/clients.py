# SPDX-License-Identifier: Apache-2.0
"""The running programs that have PC/SC's client library loaded.

Records names only: the arguments of a program may hold anything about a person.
"""

import ntpath
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from cardtool.deadline import Deadline
from cardtool.model.surroundings import Process

if TYPE_CHECKING:
    import psutil

_DAEMON = "pcscd"


def look(ours: Sequence[int], timeout_s: float) -> tuple[Process, ...]:
    """Return the programs that use PC/SC, as many as were found in time.

    It leaves out `ours` (this process, then its workers), the workers' children, the daemon, and
    processes that this user may not inspect. macOS does not show what a process has loaded. In a
    name that is not UTF-8, question marks replace the wrong bytes.
    """
    return tuple(_find(frozenset(ours), frozenset(ours[1:]), Deadline(timeout_s)))


def uses_pcsc(libraries: Iterable[str]) -> bool:
    """Tell whether PC/SC's client library is among the files a process has mapped."""
    names = {ntpath.basename(path).lower() for path in libraries}  # reads paths of both kinds
    return any(name == "winscard.dll" or name.startswith("libpcsclite") for name in names)


def _find(ours: frozenset[int], workers: frozenset[int], deadline: Deadline) -> Iterator[Process]:
    import psutil  # noqa: PLC0415 - native, and whoever does not ask for programs does without

    for process in psutil.process_iter():
        if not deadline.left_s:
            return
        if process.pid in ours:
            continue
        try:
            if not uses_pcsc(_libraries(process)) or process.ppid() in workers:
                continue
            if (name := process.name()) != _DAEMON:
                yield Process(pid=process.pid, name=name.encode(errors="replace").decode())
        except (psutil.Error, OSError):  # it has ended, or may not be looked at
            continue


def _libraries(process: "psutil.Process") -> Iterator[str]:
    if sys.platform == "linux":
        # psutil asks for sizes too, for which the kernel walks all the memory of a process
        text = Path(f"/proc/{process.pid}/maps").read_text("utf-8", "replace")
        return (line[place:] for line in text.splitlines() if (place := line.find("/")) > 0)
    if sys.platform == "win32":
        return (mapped.path for mapped in process.memory_maps())
    return iter(())
