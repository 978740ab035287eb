# SPDX-License-Identifier: Apache-2.0
"""Sets aside what could not be imported, the reason beside it; nothing is lost or overwritten.

A file is moved and not copied, for a sparse file would fill another disk. Lines of standard input
that could not be imported are written out. Both go into a folder `rejected` beside the file, or
into the folder that was named. A file that is rejected twice is kept once.
"""

import errno
import hashlib
import io
import os
import stat
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from cardtool.fleet.importing.files import REJECTED
from cardtool.fleet.importing.folders import Folder, Spot, state_of
from cardtool.model.snapshot import SIZE_LIMIT_BYTES

_LONGEST_NAME = 180
"""Bytes; systems take 255, and a name gets a number and an ending."""


class Rejected:
    """The folder for what is set aside; nobody else may read it."""

    def __init__(self, folder: Path | None) -> None:
        """Take the folder that was named; None: one beside each file."""
        self._folder = folder

    def file(self, file: Spot, reason: str) -> Path:
        """Move a file away that was found in a folder, and return where it lies.

        Raises:
            FileNotFoundError: it is gone, or another has taken its name since it was read.
            OSError: it could not be moved; it lies where it lay.
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
                with self._made(here) as folder:
                    return _moved(source, about, here, folder, name, reason)
            except OSError as error:
                if error.errno != errno.EXDEV:
                    raise
            with here.made(REJECTED) as folder:
                return _moved(source, about, here, folder, name, reason)

    def text(self, file: Spot, name: str, text: bytes, reason: str) -> Path:
        """Write out what could not be taken of a file that cannot be moved.

        Raises:
            OSError: it could not be written.
        """
        with Folder.of(file) as here, self._made(here) as folder:
            target = next(each for each in _names(name) if _is_written(text, folder, each))
            _say(folder, target, reason)
            return folder.path / target

    def _made(self, here: Folder) -> Folder:
        if self._folder is None:
            return here.made(REJECTED)
        folder = self._folder.absolute()
        folder.parent.mkdir(parents=True, exist_ok=True)
        with Folder.named(folder.parent) as parent:
            return parent.made(folder.name)


def _names(name: str) -> Iterator[str]:
    raw = os.fsencode(name)
    if len(raw) > _LONGEST_NAME:
        digest = hashlib.sha256(raw).hexdigest()[:16]
        name = f"{os.fsdecode(raw[: _LONGEST_NAME // 2])}~{digest}"
    yield name
    number = 0
    while True:
        number += 1
        yield f"{name}.{number}"


def _moved(  # noqa: PLR0913, PLR0917 - a file, from where to where, under which name and why
    source: BinaryIO,
    about: os.stat_result,
    here: Folder,
    folder: Folder,
    name: str,
    reason: str,
) -> Path:
    """Move a file under the first name that is free, or remove it where the same one lies there."""
    for target in _names(name):
        try:
            os.close(folder.new(target))  # nobody else takes the name now
        except FileExistsError:
            if about.st_size <= SIZE_LIMIT_BYTES and _is_same(source, folder, target):
                here.remove(name, state_of(about))
                break
            continue
        try:
            here.move(name, folder, target, about)
        except OSError:
            with suppress(OSError):
                folder.remove_empty(target)
            raise
        if sys.platform != "win32":
            with suppress(OSError):  # another's file
                os.fchmod(source.fileno(), 0o600)
        break
    _say(folder, target, reason)
    return folder.path / target


def _is_written(text: bytes, folder: Folder, name: str) -> bool:
    """Write a text, unless something else has the name; tell whether the text lies there now."""
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
    """Tell whether the same lies there already."""
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


def _say(folder: Folder, name: str, reason: str) -> None:
    with (
        suppress(FileExistsError),
        open(folder.new(f"{name}.reason.txt"), "w", encoding="utf-8") as out,  # noqa: PTH123 - is open
    ):
        out.write(f"{reason}\n")
