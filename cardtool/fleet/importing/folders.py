# SPDX-License-Identifier: Apache-2.0
# ruff: noqa: SLF001 - `move` uses the other folder's descriptor
"""Opens, moves and removes files through the open folder that holds them.

Everybody who may write into a folder can replace a file or a folder in it by a link at any moment.
So only a path that a person named may be a link. From there each step starts at the folder that is
open, and never follows a link. Windows opens no folders; there only the names are checked.
"""

import itertools
import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Self

import msgspec

_HAS_FOLDERS = os.open in os.supports_dir_fd and os.scandir in os.supports_fd
_NO_LINK = getattr(os, "O_NOFOLLOW", 0)
_PLAIN = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
_FOLDER = getattr(os, "O_DIRECTORY", 0)

State = tuple[int, int, int, int]
"""Device, inode, size and time of the last change."""


class Location(msgspec.Struct, frozen=True, kw_only=True):
    """Where a file is: the path that a person named, and the way from there."""

    named: Path
    way: tuple[str, ...] = ()
    """Empty: the file itself was named, and may be a link."""
    state: State | None = None
    """What the file was when it was read (`state_of`); None: it has not been opened."""

    @property
    def path(self) -> Path:
        """Return its path as a person reads it."""
        return self.named.joinpath(*self.way)


class Folder:
    """An open folder: it stays the same folder, whatever its name leads to later.

    Each method raises an OSError if the system refuses, or if a link has replaced the file or the
    folder.
    """

    def __init__(self, path: Path, number: int | None) -> None:
        """Take an open folder; `named` and `within` open one."""
        self.path = path
        self._number = number

    @classmethod
    def named(cls, path: Path) -> "Folder":
        """Open a folder that a person named; it may be a link."""
        return cls(path, os.open(path, os.O_RDONLY | _FOLDER) if _HAS_FOLDERS else None)

    @classmethod
    def of(cls, location: Location) -> "Folder":
        """Open the folder that holds a file."""
        way = location.way[:-1]
        return (
            cls.reached(location.named, way) if location.way else cls.named(location.named.parent)
        )

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
        if self._number is None:
            _refuse_link(self.path / name)
            return Folder(self.path / name, None)
        flags = os.O_RDONLY | _FOLDER | _NO_LINK
        return Folder(self.path / name, os.open(name, flags, dir_fd=self._number))

    def made(self, name: str) -> "Folder":
        """Open a folder in this one; if it does not exist, make it, for its owner only."""
        with suppress(FileExistsError):
            os.mkdir(self._of(name), 0o700, dir_fd=self._number)
        return self.within(name)

    def entries(self) -> Iterator[os.DirEntry[str]]:
        """Yield the entries of the folder."""
        with os.scandir(self.path if self._number is None else self._number) as scanned:
            yield from scanned

    def open(self, name: str, *, follow: bool = False) -> int:
        """Open a file to read, and return its descriptor; never wait for a pipe."""
        if not follow and self._number is None:
            _refuse_link(self.path / name)
        flags = os.O_RDONLY | _PLAIN | (0 if follow else _NO_LINK)
        return os.open(self._of(name), flags, dir_fd=self._number)

    def new(self, name: str) -> int:
        """Make a file that only its owner may read, and return its descriptor."""
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | _PLAIN
        return os.open(self._of(name), flags, 0o600, dir_fd=self._number)

    def remove(self, name: str, state: State | None) -> None:
        """Remove a file if it has not changed since it was read; a link or another file stays."""
        about = self._about(name)
        if stat.S_ISREG(about.st_mode) and state_of(about) == state:
            self.discard(name)

    def discard(self, name: str, *, if_empty: bool = False) -> None:
        """Remove whatever has this name, or only a file that nothing was written into."""
        if not if_empty or self._about(name).st_size == 0:
            os.unlink(self._of(name), dir_fd=self._number)

    def move(self, name: str, to: "Folder", new: str, file: State) -> None:
        """Move a file if it has not changed since it was opened, whatever its size.

        `new` is the name of an empty file that was made for it in the other folder.

        Raises:
            FileNotFoundError: another file has its name by now; that file stays.
        """
        if state_of(self._about(name)) != file:
            raise FileNotFoundError
        self._rename(name, to, new)
        if state_of(to._about(new)) != file:  # it was replaced between the check and the move
            to._rename(new, self, self._reserved(name))
            raise FileNotFoundError

    def _reserved(self, name: str) -> str:
        for number in itertools.count():
            free = f"again-{number}-{name}" if number else name
            with suppress(FileExistsError):
                os.close(self.new(free))
                break
        return free

    def _rename(self, name: str, to: "Folder", new: str) -> None:
        os.replace(self._of(name), to._of(new), src_dir_fd=self._number, dst_dir_fd=to._number)

    def _about(self, name: str) -> os.stat_result:
        return os.stat(self._of(name), dir_fd=self._number, follow_symlinks=False)

    def _of(self, name: str) -> str:
        return str(self.path / name) if self._number is None else name

    def __enter__(self) -> Self:
        """Return itself, so that `with` closes it."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the folder."""
        if self._number is not None:
            os.close(self._number)
            self._number = None


def state_of(about: os.stat_result) -> State:
    """Return what shows that a file was changed or replaced."""
    return about.st_dev, about.st_ino, about.st_size, about.st_mtime_ns


def _refuse_link(path: Path) -> None:
    if path.is_symlink():
        text = "is a link"
        raise OSError(text)
