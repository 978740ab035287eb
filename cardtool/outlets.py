# SPDX-License-Identifier: Apache-2.0
"""Opens output that is not a file: a pipe, a device, an open descriptor.

In a folder that others may write in, only this user's own pipes and links are used: those of
another user could carry the output away. The kernel has the same rule where it is switched on.
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
    """Open a pipe, a device or a descriptor for writing; None: the name is that of a file.

    A descriptor is written to from its present place, so a file behind it is neither emptied nor
    replaced. Opening a pipe waits for its reader.

    Raises:
        OSError: it cannot be opened, or it is another user's pipe in a shared folder.
    """
    if name := _DESCRIPTOR.fullmatch(os.path.abspath(path)):  # noqa: PTH100 - follows no link
        number = _NUMBERS[name["name"]] if name["name"] else int(name["number"])
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
    if stat.S_ISREG(os.fstat(handle).st_mode):  # a file has replaced it meanwhile
        os.close(handle)
        return None
    return os.fdopen(handle, "wb")


def is_trusted(info: os.stat_result, folder: os.stat_result, user: int) -> bool:
    """Tell whether a name in a shared folder belongs to this user or to the folder's owner."""
    is_shared = folder.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
    return not is_shared or info.st_uid in {user, folder.st_uid}
