# SPDX-License-Identifier: Apache-2.0
# ruff: noqa: SLF001 - a folder moves a file into another folder
"""Opens, moves and removes files through the open folder that holds them.

Whoever may write into a folder may put a link in the place of a file or of a folder at any moment.
Only what a person named may be a link; from there each step is taken from the folder that is
open, and none through a link. Where the system opens no folders (Windows) the names are asked.
"""

import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Self

import msgspec

_PRIVATE = 0o600
_PRIVATE_FOLDER = 0o700

_HAS_FOLDERS = os.open in os.supports_dir_fd and os.scandir in os.supports_fd
_NO_LINK = getattr(os, "O_NOFOLLOW", 0)
_PLAIN = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
_FOLDER = getattr(os, "O_DIRECTORY", 0)


class Spot(msgspec.Struct, frozen=True, kw_only=True):
    """Where a file lies: what was named, and the way from there."""

    named: Path
    way: tuple[str, ...] = ()
    """Empty: the file itself was named, and may be a link."""
    state: tuple[int, int] = (-1, -1)
    """Size and time of the last change, when it was read."""

    @property
    def path(self) -> Path:
        """Return its path as a person reads it."""
        return self.named.joinpath(*self.way)


class Folder:
    """A folder that is open: it stays the same folder, whatever its name leads to later.

    Each method raises an OSError where the system refuses, and where a link has taken the place of
    what was asked for.
    """

    def __init__(self, path: Path, number: int | None) -> None:
        """Take what was opened; `named` and `within` do so."""
        self.path = path
        self._number = number

    @classmethod
    def named(cls, path: Path) -> "Folder":
        """Open a folder that a person named; it may be a link."""
        return cls(path, os.open(path, os.O_RDONLY | _FOLDER) if _HAS_FOLDERS else None)

    @classmethod
    def of(cls, spot: Spot) -> "Folder":
        """Open the folder that holds a file."""
        if not spot.way:
            return cls.named(spot.named.parent)
        return cls.reached(spot.named, spot.way[:-1])

    @classmethod
    def reached(cls, named: Path, way: tuple[str, ...]) -> "Folder":
        """Open a folder that lies below one that was named, step by step."""
        here = cls.named(named)
        for name in way:
            with here:
                here = here.within(name)
        return here

    def within(self, name: str) -> "Folder":
        """Open a folder in this one."""
        if not _HAS_FOLDERS:
            _refuse_link(self.path / name)
            return Folder(self.path / name, None)
        flags = os.O_RDONLY | _FOLDER | _NO_LINK
        return Folder(self.path / name, os.open(name, flags, dir_fd=self._number))

    def made(self, name: str) -> "Folder":
        """Open a folder in this one; one that is not there is made, for nobody else."""
        with suppress(FileExistsError):
            os.mkdir(self._of(name), _PRIVATE_FOLDER, dir_fd=self._number)
        return self.within(name)

    def entries(self) -> Iterator[os.DirEntry[str]]:
        """Yield what is in it."""
        with os.scandir(self.path if self._number is None else self._number) as found:
            yield from found

    def open(self, name: str, *, follow: bool = False) -> int:
        """Open a file to read, and return its number; a pipe is not waited for."""
        if not follow and not _HAS_FOLDERS:
            _refuse_link(self.path / name)
        flags = os.O_RDONLY | _PLAIN | (0 if follow else _NO_LINK)
        return os.open(self._of(name), flags, dir_fd=self._number)

    def new(self, name: str) -> int:
        """Make a file that only we may read, and return its number."""
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | _PLAIN
        return os.open(self._of(name), flags, _PRIVATE, dir_fd=self._number)

    def remove(self, name: str, state: tuple[int, int]) -> None:
        """Remove a file that is as it was when it was read; a link, or another file, stays."""
        about = self._about(name)
        if stat.S_ISREG(about.st_mode) and state_of(about) == state:
            self.discard(name)

    def remove_empty(self, name: str) -> None:
        """Remove a file that nothing was written into."""
        if self._about(name).st_size == 0:
            self.discard(name)

    def discard(self, name: str) -> None:
        """Remove whatever has a name."""
        os.unlink(self._of(name), dir_fd=self._number)

    def move(self, name: str, to: "Folder", new: str, file: os.stat_result) -> None:
        """Move a file that is as it was when it was opened, whatever its size.

        `new` is a name in the other folder that was made for it, and is taken.

        Raises:
            FileNotFoundError: another file has taken its name meanwhile; that one stays.
        """
        if not _is_same(self._about(name), file):
            raise FileNotFoundError
        self._rename(name, to, new)
        if not _is_same(to._about(new), file):  # it was swapped in between the two
            to._rename(new, self, self._reserved(name))
            raise FileNotFoundError

    def _reserved(self, name: str) -> str:
        number = 0
        while True:
            free = f"again-{number}-{name}" if number else name
            try:
                os.close(self.new(free))
            except FileExistsError:
                number += 1
            else:
                return free

    def _rename(self, name: str, to: "Folder", new: str) -> None:
        os.replace(self._of(name), to._of(new), src_dir_fd=self._number, dst_dir_fd=to._number)

    def _about(self, name: str) -> os.stat_result:
        return os.stat(self._of(name), dir_fd=self._number, follow_symlinks=False)

    def _of(self, name: str) -> str:
        return str(self.path / name) if self._number is None else name

    def __enter__(self) -> Self:
        """Give it, and close it afterwards."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close it."""
        if self._number is not None:
            os.close(self._number)
            self._number = None


def state_of(about: os.stat_result) -> tuple[int, int]:
    """Return what differs between a file and another one that took its name."""
    return about.st_size, about.st_mtime_ns


def _is_same(one: os.stat_result, other: os.stat_result) -> bool:
    """Tell whether two answers are about one file that did not change."""
    return (one.st_ino, one.st_dev, state_of(one)) == (other.st_ino, other.st_dev, state_of(other))


def _refuse_link(path: Path) -> None:
    if path.is_symlink():
        text = "is a link"
        raise OSError(text)
