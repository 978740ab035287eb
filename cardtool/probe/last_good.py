# SPDX-License-Identifier: Apache-2.0
"""Remembers the state of this workstation at its last good check, in a small file of the user.

`CARDTOOL_STATE` names another file; if it is empty, nothing is kept.
"""

import os
from contextlib import suppress
from datetime import datetime
from pathlib import Path, PureWindowsPath

import msgspec
from msgspec.structs import replace

from cardtool import files, places
from cardtool.model.snapshot import Failure, LastGood, ModuleInfo, Snapshot

_SIZE_LIMIT_BYTES = 64 * 1024
_VERDICT = "last-verdict"
REMINDERS = "reminders.json"
"""What is kept beside it for users who are reminded (`cardtool.remind.memory`)."""
_STATE = msgspec.json.Decoder(LastGood)


def recall() -> LastGood | None:
    """Return the state that was kept; None: there is none, or it cannot be read."""
    with suppress(OSError, msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        if file := _file():
            return _STATE.decode(files.read_own(file, _SIZE_LIMIT_BYTES))
    return None


def remember(snapshot: Snapshot) -> None:
    """Store the present state; if that fails, go on without it."""
    _keep(summarise(snapshot))


def doubt(clock_at: datetime) -> None:
    """Store with the state the first moment at which the clock was seen to be behind it."""
    last = recall()
    if last is not None and (last.doubted_at is None or clock_at < last.doubted_at):
        _keep(replace(last, doubted_at=clock_at))


def _keep(last: LastGood) -> None:
    if not (file := _file()):
        return
    with suppress(OSError):
        file.parent.mkdir(parents=True, exist_ok=True)
        files.write(file, msgspec.json.encode(last) + b"\n")


def summarise(snapshot: Snapshot) -> LastGood:
    """Return the part of a snapshot that later checks compare; nothing personal is in it."""
    readers = () if isinstance(snapshot.readers, Failure) else snapshot.readers
    return LastGood(
        taken_at=snapshot.taken_at,
        release=snapshot.host.release,
        readers=tuple(sorted({reader.lasting_name for reader in readers})),
        modules={
            PureWindowsPath(module.path).name: module.info.version
            for module in snapshot.modules
            if isinstance(module.info, ModuleInfo)
        },
    )


def verdict() -> str:
    """Return the verdict that was kept last; empty: there is none."""
    with suppress(OSError, UnicodeDecodeError):
        if kept := folder():
            return files.read_own(kept / _VERDICT, _SIZE_LIMIT_BYTES).decode("ascii")
    return ""


def keep_verdict(code: str) -> bool:
    """Store the verdict of a check; False if it cannot be."""
    with suppress(OSError):
        if kept := folder():
            kept.mkdir(parents=True, exist_ok=True)
            files.write(kept / _VERDICT, code.encode("ascii"))
            return True
    return False


def has_reminders() -> bool:
    """Tell whether this user is reminded, as far as can be seen."""
    with suppress(OSError):
        return (kept := folder()) is not None and (kept / REMINDERS).exists()
    return False


def folder() -> Path | None:
    """Return where this user's cardtool keeps things; None: nothing is to be kept."""
    file = _file()
    return file and file.parent


def _file() -> Path | None:
    named = os.environ.get("CARDTOOL_STATE")
    if named is not None:
        return Path(named) if named else None
    return Path(places.folder("user_state")) / "last-good.json"
