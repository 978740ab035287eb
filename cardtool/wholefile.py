# SPDX-License-Identifier: Apache-2.0
"""Files that are there whole or not at all: the one place that writes them.

Knows nothing of their contents. A draft is written in the same folder, synced to the disk, and then
renamed. A link of that name is replaced by the file, so nobody who can write in the folder can
redirect the file to another place.
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
    """Write a file whole or not at all, part by part; it is on the disk when this returns.

    `draft` names the draft if only one process writes at a time: the next writer then removes the
    draft of one that was killed. None: the draft gets a random name. A private file can be read by
    its owner only, whatever was there before; other files get the usual mode of new files.

    An exception, or a signal that ends the program, removes the draft.

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
    return _write(place, parts, place.with_name(_random_name()), private=private)


def _write(place: Path, parts: Iterable[bytes], draft: Path, *, private: bool) -> None:
    def new(path: str, flags: int) -> int:
        return os.open(path, flags | _NEW, 0o600 if private else 0o666)

    with _draft_removed(draft), open(draft, "xb", opener=new) as file:
        file.writelines(parts)
        file.flush()
        os.fsync(file.fileno())
        file.close()  # Windows renames no open file
        draft.replace(place)
    _sync_folder(place.parent)


def _random_name() -> str:
    return f".cardtool-{os.urandom(8).hex()}"


def _sync_folder(folder: Path) -> None:
    """Sync the folder itself to the disk, if the system has a way to do it."""
    with suppress(OSError):  # Windows cannot open a folder, and a share may not allow it
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


@contextmanager
def _draft_removed(draft: Path) -> Iterator[None]:
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
