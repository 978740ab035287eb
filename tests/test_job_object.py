# SPDX-License-Identifier: Apache-2.0
"""The calls that put a worker into a job object, against a library of our own with the functions.

It proves order, types and sizes of the arguments as the header has them; that Windows answers so is
not proven here.
"""

import ctypes
import shutil
from pathlib import Path

import pytest

from cardtool.probe import job_object
from tests.conftest import require
from tests.rig.compiler import stand_in

_SOURCE = """
#include <stdint.h>
#include <stddef.h>

struct limits {
    int64_t process_time, job_time;
    uint32_t flags;
    size_t least, most;
    uint32_t processes;
    size_t affinity;
    uint32_t priority, scheduling;
    uint64_t counters[6];
    size_t process_memory, job_memory, process_peak, job_peak;
};

int refused;
static char job, process;
static int is_limited;

void *CreateJobObjectW(void *security, void *name)
{
    return refused == 1 || security || name ? 0 : &job;
}

void *GetCurrentProcess(void)
{
    return &process;
}

int SetInformationJobObject(void *given, int kind, const struct limits *limits, uint32_t size)
{
    is_limited = given == &job && kind == 9 && size == sizeof *limits && limits->flags == 0x2500 &&
                 limits->process_memory == 1u << 30 && limits->job_memory == 0;
    return refused != 2 && is_limited;
}

int AssignProcessToJobObject(void *given, void *whom)
{
    return refused != 3 && is_limited && given == &job && whom == &process;
}
"""


@pytest.fixture
def library(tmp_path: Path) -> ctypes.CDLL:
    require(shutil.which("gcc"), "gcc")
    return stand_in(tmp_path, "kernel32", _SOURCE)


def test_a_worker_enters_a_job_with_limits_that_ends_with_it(library: ctypes.CDLL) -> None:
    assert job_object.enter(1 << 30, library)


@pytest.mark.parametrize("step", [1, 2, 3])
def test_a_worker_that_may_enter_no_job_goes_without(library: ctypes.CDLL, step: int) -> None:
    ctypes.c_int.in_dll(library, "refused").value = step

    assert not job_object.enter(1 << 30, library)


def test_the_record_has_the_size_of_the_systems_own() -> None:
    assert ctypes.sizeof(job_object.Limits) == {8: 144, 4: 112}[ctypes.sizeof(ctypes.c_void_p)]
