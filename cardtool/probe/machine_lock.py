# SPDX-License-Identifier: Apache-2.0
"""The machine-wide lock: a file that everybody may open and nobody needs to write.

`CARDTOOL_LOCK` names another file; if it is empty, there is no lock. Imports next to nothing, as
`isolation` does.
"""

import fcntl
import os
import stat
import sys
from contextlib import suppress

assert sys.platform != "win32"  # noqa: S101 - for the type checker

_VARIABLE = "CARDTOOL_LOCK"
_NAME = "cardtool.lock"
_FOLDERS = ("/run/lock", "/tmp")  # noqa: S108 - the same for everybody, which TMPDIR is not
_ANYBODY = stat.S_ISVTX | stat.S_IWOTH
"""Mode of a folder that everybody may write to, but only remove own files from."""

_FLAGS = os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
_ATTEMPTS = 3


def opened() -> int | None:
    """Open the file, or make it; never through a link, and nothing but a file.

    None: there can be none, as on a read-only system.
    """
    path = _path()
    for _ in range(_ATTEMPTS if path else 0):
        try:
            # no O_CREAT: fs.protected_regular refuses that for another user's file
            descriptor = os.open(path, os.O_RDONLY | _FLAGS)
        except FileNotFoundError:
            _make(path)  # or another does, or nobody can
        except OSError:
            return None
        else:
            if stat.S_ISREG(os.fstat(descriptor).st_mode):
                return descriptor
            os.close(descriptor)
            return None
    return None


def take(descriptor: int) -> bool:
    """Take the lock if nobody has it; all processes with this descriptor then hold it."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # a file system that knows no locks
        return True
    with suppress(OSError):  # another user's
        os.utime(descriptor)
    return True


def _make(path: str) -> None:
    with suppress(OSError):
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | _FLAGS, 0o644)
        with suppress(OSError):
            os.fchmod(descriptor, 0o644)  # whatever the umask: others only read it
        os.close(descriptor)


def _path() -> str:
    """Return the file's name; empty: there is none."""
    named = os.environ.get(_VARIABLE)
    if named is not None:
        return named
    for folder in _FOLDERS:
        with suppress(OSError):
            if os.stat(folder).st_mode & _ANYBODY == _ANYBODY:  # noqa: PTH116 - see above
                return f"{folder}/{_NAME}"
    return ""
