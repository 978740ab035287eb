# SPDX-License-Identifier: Apache-2.0
"""What a computer of Windows holds, to compare two days: its files and its registry's values."""

import re
from collections.abc import Iterator
from pathlib import Path

_HIVES = ("system.reg", "user.reg", "userdef.reg")
_OF_WINE = re.compile(
    r'\[.*Class\\\\\{4D36E968-.*\] "DriverDate'  # written at each start
    r'|\[.*\\Services\\\\Schedule\] "Start"'  # its Task Scheduler, begun with the first task
)
"""Values of Wine itself."""
_LEFT_SEMICOLON = re.compile(r'(\] "PATH"=.*?);+"$')
"""Windows takes an entry of PATH out with its semicolon, Wine without."""
_STAMP = re.compile(r" \d+$")
"""When a key was changed last, behind its name."""


def files(prefix: Path) -> set[str]:
    """Return every file and link on drive C."""
    drive = prefix / "drive_c"
    return {
        path.relative_to(drive).as_posix()
        for path in drive.rglob("*")
        if path.is_symlink() or not path.is_dir()
    }


def values(prefix: Path) -> set[str]:
    """Return every value of the registry with its key and what it holds."""
    return {
        _LEFT_SEMICOLON.sub(r'\1"', value)
        for hive in _HIVES
        for value in _values((prefix / hive).read_text("latin-1"))
        if not _OF_WINE.match(value)
    }


def _values(hive: str) -> Iterator[str]:
    """Yield the values of a hive as Wine writes it; a long value goes on behind a backslash."""
    key = ""
    for line in hive.replace("\\\n", "").splitlines():
        if line.startswith("["):
            key = _STAMP.sub("", line)
        elif line.startswith(('"', "@")):
            yield f"{key} {line}"
