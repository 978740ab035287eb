# SPDX-License-Identifier: Apache-2.0
"""Opens files for reading: the only place that opens a file whose name somebody gave.

Reading a pipe, a terminal or a device could wait for ever, so only regular files are opened. A
stream can be given as standard input instead.
"""

import errno
import os
import stat
from pathlib import Path
from typing import BinaryIO

_WAITS_FOR_NOTHING = os.O_RDONLY | sum(
    getattr(os, name, 0) for name in ("O_NONBLOCK", "O_NOCTTY", "O_CLOEXEC", "O_BINARY")
)
_NO_LINK = getattr(os, "O_NOFOLLOW", 0)
_NO_PLAIN_FILE = frozenset({errno.EISDIR, errno.EINVAL, errno.ELOOP, errno.ENXIO})
"""ENXIO: a socket. Source: open(2)."""


def opened(path: str | Path, *, follow: bool = True) -> BinaryIO:
    """Open a regular file; `follow` says whether its name may be a link.

    Raises:
        OSError: it cannot be opened, or is no regular file.
        ValueError: no file can have this name.
    """
    number = os.open(path, _WAITS_FOR_NOTHING | (0 if follow else _NO_LINK))
    mode = os.fstat(number).st_mode
    if stat.S_ISREG(mode):
        return open(number, "rb")  # noqa: PTH123 - it is open
    os.close(number)
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    raise OSError(errno.EINVAL, "not a regular file", str(path))


def read_own(path: Path, limit_bytes: int) -> bytes:
    """Return what this program stored in a file, if that belongs to this user or root.

    Others may be able to write in the folder, as in a temporary one. So links are not followed, and
    another user's file is not believed.

    Raises:
        FileNotFoundError: there is none, it is another user's, no regular file, or too long.
        OSError: it cannot be read.
    """
    try:
        with opened(path, follow=False) as file:
            status = os.fstat(file.fileno())
            is_ours = not hasattr(os, "geteuid") or status.st_uid in (0, os.geteuid())
            if is_ours and status.st_size <= limit_bytes:
                return file.read(limit_bytes)
    except OSError as error:
        if error.errno not in _NO_PLAIN_FILE:
            raise
    text = f"{path} is not what was kept there"
    raise FileNotFoundError(text)


def read(path: str | Path, *, follow: bool = True) -> bytes:
    """Return what is in a regular file.

    Raises:
        OSError: it cannot be read, or is no regular file.
    """
    with opened(path, follow=follow) as file:
        return file.read()
