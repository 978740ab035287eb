# SPDX-License-Identifier: Apache-2.0
"""Files that are there whole or not at all: the one place that writes them.

Knows nothing of what is in them. A draft grows in the same folder, is brought to the disk, and
takes the name that was given. A link at that name is replaced by the file: whoever else may write
in the folder cannot lead the file out of it.
"""

import os
import signal
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType

_NEW = os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0)


def write(
    place: Path, body: bytes | Iterable[bytes], *, draft: str | None = None, private: bool = True
) -> None:
    """Write a file whole or not at all, on the disk when this returns; parts as they come.

    `draft` names the draft where one writes at a time, so that a killed writer's draft is taken
    away by the next; None: a name is drawn. A private file is its owner's alone, whatever stood
    there before; any other has the mode that new files have.

    An exception or a signal that ends the program takes the draft away.

    Raises:
        OSError: it could not be written; what stood there before is untouched.
    """
    parts = (body,) if isinstance(body, bytes) else body
    if draft is not None:
        named = place.with_name(draft)
        with suppress(OSError):  # in a shared folder it may be another user's
            named.unlink()
        with suppress(FileExistsError):
            return _write(place, parts, named, private=private)
    return _write(place, parts, place.with_name(_drawn()), private=private)


def _write(place: Path, parts: Iterable[bytes], draft: Path, *, private: bool) -> None:
    def new(path: str, flags: int) -> int:
        return os.open(path, flags | _NEW, 0o600 if private else 0o666)

    with _taken_away(draft), open(draft, "xb", opener=new) as file:
        file.writelines(parts)
        file.flush()
        os.fsync(file.fileno())
        file.close()  # Windows renames no open file
        draft.replace(place)
    _sync_folder(place.parent)


def _drawn() -> str:
    return f".cardtool-{os.urandom(8).hex()}"


def _sync_folder(folder: Path) -> None:
    """Have the folder's own list on the disk, where the system has a way to say so."""
    with suppress(OSError):  # Windows opens no folder, and a share may let nobody list it
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


@contextmanager
def _taken_away(draft: Path) -> Iterator[None]:
    """Leave no draft behind, whatever ends the block: an exception or a signal."""

    def end(number: int, frame: FrameType | None) -> None:
        del frame
        with suppress(OSError):
            draft.unlink()
        signal.signal(number, signal.SIG_DFL)
        signal.raise_signal(number)

    numbers = {signal.SIGTERM, getattr(signal, "SIGHUP", signal.SIGTERM)}
    is_main = threading.current_thread() is threading.main_thread()  # others may set no handler
    deadly = [one for one in numbers if is_main and signal.getsignal(one) is signal.SIG_DFL]
    for number in deadly:
        signal.signal(number, end)
    try:
        yield
    finally:
        with suppress(OSError):
            draft.unlink()
        for number in deadly:
            signal.signal(number, signal.SIG_DFL)
