# SPDX-License-Identifier: Apache-2.0
"""Keeps snapshots on disk until the receiver has accepted them, in order, without losing one.

A snapshot waits under the name that it gets at the receiver. If a sender is killed between
delivering a snapshot and removing it here, the next run delivers it again under the same name. This
module knows nothing of the receiver. It uses only the standard library, because it runs on every
workstation.
"""

import errno
import os
import re
import stat
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from typing import Literal, NamedTuple

from cardtool import files, locks

_WAITING = re.compile(r"[0-9]{12}_[^.].*")
_DRAFT = ".part"
"""Name of the file that is being written, under the lock."""

_TRIED = ".tried"
"""How often the receiver answered without accepting a snapshot: lines of count and name."""

_TRIES = 3
"""After this many runs such a snapshot no longer holds up those behind it."""

_PUT_PATIENCE_S = 10.0
"""How long to wait for another sender that is storing a snapshot; it takes milliseconds."""


class Answer(NamedTuple):
    """What became of handing one snapshot over."""

    state: Literal["delivered", "away", "refused"]
    """away: try again later; refused: it will never be accepted."""
    kind: str = ""
    """Why it is away: certificate, access, busy (another sender); empty: another reason."""
    reason: str = ""
    """In the receiver's or the system's own words; for support, never parsed."""
    is_heard: bool = False
    """The receiver itself answered, so perhaps it rejects only this snapshot."""


DELIVERED = Answer("delivered")


class Report(NamedTuple):
    """What became of all waiting snapshots."""

    delivered: int = 0
    refused: int = 0
    waiting: int = 0
    last: Answer = DELIVERED
    """The answer for the latest snapshot that was not accepted."""
    passed: int = 0
    """Snapshots that were not accepted for several runs, and no longer hold up the others."""


class Spool:
    """A folder of waiting snapshots; several senders may use it at the same time."""

    def __init__(self, folder: Path, limit: int | None = None) -> None:
        """Use a folder, which `put` makes if it is missing; `limit`: how many may wait."""
        self._folder = folder
        self._limit = limit

    def put(self, name: str, body: bytes) -> int:
        """Keep a snapshot until it is delivered, and return how many of the oldest were dropped.

        If a snapshot of this name is already waiting, it is the same one, and keeps its place.

        Raises:
            OSError: it could not be kept.
        """
        _make(self._folder)
        with self._locked("put", _PUT_PATIENCE_S) as mine:
            if not mine:
                raise TimeoutError(None, "another sender does not end", str(self._folder))
            waiting = self._waiting()
            if any(_name(file) == name for file in waiting):
                return 0
            number = int(waiting[-1].name.partition("_")[0]) + 1 if waiting else 1
            files.write(self._folder / f"{number:012d}_{name}", body, draft=_DRAFT)
            over = waiting[: max(len(waiting) + 1 - self._limit, 0)] if self._limit else []
            for oldest in over:
                oldest.unlink(missing_ok=True)
            return len(over)

    def deliver(self, hand_over: Callable[[str, bytes], Answer], patience_s: float) -> Report:
        """Hand over what waits, oldest first, until nothing waits or the receiver is away.

        If the receiver has not accepted a snapshot for several runs, that one goes last.

        `patience_s` is how long to wait for another sender that is delivering already.
        """
        if not self._folder.is_dir():
            return Report()
        _check(self._folder)
        delivered = refused = passed = 0
        last = DELIVERED
        with self._locked("deliver", patience_s) as mine:
            if not mine:
                return Report(waiting=len(self._waiting()), last=Answer("away", "busy"))
            tried = self._tried()
            for file in self._queue(tried):
                try:
                    body = files.read(file, follow=False)
                except FileNotFoundError:  # dropped in the meantime
                    continue
                except OSError as error:  # another user's file: leave it, and go on with the next
                    last = Answer("away", reason=f"{file}: {error.strerror}")
                    continue
                name = _name(file)
                answer = hand_over(name, body)
                if answer.state == "delivered":
                    with suppress(OSError):  # a virus scanner has it open: it is sent once more
                        file.unlink(missing_ok=True)
                    delivered += 1
                    continue
                last = answer
                if answer.state == "refused":
                    self._set_aside(file, answer.reason)
                    refused += 1
                    continue
                if not answer.is_heard:
                    break
                tried[name] = tried.get(name, 0) + 1
                self._keep_tried(tried)
                if tried[name] <= _TRIES:
                    break
                passed += 1
        return Report(delivered, refused, len(self._waiting()), last, passed)

    def _queue(self, tried: Mapping[str, int]) -> Iterator[Path]:
        """Yield each waiting file once, also those that arrive now; last those tried too often."""
        late = {file for file in self._waiting() if tried.get(_name(file), 0) >= _TRIES}
        seen = set(late)
        while new := [file for file in self._waiting() if file not in seen]:
            seen.update(new)
            yield from new
        yield from sorted(late)

    def _tried(self) -> dict[str, int]:
        """Return how often each waiting snapshot was tried."""
        try:
            lines = files.read(self._folder / _TRIED).decode().splitlines()
        except (OSError, UnicodeDecodeError):
            return {}
        waiting = {_name(file) for file in self._waiting()}
        parts = (line.partition(" ") for line in lines)
        return {name: int(n) for n, _, name in parts if name in waiting and n.isdecimal()}

    def _keep_tried(self, tried: Mapping[str, int]) -> None:
        body = "".join(f"{number} {name}\n" for name, number in tried.items()).encode()
        with suppress(OSError):  # not counted: the snapshot is tried more often
            files.write(self._folder / _TRIED, body, draft=f"{_TRIED}{_DRAFT}")

    def _set_aside(self, file: Path, reason: str) -> None:
        """Move a refused snapshot into the folder `refused`, with the reason beside it."""
        folder = self._folder / "refused"
        _make(folder)
        name = _name(file)
        files.write(folder / f"{name}.reason.txt", f"{reason}\n".encode())
        file.replace(folder / name)

    def _waiting(self) -> list[Path]:
        return sorted(file for file in self._folder.iterdir() if _WAITING.fullmatch(file.name))

    def _locked(self, name: str, patience_s: float) -> AbstractContextManager[bool]:
        return locks.held(self._folder / f".{name}.lock", patience_s)


def _make(folder: Path) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    _check(folder)


def _check(folder: Path) -> None:
    """Refuse a folder in which another user could change or redirect what is waiting.

    Raises:
        OSError: it is a link, or another user's, or lies in a folder of another user's.
    """
    if sys.platform == "win32":
        return
    about, around = folder.lstat(), folder.parent.stat()
    is_own = stat.S_ISDIR(about.st_mode) and about.st_uid == os.geteuid()
    if not is_own or around.st_uid not in {os.geteuid(), 0}:
        raise PermissionError(errno.EPERM, "a link, or another user's folder", str(folder))


def _name(file: Path) -> str:
    """Return the name at the receiver, which follows the number."""
    return file.name.partition("_")[2]
