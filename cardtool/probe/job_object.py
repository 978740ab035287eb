# SPDX-License-Identifier: Apache-2.0
"""Windows: puts a worker into a job object, so that its children end with it and have limits.

The worker holds the only handle, so the job is closed when the worker ends, however it ends. It is
not closed earlier: a worker may still be talking to a card when its parent has gone. Tested with a
library that takes the same calls, not run on Windows.

Source: Microsoft, Job Objects; SetInformationJobObject; JOBOBJECT_EXTENDED_LIMIT_INFORMATION.
"""

import ctypes
import sys
from typing import Any

_EXTENDED_LIMIT_INFORMATION = 9
_PROCESS_MEMORY = 0x100
_DIE_ON_UNHANDLED_EXCEPTION = 0x400
KILL_ON_JOB_CLOSE = 0x2000
_FAIL_CRITICAL_ERRORS = 1
_NO_FAULT_BOX = 2


class Limits(ctypes.Structure):
    """JOBOBJECT_EXTENDED_LIMIT_INFORMATION: 144 bytes in a 64-bit process, 112 in a 32-bit one."""

    _fields_ = (
        ("user_times", ctypes.c_int64 * 2),
        ("flags", ctypes.c_uint32),
        ("working_set", ctypes.c_size_t * 2),
        ("active_processes", ctypes.c_uint32),
        ("affinity", ctypes.c_size_t),
        ("priority_and_scheduling", ctypes.c_uint32 * 2),
        ("input_output", ctypes.c_uint64 * 6),
        ("process_memory", ctypes.c_size_t),
        ("job_memory_and_peaks", ctypes.c_size_t * 3),
    )


def enter(memory_limit_bytes: int, library: Any = None) -> bool:  # noqa: ANN401 - kernel32
    """Put this process into a new job object; False if Windows refuses."""
    if library is None and sys.platform == "win32":  # pragma: no cover - needs Windows
        library = ctypes.WinDLL("kernel32")
    limits = Limits(
        flags=_PROCESS_MEMORY | _DIE_ON_UNHANDLED_EXCEPTION | KILL_ON_JOB_CLOSE,
        process_memory=memory_limit_bytes,
    )
    job = make(limits, library)
    if job is None:
        return False
    library.GetCurrentProcess.restype = ctypes.c_void_p
    process = ctypes.c_void_p(library.GetCurrentProcess())
    return bool(library.AssignProcessToJobObject(job, process))  # the handle stays open: see above


def make(limits: Limits, library: Any) -> ctypes.c_void_p | None:  # noqa: ANN401 - kernel32
    """Return a handle of a new job object; None if Windows refuses."""
    library.CreateJobObjectW.restype = ctypes.c_void_p
    number = library.CreateJobObjectW(None, None)
    if not number:
        return None
    job, kind = ctypes.c_void_p(number), _EXTENDED_LIMIT_INFORMATION
    size = ctypes.sizeof(limits)
    return job if library.SetInformationJobObject(job, kind, ctypes.byref(limits), size) else None


def show_no_box() -> None:
    """Keep Windows from showing an error box, and waiting for it, if a library is missing or fails.

    Source: Microsoft, SetErrorMode.
    """
    if sys.platform == "win32":
        ctypes.WinDLL("kernel32").SetErrorMode(_FAIL_CRITICAL_ERRORS | _NO_FAULT_BOX)
