# SPDX-License-Identifier: Apache-2.0
"""Remembers the certificates on the card that was read last, and the notices shown about them.

The file lies beside that of `probe.last_good`; users who are not reminded have none. Nobody is
named in it: a certificate is known by its SHA-256, as in a snapshot without the person.
"""

import errno
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import msgspec
from msgspec.structs import replace

from cardtool import files, locks
from cardtool.model.moments import Utc
from cardtool.probe import last_good

_SIZE_LIMIT_BYTES = 64 * 1024

_PATIENCE_S = 10.0
"""How long to wait for another program that changes it; it takes milliseconds."""


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """What is remembered of a certificate."""

    sha256: str
    issuer: str
    """The authority's name; a site may have thresholds of its own for it."""
    ends_at: Utc
    is_seal: bool = False
    is_last: bool = True
    """It was on the card that was read last."""
    shown_at: Utc | None = None
    """When a notice about it was last shown."""
    answer: str = ""
    """What was chosen on that notice: `applied`, `later` or nothing."""


class Memory(msgspec.Struct, frozen=True, kw_only=True):
    """All that is remembered for a user."""

    is_off: bool = False
    """The user wants no notices, even if IT installed them."""
    shown_at: Utc | None = None
    """When the last notice was shown, about whatever certificate."""
    certificates: tuple[Kept, ...] = ()


_MEMORY = msgspec.json.Decoder(Memory)


def recall() -> Memory:
    """Return what is remembered; nothing, if the file is missing or cannot be used."""
    with suppress(OSError, msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        if file := _file():
            return _MEMORY.decode(files.read_own(file, _SIZE_LIMIT_BYTES))
    return Memory()


def change(changed: Callable[[Memory], Memory]) -> Memory:
    """Change what is remembered, and return it; if it cannot be written, go on without."""
    with _alone():
        before = recall()
        after = changed(before)
        if after != before:
            with suppress(OSError):
                _keep(after)
    return after


def want() -> None:
    """Remember that the user wants notices.

    Raises:
        OSError: it cannot be written.
    """
    with _alone():
        before = recall()
        if before.is_off:
            _keep(replace(before, is_off=False))


def forget(*, is_off: bool) -> None:
    """Remove all that is remembered but, if `is_off`, that the user wants no notices.

    Raises:
        OSError: it cannot be removed, or that one thing cannot be written.
    """
    if is_off:
        with _alone():
            _keep(Memory(is_off=True))
    elif (file := _file()) and file.parent.is_dir():
        lock = _lock(file)
        with _alone() as is_alone:
            file.unlink(missing_ok=True)
            if is_alone and sys.platform != "win32":
                lock.unlink(missing_ok=True)
        if sys.platform == "win32":
            with suppress(PermissionError):  # it is open, because another program waited for it
                lock.unlink(missing_ok=True)


@contextmanager
def _alone() -> Iterator[bool]:
    """Have no other program change it meanwhile, where there is a place for a lock.

    False: another program has had the lock for too long, or there can be none.
    """
    is_alone = False
    with ExitStack() as lock:
        with suppress(OSError):
            if file := _file():
                file.parent.mkdir(parents=True, exist_ok=True)
                is_alone = lock.enter_context(locks.held(_lock(file), _PATIENCE_S))
        yield is_alone


def _keep(memory: Memory) -> None:
    if not (file := _file()):
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), "CARDTOOL_STATE")
    file.parent.mkdir(parents=True, exist_ok=True)
    files.write(file, msgspec.json.encode(memory) + b"\n")


def _file() -> Path | None:
    folder = last_good.folder()
    return folder and folder / last_good.REMINDERS


def _lock(file: Path) -> Path:
    return file.with_name(f".{file.name}.lock")
