# SPDX-License-Identifier: Apache-2.0
"""What a name for output leads to that is no file: a pipe, a device, an open descriptor.

In a folder that others may write in, only one's own pipe and one's own link are used: those of
another user would carry the output away. The kernel has the same rule where it is switched on.
Source: proc_sys_fs(5), protected_fifos and protected_symlinks.
"""

import errno
import os
import re
import stat
import sys
from pathlib import Path
from typing import BinaryIO

_DESCRIPTOR = re.compile(
    r"/dev/(?P<name>stdin|stdout|stderr)|/(?:dev|proc/(?:self|thread-self))/fd/(?P<number>\d{1,9})"
)
"""Names of what this process has open. Source: proc_pid_fd(5)."""

_NUMBERS = {"stdin": 0, "stdout": 1, "stderr": 2}


def opened(path: Path) -> BinaryIO | None:
    """Open a pipe, a device or a descriptor to write to; None: the name is to be a file's.

    A descriptor is written to where it stands, so a file that it leads to is neither emptied nor
    replaced. A pipe waits for its reader.

    Raises:
        OSError: it cannot be opened, or it is another user's pipe in a shared folder.
    """
    if found := _DESCRIPTOR.fullmatch(os.path.abspath(path)):  # noqa: PTH100 - follows no link
        number = _NUMBERS[found["name"]] if found["name"] else int(found["number"])
        return os.fdopen(os.dup(number), "wb")
    try:
        at_name, behind = path.lstat(), path.stat()
    except OSError:  # it is not there, or leads nowhere
        return None
    if stat.S_ISREG(behind.st_mode) or stat.S_ISDIR(behind.st_mode):
        return None
    is_link = stat.S_ISLNK(at_name.st_mode)
    if sys.platform != "win32" and not is_trusted(at_name, path.parent.stat(), os.geteuid()):
        if is_link:
            return None
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
    handle = os.open(path, os.O_WRONLY | (0 if is_link else getattr(os, "O_NOFOLLOW", 0)))
    if stat.S_ISREG(os.fstat(handle).st_mode):  # put there meanwhile
        os.close(handle)
        return None
    return os.fdopen(handle, "wb")


def is_trusted(info: os.stat_result, folder: os.stat_result, user: int) -> bool:
    """Tell whether a name is a user's own, or its folder's owner's where others may write in it."""
    is_shared = folder.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
    return not is_shared or info.st_uid in {user, folder.st_uid}
