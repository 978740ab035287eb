# SPDX-License-Identifier: Apache-2.0
"""Windows: starts a process that does not stay behind if this one is ended meanwhile.

Windows makes a process suspended and sets it going as its last step. If the process that starts it
is ended before that, nobody sets it going: it stays until the user logs off and keeps its files in
use. `subprocess` cannot prevent this. So the new process is made inside a job object of which this
process has the only handle, and Windows ends the job when the handle is gone. Once the new process
is complete it gets the handle, because a worker that talks to a card must outlive its parent.

Source: Microsoft, UpdateProcThreadAttribute (PROC_THREAD_ATTRIBUTE_JOB_LIST, from Windows 10),
STARTUPINFOEX, DuplicateHandle. Run under Wine, not on Windows.
"""

import ctypes
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from ctypes import byref, c_size_t, c_uint16, c_uint32, c_void_p, c_wchar_p
from typing import Any

from cardtool.probe import job_object

_HANDLE_LIST = 0x20002
_JOB_LIST = 0x2000D
_EXTENDED_STARTUPINFO_PRESENT = 0x80000
_USE_STANDARD_HANDLES = 0x100
_SAME_ACCESS = 2


class _Startup(ctypes.Structure):
    """STARTUPINFOEXW."""

    _fields_ = (
        ("size", c_uint32),
        ("texts", c_void_p * 3),
        ("places_and_sizes", c_uint32 * 7),
        ("flags", c_uint32),
        ("show_and_reserved_size", c_uint16 * 2),
        ("reserved", c_void_p),
        ("standard", c_void_p * 3),
        ("attributes", c_void_p),
    )


class _Made(ctypes.Structure):
    """PROCESS_INFORMATION."""

    _fields_ = (
        ("process", c_void_p),
        ("thread", c_void_p),
        ("pid", c_uint32),
        ("thread_id", c_uint32),
    )


def start(
    program: str,
    line: str,
    standard: Sequence[int],
    library: Any = None,  # noqa: ANN401 - kernel32
) -> tuple[int, int]:
    """Start a program; return the handle and the number of its process.

    `line` is its command line, and `standard` are its three standard handles, all different and
    inheritable: it inherits no others.

    Raises:
        OSError: Windows refuses.
    """
    if library is None and sys.platform == "win32":
        library = ctypes.WinDLL("kernel32", use_last_error=True)
    if library is None:
        raise NotImplementedError

    def call(name: str, *arguments: object) -> None:
        if not getattr(library, name)(*arguments):
            raise _refusal()

    library.GetCurrentProcess.restype = c_void_p
    job = job_object.make(job_object.Limits(flags=job_object.KILL_ON_JOB_CLOSE), library)
    if job is None:
        raise _refusal()
    with ExitStack() as afterwards:
        afterwards.callback(library.CloseHandle, job)
        size = c_size_t()
        library.InitializeProcThreadAttributeList(None, 2, 0, byref(size))
        attributes = ctypes.create_string_buffer(size.value)
        call("InitializeProcThreadAttributeList", attributes, 2, 0, byref(size))
        afterwards.callback(library.DeleteProcThreadAttributeList, attributes)
        handles, jobs = (c_void_p * 3)(*standard), (c_void_p * 1)(job)
        for kind, values in ((_HANDLE_LIST, handles), (_JOB_LIST, jobs)):
            call(
                *("UpdateProcThreadAttribute", attributes, 0, c_size_t(kind), values),
                *(c_size_t(ctypes.sizeof(values)), None, None),
            )
        startup = _Startup(
            size=ctypes.sizeof(_Startup),
            flags=_USE_STANDARD_HANDLES,
            standard=handles,
            attributes=ctypes.addressof(attributes),
        )
        made = _Made()
        call(
            *("CreateProcessW", c_wchar_p(program), ctypes.create_unicode_buffer(line)),
            *(None, None, True, _EXTENDED_STARTUPINFO_PRESENT, None, None),
            *(byref(startup), byref(made)),
        )
        library.CloseHandle(c_void_p(made.thread))
        this, its = c_void_p(library.GetCurrentProcess()), c_void_p(made.process)
        call("DuplicateHandle", this, job, its, byref(c_void_p()), 0, False, _SAME_ACCESS)  # noqa: FBT003
        return made.process, made.pid


def _refusal() -> OSError:
    if sys.platform == "win32":
        return ctypes.WinError(ctypes.get_last_error())
    return OSError()
