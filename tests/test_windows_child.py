# SPDX-License-Identifier: Apache-2.0
"""The calls that start a process of Windows, against a library of our own with the functions.

It proves their arguments as the header has them, and that all that was made is given back; that
Windows answers so is not proven here.
"""

import ctypes
import shutil
import sys
from pathlib import Path

import pytest

from cardtool.probe import windows_child
from tests.conftest import require
from tests.rig.compiler import stand_in

_SOURCE = """
#include <stdint.h>
#include <stddef.h>

struct startup {
    uint32_t size;
    void *texts[3];
    uint32_t places_and_sizes[7], flags;
    uint16_t show, reserved_size;
    void *reserved, *standard[3], *attributes;
};

struct made { void *process, *thread; uint32_t pid, thread_id; };

int refused, jobs, lists, threads;
static char job, process, thread, this;
static void *list;

void *CreateJobObjectW(void *security, void *name)
{
    return security || name || refused == 1 ? 0 : (jobs++, &job);
}

int SetInformationJobObject(void *given, int kind, const void *limits, uint32_t size)
{
    (void)size;
    return given == &job && kind == 9 && limits;
}

int InitializeProcThreadAttributeList(void *at, uint32_t count, uint32_t flags, size_t *size)
{
    if (!at)
        *size = 100;
    if (!at || count != 2 || flags || *size != 100 || refused == 2)
        return 0;
    list = at;
    return ++lists;
}

int UpdateProcThreadAttribute(void *at, uint32_t flags, size_t kind, void **values, size_t size,
                              void *before, size_t *returned)
{
    int is_job = kind == 0x2000d && size == sizeof(void *) && values[0] == &job;
    int is_handles = kind == 0x20002 && size == 3 * sizeof(void *) && values[2] == (void *)3;
    return at == list && !flags && !before && !returned && (is_job || is_handles) && refused != 3;
}

void DeleteProcThreadAttributeList(void *at)
{
    lists -= at == list;
}

int CreateProcessW(const void *program, void *line, void *process_security, void *thread_security,
                   int inherits, uint32_t flags, void *variables, const void *folder,
                   const struct startup *startup, struct made *made)
{
    if (!program || !line || process_security || thread_security || !inherits || variables ||
        folder || flags != 0x80000 || startup->size != sizeof *startup ||
        startup->flags != 0x100 || startup->standard[2] != (void *)3 ||
        startup->attributes != list || refused == 4)
        return 0;
    *made = (struct made){&process, &thread, 7, 8};
    return ++threads;
}

void *GetCurrentProcess(void)
{
    return &this;
}

int DuplicateHandle(void *from, void *given, void *to, void **copy, uint32_t access, int inherits,
                    uint32_t options)
{
    int is_same = !access && !inherits && options == 2;
    return from == &this && given == &job && to == &process && copy && is_same && refused != 5;
}

int CloseHandle(void *given)
{
    jobs -= given == &job;
    threads -= given == &thread;
    return 1;
}
"""


@pytest.fixture
def library(tmp_path: Path) -> ctypes.CDLL:
    require(shutil.which("gcc"), "gcc")
    return stand_in(tmp_path, "kernel32", _SOURCE)


def _left(library: ctypes.CDLL) -> list[int]:
    """Return how many jobs, lists of attributes and threads were made and not given back."""
    return [ctypes.c_int.in_dll(library, name).value for name in ("jobs", "lists", "threads")]


def test_a_process_is_started_and_only_its_handle_is_kept(library: ctypes.CDLL) -> None:
    process, pid = windows_child.start("p.exe", "p.exe -c pass", [1, 2, 3], library)

    assert process
    assert pid == 7
    assert _left(library) == [0, 0, 0]


@pytest.mark.parametrize("step", [1, 2, 3, 4, 5])
def test_a_process_that_may_not_be_started_leaves_no_job_and_no_list(
    library: ctypes.CDLL, step: int
) -> None:
    ctypes.c_int.in_dll(library, "refused").value = step

    with pytest.raises(OSError, match=r"^$"):
        windows_child.start("p.exe", "p.exe -c pass", [1, 2, 3], library)

    assert _left(library) == [0, 0, 0]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has the library")
def test_without_windows_and_without_its_library_no_process_is_started() -> None:
    with pytest.raises(NotImplementedError):
        windows_child.start("p.exe", "p.exe -c pass", [1, 2, 3])
