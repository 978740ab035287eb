# SPDX-License-Identifier: Apache-2.0
"""Finds the files that are imported, in folders too, and opens them.

Nothing here trusts a name or a size. Symbolic links inside a folder are never followed, even one
that replaces a file at the last moment (`folders`).
"""

import errno
import os
import stat
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

from cardtool.fleet.importing.folders import Folder, Location, state_of
from cardtool.fleet.importing.pieces import Piece, Trouble
from cardtool.fleet.importing.texts import AT_ONCE, LINES, of_stream

STANDARD_INPUT = Path("-")
"""How the command line names standard input."""
REJECTED = "rejected"
"""Name of the folder for rejected files; a folder of this name is not read."""

_DEEPEST = 32
"""Folders inside folders that are read at most; each is opened step by step from the first."""

_ZIPPED = ".gz"


def pieces(paths: Iterable[Path], rejected: Path | None) -> Iterator[Piece | None]:
    """Yield the texts of files and folders; None for an entry of a folder that is passed over.

    Passed over are links, devices and other names; a file that a person named is read whatever its
    name. `rejected` is the folder for rejected files, which is not read.
    """
    for path in paths:
        if path != STANDARD_INPUT and path.is_dir():
            yield from _of_folder(path, rejected)
        else:
            yield from _or_lost(Location(named=path))


def _of_folder(named: Path, rejected: Path | None) -> Iterator[Piece | None]:
    waiting: list[tuple[str, ...]] = [()]
    while waiting:
        way = waiting.pop()
        try:
            with Folder.reached(named, way) as here:
                for entry in here.entries():
                    if entry.name.startswith("."):  # somebody is still writing it
                        continue
                    if entry.is_dir(follow_symlinks=False):
                        if entry.name == REJECTED or here.path / entry.name == rejected:
                            continue
                        if len(way) < _DEEPEST:
                            waiting.append((*way, entry.name))
                            continue
                    if entry.is_file(follow_symlinks=False) and _is_named(entry.name):
                        yield from _or_lost(Location(named=named, way=(*way, entry.name)), here)
                    else:
                        yield None
        except OSError:
            yield None


def _is_named(name: str) -> bool:
    return name.lower().removesuffix(_ZIPPED).endswith((*LINES, ".json"))


def _or_lost(location: Location, folder: Folder | None = None) -> Iterator[Piece]:
    try:
        yield from of_file(location, folder)
    except OSError as error:
        yield Piece(file=location, lost=error, is_last=True)


def of_file(location: Location, folder: Folder | None = None) -> Iterator[Piece]:
    """Yield the texts of a file, in a folder that is open; only one that was named may be a link.

    Raises:
        OSError: it cannot be read.
    """
    if location.named == STANDARD_INPUT:
        yield from of_stream(location, sys.stdin.buffer, ".ndjson")
        return
    number = _opened(location) if folder is None else folder.open(location.way[-1])
    with open(number, "rb", buffering=AT_ONCE) as stream:  # noqa: PTH123 - it is open
        about = os.fstat(number)
        location = msgspec.structs.replace(location, state=state_of(about))
        if not stat.S_ISREG(about.st_mode):
            yield Piece(file=location, trouble=Trouble(code="import-no-file"), is_last=True)
            return
        if not about.st_size and location.way:  # somebody is still copying it here: leave it
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
        yield from of_stream(location, stream, location.path.name.lower().removesuffix(_ZIPPED))


def _opened(location: Location) -> int:
    with Folder.of(location) as folder:
        return folder.open(location.path.name, follow=not location.way)
