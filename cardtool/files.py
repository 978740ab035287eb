# SPDX-License-Identifier: Apache-2.0
"""Opens files whose name somebody gave, and writes files; nothing else in cardtool does.

Reading a pipe, a terminal or a device could wait for ever, so only regular files are opened for
reading; a stream can be passed as standard input instead. A file is written whole or not at all: a
draft in the same folder is synced to the disk and then renamed. A link of that name is replaced by
the file, so nobody who can write in the folder can redirect the file to another place. Output may
also go to a pipe, a device or an open descriptor.
"""

import errno
import os
import re
import signal
import stat
import sys
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from types import FrameType
from typing import BinaryIO

_WAITS_FOR_NOTHING = os.O_RDONLY | sum(
    getattr(os, name, 0) for name in ("O_NONBLOCK", "O_NOCTTY", "O_CLOEXEC", "O_BINARY")
)
_NO_LINK = getattr(os, "O_NOFOLLOW", 0)
_NO_PLAIN_FILE = frozenset({errno.EISDIR, errno.EINVAL, errno.ELOOP, errno.ENXIO})
"""ENXIO: a socket. Source: open(2)."""

_DESCRIPTOR = re.compile(
    r"/dev/(?P<name>stdin|stdout|stderr)|/(?:dev|proc/(?:self|thread-self))/fd/(?P<number>\d{1,9})"
)
"""Names of what this process has open. Source: proc_pid_fd(5)."""

_ALLOWED = re.compile(r"\(A;(?P<how>\w*);(?P<rights>\w*);[^;]*;[^;]*;(?P<who>[^;)]+)")
_READING = re.compile(r"(?:..)*(?:FA|FR|GA|GR)(?:..)*|0x[0-9a-f]*[13579bdf]")
"""Rights that include reading, which is bit 0. Source: Microsoft, ACE Strings."""
_MANY = frozenset({"WD", "AN", "AU", "IU", "NU", "BU", "BG", "DU", "DG", "DD"})
"""Everyone, and groups that every person or computer is in. Source: Microsoft, SID Strings."""

_SHARING_VIOLATION = 32
"""Source: Windows, winerror.h."""

_NUMBERS = {"stdin": 0, "stdout": 1, "stderr": 2}


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


def is_read_by_others(path: Path) -> bool:
    """Tell whether the system lets others than its owner and administrators read a file.

    Raises:
        OSError: it cannot be asked of this file.
    """
    if sys.platform != "win32":
        return bool(path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO))
    return lets_many_read(_access_rules(path))


def lets_many_read(rules: str) -> bool:
    """Tell whether an access list of Windows, as a text, lets a large group read."""
    return "NO_ACCESS_CONTROL" in rules or any(
        rule["who"] in _MANY
        and "IO" not in rule["how"]
        and bool(_READING.fullmatch(rule["rights"]))
        for rule in _ALLOWED.finditer(rules)
    )


def _access_rules(path: Path) -> str:
    """Return who may do what with a file, as a text. Source: Microsoft, ACE Strings."""
    if sys.platform != "win32":
        raise NotImplementedError
    import ctypes  # noqa: PLC0415 - Windows alone is asked by it

    calls, kernel, read = ctypes.WinDLL("advapi32"), ctypes.WinDLL("kernel32"), 4
    held, text = ctypes.c_void_p(), ctypes.c_wchar_p()
    error = calls.GetNamedSecurityInfoW(
        ctypes.c_wchar_p(str(path)), 1, read, None, None, None, None, ctypes.byref(held)
    )
    if error:
        raise ctypes.WinError(error)
    kernel.LocalFree.argtypes = [ctypes.c_void_p]
    try:
        if not calls.ConvertSecurityDescriptorToStringSecurityDescriptorW(
            held, 1, read, ctypes.byref(text), None
        ):
            raise ctypes.WinError()
        rules = text.value or ""
        kernel.LocalFree(text)
        return rules
    finally:
        kernel.LocalFree(held)


def read_own(path: Path, limit_bytes: int) -> bytes:
    """Return what this program stored in a file, if the file belongs to this user or root.

    Others may be able to write in the folder, so links are not followed, and another user's file is
    not trusted.

    Raises:
        FileNotFoundError: there is no file, or it is another user's, not a regular file, or too
            long.
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


def write(
    place: Path, body: bytes | Iterable[bytes], *, draft: str | None = None, private: bool = True
) -> None:
    """Write a file whole or not at all, part by part; it is on the disk when this returns.

    `draft` names the draft if only one process writes at a time; a later writer then removes the
    draft of one that was killed. None: the draft gets a random name. Only its owner can read a
    private file, whatever was there before; other files get the usual mode of new files.

    An exception, or a signal that ends the program, removes the draft.

    Raises:
        OSError: it could not be written; what stood there before is untouched.
    """
    parts = (body,) if isinstance(body, bytes) else body
    mode = 0o600 if private else 0o666
    if draft is not None:
        named = place.with_name(draft)
        with suppress(OSError):  # in a shared folder it may be another user's
            named.unlink()
        with suppress(FileExistsError):
            return _write(place, parts, named, mode)
    return _write(place, parts, place.with_name(f".cardtool-{os.urandom(8).hex()}"), mode)


def _write(place: Path, parts: Iterable[bytes], draft: Path, mode: int) -> None:
    with _draft_removed(draft), open(draft, "xb", opener=partial(os.open, mode=mode)) as file:
        file.writelines(parts)
        file.flush()
        os.fsync(file.fileno())
        file.close()  # Windows renames no open file
        draft.replace(place)
    _sync_folder(place.parent)


def _sync_folder(folder: Path) -> None:
    """Sync the folder itself to the disk, if the system has a way to do it."""
    with suppress(OSError):  # Windows cannot open a folder, and a share may not allow it
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def is_in_use(path: Path) -> bool:
    """Tell whether a program of Windows has a file open in such a way that nobody can replace it.

    Windows then refuses even to rename the file to its own name. Source: Microsoft, MoveFileExW.
    """
    if sys.platform == "win32":
        try:
            path.rename(path)
        except OSError as error:
            return error.winerror == _SHARING_VIOLATION
    return False


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
    deadly = [
        number for number in numbers if is_main and signal.getsignal(number) is signal.SIG_DFL
    ]
    for number in deadly:
        signal.signal(number, end)
    try:
        yield
    finally:
        with suppress(OSError):
            draft.unlink()
        for number in deadly:
            signal.signal(number, signal.SIG_DFL)


def outlet(path: Path) -> BinaryIO | None:
    """Open a pipe, a device or a descriptor for writing; None: the name is that of a file.

    A descriptor is written to from its present position, so a file behind it is neither emptied nor
    replaced. Opening a pipe waits for its reader. In a folder that others may write in, only this
    user's own pipes and links are used, because another user's could divert the output. The kernel
    has the same rule, if it is switched on. Source: proc_sys_fs(5), protected_fifos and
    protected_symlinks.

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
    handle = os.open(path, os.O_WRONLY | (0 if is_link else _NO_LINK))
    if stat.S_ISREG(os.fstat(handle).st_mode):  # a file has replaced it meanwhile
        os.close(handle)
        return None
    return os.fdopen(handle, "wb")


def is_trusted(info: os.stat_result, folder: os.stat_result, user: int) -> bool:
    """Tell whether a name in a shared folder belongs to this user or to the folder's owner."""
    is_shared = folder.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
    return not is_shared or info.st_uid in {user, folder.st_uid}
