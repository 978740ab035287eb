# SPDX-License-Identifier: Apache-2.0
"""Keeps rejected files and lines, with the reason beside them; nothing is lost or overwritten.

A file is moved, not copied: a copy of a sparse file could fill the disk. Lines of standard input
that could not be imported are written to a file. Both go into the folder `rejected` beside the
file, or into the folder that was named. A file that is rejected twice is kept once.
"""

import errno
import hashlib
import io
import itertools
import os
import stat
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from cardtool.fleet.importing.files import REJECTED
from cardtool.fleet.importing.folders import Folder, Location, state_of
from cardtool.model.snapshot import SIZE_LIMIT_BYTES

_LONGEST_NAME = 180
"""Bytes; systems allow 255, and a number and an ending are added to the name."""


def move(file: Location, rejected: Path | None, reason: str) -> Path:
    """Move a rejected file of a folder, and return where it is now.

    `rejected` is the folder that was named; None: one beside the file.

    Raises:
        FileNotFoundError: it is gone, or another file has its name by now.
        OSError: it could not be moved, and stays where it was.
    """
    name = file.path.name
    with (
        Folder.of(file) as here,
        open(here.open(name), "rb") as source,  # noqa: PTH123 - it is open
    ):
        about = os.fstat(source.fileno())
        if not stat.S_ISREG(about.st_mode):
            text = "is no file"
            raise OSError(text)
        if state_of(about) != file.state:
            raise FileNotFoundError
        try:
            with _opened_folder(here, rejected) as folder:
                return _moved(source, here, folder, name, reason)
        except OSError as error:
            if error.errno != errno.EXDEV:
                raise
        with here.made(REJECTED) as folder:
            return _moved(source, here, folder, name, reason)


def write(file: Location, rejected: Path | None, name: str, text: bytes, reason: str) -> Path:
    """Write rejected lines to a file, if what they came from cannot be moved.

    Raises:
        OSError: it could not be written.
    """
    with Folder.of(file) as here, _opened_folder(here, rejected) as folder:
        target = next(free for free in _names(name) if _is_written(text, folder, free))
        _write_reason(folder, target, reason)
        return folder.path / target


def _opened_folder(here: Folder, rejected: Path | None) -> Folder:
    """Open the folder for rejected files, which nobody but its owner may read."""
    if rejected is None:
        return here.made(REJECTED)
    folder = rejected.absolute()
    folder.parent.mkdir(parents=True, exist_ok=True)
    with Folder.named(folder.parent) as parent:
        return parent.made(folder.name)


def _names(name: str) -> Iterator[str]:
    raw = os.fsencode(name)
    if len(raw) > _LONGEST_NAME:
        digest = hashlib.sha256(raw).hexdigest()[:16]
        name = f"{os.fsdecode(raw[: _LONGEST_NAME // 2])}~{digest}"
    yield name
    for number in itertools.count(1):
        yield f"{name}.{number}"


def _moved(source: BinaryIO, here: Folder, folder: Folder, name: str, reason: str) -> Path:
    """Move a file to the first free name; remove it if the same file is already there."""
    about = os.fstat(source.fileno())
    for target in _names(name):
        try:
            os.close(folder.new(target))  # the name is reserved now
        except FileExistsError:
            if about.st_size <= SIZE_LIMIT_BYTES and _is_same(source, folder, target):
                _close_on_windows(source)
                here.remove(name, state_of(about))
                break
            continue
        try:
            _close_on_windows(source)
            here.move(name, folder, target, state_of(about))
        except OSError:
            with suppress(OSError):
                folder.discard(target, if_empty=True)
            raise
        if sys.platform != "win32":
            with suppress(OSError):  # the file of another user
                os.fchmod(source.fileno(), 0o600)
        break
    _write_reason(folder, target, reason)
    return folder.path / target


def _close_on_windows(source: BinaryIO) -> None:
    """Close a file on Windows, which moves and removes none that is open."""
    if sys.platform == "win32":
        source.close()


def _is_written(text: bytes, folder: Folder, name: str) -> bool:
    """Write a text if the name is free; tell whether a file of this name has the text now."""
    try:
        number = folder.new(name)
    except FileExistsError:
        return _is_same(io.BytesIO(text), folder, name)
    try:
        with open(number, "wb") as target:  # noqa: PTH123 - it is open
            target.write(text)
    except OSError:
        with suppress(OSError):
            folder.discard(name)
        raise
    return True


def _is_same(source: BinaryIO, folder: Folder, name: str) -> bool:
    """Tell whether a file of this name has the same bytes already."""
    source.seek(0)
    try:
        number = folder.open(name)
    except OSError:
        return False
    with open(number, "rb") as other:  # noqa: PTH123 - it is open
        if not stat.S_ISREG(os.fstat(number).st_mode):
            return False
        while block := source.read(1 << 20):
            if block != other.read(1 << 20):
                return False
        return not other.read(1)


def _write_reason(folder: Folder, name: str, reason: str) -> None:
    with (
        suppress(FileExistsError),
        open(folder.new(f"{name}.reason.txt"), "w", encoding="utf-8") as out,  # noqa: PTH123 - is open
    ):
        out.write(f"{reason}\n")
