# SPDX-License-Identifier: Apache-2.0
"""Sets aside what could not be imported, the reason beside it: nothing lost or overwritten.

A file is moved, a line of one is written out as a file; both lie in a folder `rejected` beside
the file, or in the one that was named. The same thing set aside again changes nothing.
"""

import hashlib
import io
import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from cardtool.fleet.folders import Folder, Spot, state_of
from cardtool.fleet.intake import REJECTED, STANDARD_INPUT

_LONGEST_NAME = 180
"""Bytes; systems take 255, and a name gets a number and an ending."""


class Aside:
    """Where what is bad goes: nobody else may read it."""

    def __init__(self, folder: Path | None) -> None:
        """Take the folder that was named; None: one beside each file."""
        self._folder = folder

    def file(self, file: Spot, reason: str) -> None:
        """Move a file away.

        A link that was named stays, and what it leads to is copied: it is not ours to move.

        Raises:
            FileNotFoundError: it is gone, or another has taken its name since it was read.
            OSError: it could not be moved; it lies where it lay.
        """
        name = file.path.name
        with Folder.of(file) as here:
            with open(here.open(name, follow=not file.way), "rb") as source:  # noqa: PTH123 - is open
                about = os.fstat(source.fileno())
                if not stat.S_ISREG(about.st_mode):
                    text = "is no file"
                    raise OSError(text)
                if state_of(about) != file.state:
                    raise FileNotFoundError
                with self._made(here) as folder:
                    for target in self._names(name):
                        if _is_copied(source, folder, target):
                            break
                    _say(folder, target, reason)
            here.remove(name, file.state)

    def line(self, file: Spot, number: int, text: bytes, reason: str) -> None:
        """Write a line of a file out.

        Raises:
            OSError: it could not be written.
        """
        is_input = file.named == STANDARD_INPUT
        name = "standard-input" if is_input else file.path.name
        with Folder.of(file) as here, self._made(here) as folder:
            for target in self._names(f"{name}.line-{number:06d}.json"):
                if _is_copied(io.BytesIO(text), folder, target):
                    break
            _say(folder, target, reason)

    def _made(self, here: Folder) -> Folder:
        if self._folder is None:
            return here.made(REJECTED)
        folder = self._folder.absolute()
        folder.parent.mkdir(parents=True, exist_ok=True)
        with Folder.named(folder.parent) as parent:
            return parent.made(folder.name)

    def _names(self, name: str) -> Iterator[str]:
        raw = os.fsencode(name)
        if len(raw) > _LONGEST_NAME:
            digest = hashlib.sha256(raw).hexdigest()[:16]
            name = f"{os.fsdecode(raw[: _LONGEST_NAME // 2])}~{digest}"
        yield name
        number = 0
        while True:
            number += 1
            yield f"{name}.{number}"


def _is_copied(source: BinaryIO, folder: Folder, name: str) -> bool:
    """Copy what is open, unless another thing has the name; tell whether it lies there now."""
    source.seek(0)
    try:
        made = folder.new(name)
    except FileExistsError:
        return _is_same(source, folder, name)
    try:
        with open(made, "wb") as target:  # noqa: PTH123 - it is open
            shutil.copyfileobj(source, target)
    except OSError:
        with suppress(OSError):
            folder.discard(name)
        raise
    return True


def _is_same(source: BinaryIO, folder: Folder, name: str) -> bool:
    """Tell whether the same was copied there before."""
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
