# SPDX-License-Identifier: Apache-2.0
"""A lock that lets one check at a time use the cards of a machine.

Two checks of one slow card would make each other late; a late worker is ended, maybe in a
transaction, and PC/SC then resets the card. The lock belongs to an open file that the workers
inherit, so it is held until the last worker has ended, even if the program was killed.

Everybody may open the file, and nobody needs to write to it. `CARDTOOL_LOCK` names another file; if
it is empty, there is no lock. Nor is there one on a machine without a place for the file, or on
Windows, where processes do not inherit locks. Imports next to nothing, as `isolation` does.
"""

import os
import stat
import sys
import time
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cardtool.model.surroundings import Running

if sys.platform != "win32":
    import fcntl

_FOLDERS = ("/run/lock", "/tmp")  # noqa: S108 - the same for everybody, which TMPDIR is not
_ANYBODY = stat.S_ISVTX | stat.S_IWOTH
"""The mode of a folder in which everybody may make files, and remove only their own."""

_ATTEMPTS = 3
_PAUSE_S = 0.03
_WAKE_S = 0.5  # how often workers that were stopped are looked for


class CheckLock:
    """The lock of one check."""

    def __init__(self) -> None:
        """Open the file of the lock without waiting; workers inherit `descriptor`."""
        self.descriptor = _opened()
        self.waited_for: Running | None = None
        """The check that this one had to wait for; None: there was none."""

    def wait(self, limit_s: float) -> bool:
        """Wait until no other check holds it; False: it took too long."""
        if sys.platform == "win32":
            return True
        end = time.monotonic() + limit_s
        wake_at = time.monotonic() + _WAKE_S
        while self.descriptor is not None and not _take(self.descriptor):
            from cardtool.probe import holders  # noqa: PLC0415 - nobody is waited for as a rule

            self.waited_for = self.waited_for or holders.owner(self.descriptor)
            if time.monotonic() >= end:
                return False
            if time.monotonic() >= wake_at:
                holders.wake(self.descriptor)
                wake_at += _WAKE_S
            time.sleep(_PAUSE_S)
        return True

    def close(self) -> None:
        """Release the lock; workers that are still running go on holding it."""
        if self.descriptor is not None:
            os.close(self.descriptor)
            self.descriptor = None


def _take(descriptor: int) -> bool:
    """Take the lock if nobody has it; all processes with this descriptor then hold it."""
    if sys.platform != "win32":
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError:  # a file system that knows no locks
            return True
        with suppress(OSError):  # another user's
            os.utime(descriptor)
    return True


def _opened() -> int | None:
    """Open or make the file of the lock, which must be a regular file and no link.

    None: it cannot be made, as on a read-only system.
    """
    path = _path()
    if sys.platform != "win32" and path:
        flags = os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
        for _ in range(_ATTEMPTS):
            try:
                # no O_CREAT: fs.protected_regular refuses that for another user's file
                descriptor = os.open(path, os.O_RDONLY | flags)
            except FileNotFoundError:
                with suppress(OSError):  # or another makes it, or nobody can
                    made = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | flags, 0o644)
                    with suppress(OSError):
                        os.fchmod(made, 0o644)  # whatever the umask: others only read it
                    os.close(made)
            except OSError:
                return None
            else:
                if stat.S_ISREG(os.fstat(descriptor).st_mode):
                    return descriptor
                os.close(descriptor)
                return None
    return None


def _path() -> str:
    named = os.environ.get("CARDTOOL_LOCK")
    if named is not None:
        return named
    for folder in _FOLDERS:
        with suppress(OSError):
            if os.stat(folder).st_mode & _ANYBODY == _ANYBODY:  # noqa: PTH116 - loads no pathlib
                return f"{folder}/cardtool.lock"
    return ""
