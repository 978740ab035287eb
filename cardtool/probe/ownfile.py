# SPDX-License-Identifier: Apache-2.0
"""Reads back what this program kept in a file of the user's own; `wholefile` writes them."""

import errno
import os
import stat
from pathlib import Path


def read(file: Path, limit_bytes: int) -> bytes:
    """Return what is in a file, if it is a plain file of this user or of root, and not too long.

    The folder may be one that others can write to, as a temporary one is: a link there leads
    anywhere, a FIFO keeps its readers waiting, and another user's file says what that user likes.

    Raises:
        FileNotFoundError: there is none, or it is not such a file.
        OSError: it cannot be read.
    """
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    try:
        descriptor = os.open(file, flags | getattr(os, "O_BINARY", 0))
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise FileNotFoundError(*error.args) from error
        raise
    with os.fdopen(descriptor, "rb") as opened:
        status = os.fstat(descriptor)
        is_ours = not hasattr(os, "geteuid") or status.st_uid in (0, os.geteuid())
        if not stat.S_ISREG(status.st_mode) or not is_ours or status.st_size > limit_bytes:
            text = f"{file} is not what was kept there"
            raise FileNotFoundError(text)
        return opened.read(limit_bytes)
