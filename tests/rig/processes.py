# SPDX-License-Identifier: Apache-2.0
"""The processes below another one, as Linux shows them."""

from pathlib import Path


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
