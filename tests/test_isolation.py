# SPDX-License-Identifier: Apache-2.0
"""The fence, with real children: what they may do, and what becomes of them."""

import errno
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import pytest

from cardtool.model.limits import LIST_LIMIT
from cardtool.model.snapshot import Failure, Token
from cardtool.probe import children
from cardtool.probe.isolation import Worker, name_exit
from cardtool.probe.jobs import (
    OPENED,
    TOKEN,
    ListReaders,
    OpenedModule,
    OpenModule,
    ReadToken,
    ask,
)
from tests.rig.compiler import compile_library
from tests.rig.modules import Module, Place, Slot, hostile_module, scripted_module
from tests.rig.processes import below, is_running, uses

T = TypeVar("T")


def test_a_library_that_cannot_be_loaded_is_the_systems_failure() -> None:
    with Worker("pkcs11") as worker:
        answer = ask(worker, OpenModule(path="/nowhere/none.so"), OPENED, timeout_s=10)

    assert isinstance(answer, Failure)
    assert (answer.api, answer.name) == ("os", "DLERROR")
    assert "none.so" in answer.detail


def test_a_library_that_is_no_module_is_told_from_one_that_cannot_be_loaded(
    tmp_path: Path,
) -> None:
    source, library = tmp_path / "other.c", tmp_path / "libother.so"
    source.write_text("int other(void) { return 0; }")
    compile_library(source, library)
    with Worker("pkcs11") as worker:
        answer = ask(worker, OpenModule(path=str(library)), OPENED, timeout_s=10)

    assert isinstance(answer, Failure)
    assert (answer.api, answer.name) == ("os", "ENOSYS")


def test_a_fault_of_ours_is_not_the_cards() -> None:
    with Worker("pkcs11") as worker:
        answer = ask(worker, ReadToken(slot_id=99), TOKEN, timeout_s=10)

    assert isinstance(answer, Failure)
    assert (answer.api, answer.name) == ("worker", "BUG")
    assert "KeyError" in answer.detail


def test_an_answer_of_another_kind_is_nonsense() -> None:
    with Worker("pcsc") as worker:
        answer = ask(worker, ListReaders(), TOKEN, timeout_s=10)

    assert isinstance(answer, Failure)
    assert answer.api in {"pcsc", "worker"}


@pytest.mark.parametrize(("name", "number"), [("SIGABRT", 6), ("SIGKILL", 9)])
def test_a_child_that_was_killed_is_named_by_its_signal_and_stays_lost(
    name: str, number: int
) -> None:
    with Worker("pkcs11") as worker:
        os.kill(_job(worker), number)  # a library's abort comes from within

        first = ask(worker, OpenModule(path="x"), OPENED, timeout_s=10)
        second = ask(worker, OpenModule(path="x"), OPENED, timeout_s=10)

    assert isinstance(first, Failure)
    assert (first.api, first.name, first.code) == ("worker", name, number)
    assert worker.is_lost
    assert second == first


def test_a_child_whose_parent_was_killed_in_a_call_ends_itself(tmp_path: Path) -> None:
    module = hostile_module(tmp_path, "hang-in-initialize")
    script = (
        "import sys, time; from cardtool.probe.isolation import Worker; w = Worker('pkcs11');"
        "from cardtool.probe.jobs import *;"
        "w._process.stdin.write(b'0.1 ' + msgspec.json.encode(OpenModule(path=sys.argv[1])));"
        "w._process.stdin.write(bytes((10,))); w._process.stdin.flush();"
        "print(w._process.pid, flush=True); time.sleep(100)"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", script, str(module.path)], stdout=subprocess.PIPE, text=True
    )
    with parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        (job,) = _wait_for(lambda: _using(child, module.path))
        parent.kill()

    _wait_for(lambda: not is_running(child) and not is_running(job))


@pytest.mark.parametrize(
    ("status", "name", "code"),
    [
        (-11, "SIGSEGV", 11),
        (0xC0000005, "ACCESS_VIOLATION", 0xC0000005),
        (0xC0000001, "0xC0000001", 0xC0000001),
        (3, "EXIT", 3),
        (-35, "SIG35", 35),
    ],
)
def test_exit_statuses_have_names(status: int, name: str, code: int) -> None:
    loss = name_exit(status, "said")

    assert (loss.name, loss.code, loss.detail) == (name, code, "said")


def test_an_interrupted_command_leaves_its_worker_to_put_the_module_away(tmp_path: Path) -> None:
    slow: dict[Place, str] = {
        "IN_INITIALIZE": "struct timespec pause = {1, 0}; nanosleep(&pause, 0);"
    }
    module = scripted_module(tmp_path, code=slow)
    command = [sys.executable, "-m", "cardtool", "check", "--module", str(module.path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as check:
        children = _wait_for(lambda: _using(check.pid, module.path))

        for process in (check.pid, *children):
            os.kill(process, signal.SIGINT)  # as a terminal does to all of them
        out, complaints = check.communicate(timeout=30)

    assert check.returncode == 130
    assert (out, complaints.strip()) == (b"", b"")
    assert all(map(is_running, children))
    _wait_for(lambda: not any(map(is_running, children)))


def test_no_file_of_the_current_folder_is_run(tmp_path: Path) -> None:
    for name in ("pkcs11.py", "json.py", "cardtool.py"):
        (tmp_path / name).write_text("open('trap', 'w').close()\n")
    command = [str(Path(sys.executable).with_name("cardtool")), "check", "--timeout", "5"]

    subprocess.run(command, cwd=tmp_path, capture_output=True, check=False)

    assert not (tmp_path / "trap").exists()


_COPIES = """
import os, sys
os.set_inheritable(os.open(sys.argv[1], os.O_RDONLY), True)
from cardtool.probe import worker
from cardtool.probe.isolation import Workers
with Workers(worker.main) as workers:
    from cardtool.probe.jobs import OPENED, READERS, ListReaders, OpenModule, ask
    ask(workers.pcsc, ListReaders(), READERS, timeout_s=20)
    ask(workers.pkcs11(), OpenModule(path="/nowhere/none.so"), OPENED, timeout_s=20)
    print("asked", flush=True)
    sys.stdin.read()
"""


def test_copies_of_the_parent_share_no_descriptor_with_it_or_each_other_but_the_lock(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock, other = tmp_path / "lock", tmp_path / "other"
    other.touch()
    monkeypatch.setenv("CARDTOOL_LOCK", str(lock))
    with subprocess.Popen(
        [sys.executable, "-c", _COPIES, str(other)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == b"asked\n"
        copies = below(parent.pid)
        opened = {pid: _opened(pid) for pid in (parent.pid, *copies)}
        commands = {Path(f"/proc/{pid}/cmdline").read_bytes() for pid in opened}
        stats = [Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2] for pid in opened]
        parent.communicate()

    assert len(copies) == 4  # two jobs, and a supervisor above each
    assert len(commands) == 1
    assert len({stat.split()[3] for stat in stats}) == 5  # the session. Source: proc(5)
    assert all(str(lock) in opened[pid] for pid in opened)
    pipes = [name for pid in copies for name in opened[pid] if name.startswith("pipe:")]
    assert len(pipes) == len(set(pipes))
    theirs = {name for pid in copies for name in opened[pid]} - set(pipes)
    assert theirs == {str(lock), os.devnull}
    _wait_for(lambda: not any(map(is_running, copies)))


@pytest.mark.parametrize(
    ("flags", "is_frozen", "is_left"), [([], False, False), ([], True, True), (["-P"], False, True)]
)
def test_a_copy_of_the_parent_searches_the_folder_of_its_program_only_in_a_frozen_build(
    *, flags: list[str], is_frozen: bool, is_left: bool
) -> None:
    script = (
        "import os, sys\n"
        f"if {is_frozen}: sys.frozen = True\n"
        "from cardtool.probe import children\n"
        "sys.path.insert(0, '/first')\n"
        "copy = children.fork(lambda job: os.write(1, sys.path[0].encode()), 'pcsc', None)\n"
        "print(copy.stdout.read().decode() == '/first')\n"
        "copy.wait()"
    )

    printed = subprocess.check_output([sys.executable, *flags, "-c", script], text=True)

    assert printed == f"{is_left}\n"


def test_a_copy_that_cannot_be_made_leaves_nothing_open(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> int:
        raise BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable")

    monkeypatch.setattr(os, "fork", fail)
    before = sorted(Path("/proc/self/fd").iterdir())

    with pytest.raises(BlockingIOError):
        children.fork(lambda _: None, "pcsc", None)

    assert sorted(Path("/proc/self/fd").iterdir()) == before


def test_a_program_whose_starter_ignores_its_children_says_nothing_of_it() -> None:
    script = (
        "import signal; signal.signal(signal.SIGCHLD, signal.SIG_IGN)\n"
        "from cardtool.probe import worker\n"
        "from cardtool.probe.isolation import Workers\n"
        "with Workers(worker.main) as workers:\n"
        "    workers.pkcs11(0)\n"
        "    workers.pkcs11(20)\n"
    )

    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)

    assert done.stderr == b""


@pytest.mark.parametrize("flags", [["-I", "-B"], ["-I"], ["-P"]], ids=" ".join)
def test_a_child_is_as_isolated_as_its_parent(flags: list[str]) -> None:
    script = (
        "from pathlib import Path\n"
        "from cardtool.probe.isolation import Worker\n"
        "with Worker('pcsc') as worker:\n"
        "    place = Path(f'/proc/{worker.pid}/cmdline')\n"
        "    while not (words := place.read_text()):  # the kernel has not laid them out yet\n"
        "        pass\n"
        "    print(words.replace(chr(0), ' '))"
    )
    environment = {
        name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"
    }
    done = subprocess.run(
        [sys.executable, *flags, "-c", script],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split()[1:] == [*flags, "-m", "cardtool", "worker", "pcsc"]


def test_a_child_that_cannot_be_started_is_a_failure() -> None:
    script = (
        "import resource; resource.setrlimit(resource.RLIMIT_NOFILE, (3, 3));"
        "from cardtool.probe.isolation import Worker; from cardtool.probe.jobs import *;"
        "w = Worker('pcsc'); print(ask(w, ListReaders(), READERS, timeout_s=1).name); w.end()"
    )
    imported = "import subprocess, threading, cardtool.probe.jobs;"

    done = subprocess.run(
        [sys.executable, "-c", imported + script], capture_output=True, text=True, check=False
    )

    assert done.stdout.strip() == "EMFILE", done.stderr


def test_a_library_that_signals_its_process_group_ends_its_worker_alone(tmp_path: Path) -> None:
    code = (
        "import sys; from cardtool.probe.isolation import Worker;"
        "from cardtool.probe.jobs import *; w = Worker('pkcs11');"
        "print(ask(w, OpenModule(path=sys.argv[1]), OPENED, timeout_s=20).name)"
    )
    module = _harmful(tmp_path, "kill(0, SIGTERM);")

    done = subprocess.run(
        [sys.executable, "-c", code, module.path],
        capture_output=True,
        text=True,
        start_new_session=True,
        check=False,
    )

    assert (done.returncode, done.stdout) == (0, "SIGTERM\n")


def test_what_a_library_left_behind_ends_with_its_worker(tmp_path: Path) -> None:
    daemon = "if (!fork()) { setsid(); if (!fork()) for (;;) pause(); _exit(0); } wait(0);"
    module = _harmful(tmp_path, daemon)

    with Worker("pkcs11") as worker:
        answer = ask(worker, OpenModule(path=str(module.path)), OPENED, timeout_s=20)
        everywhere = [pid for pid in _everybody() if uses(pid, module.path)]

    assert isinstance(answer, OpenedModule)
    assert len(everywhere) == 2
    _wait_for(lambda: not any(map(is_running, everywhere)))


def test_a_worker_that_stopped_itself_is_woken(tmp_path: Path) -> None:
    module = _harmful(tmp_path, "raise(SIGSTOP);")

    with Worker("pkcs11") as worker:
        answer = ask(worker, OpenModule(path=str(module.path)), OPENED, timeout_s=20)

    assert isinstance(answer, OpenedModule)


def test_a_library_that_stops_the_process_above_it_leaves_nothing(tmp_path: Path) -> None:
    module = _harmful(tmp_path, "kill(getppid(), SIGSTOP);")

    with Worker("pkcs11") as worker:
        answer = ask(worker, OpenModule(path=str(module.path)), OPENED, timeout_s=20)
        everywhere = [pid for pid in _everybody() if uses(pid, module.path)]
    assert worker.pid is not None

    assert isinstance(answer, OpenedModule)
    assert everywhere
    _wait_for(lambda: not any(map(is_running, (worker.pid or 0, *everywhere))))


_LEAVES_A_PROCESS = """
import ctypes, os, resource, time
from cardtool.probe import supervisor
supervisor._CLEAN_UP_S = 0.2
os.close(free := os.dup(0))
resource.setrlimit(resource.RLIMIT_NOFILE, (free + 2, free + 2))
supervisor.fork_job(2**30)
above = os.getppid()
heard, said = os.pipe()
while True:
    if not os.fork():
        parent = os.getpid()
        if os.fork():
            os._exit(0)
        os.setsid()
        while os.getppid() == parent:
            time.sleep(0.001)
        os.write(said, b"1" if os.getppid() == above else b"0")
        while os.getppid() == above:
            time.sleep(0.01)
        os._exit(0)
    os.wait()
    if os.read(heard, 1) == b"1":
        os._exit(7)
"""
"""A job that ends with 7 and leaves a process outside its group, which outlives the supervisor.

It leaves processes until the supervisor has adopted one. The supervisor may open only its two ends
of a pipe, so that it cannot list /proc.
"""


def test_a_supervisor_that_cannot_read_proc_ends_as_its_job_did() -> None:
    done = subprocess.run([sys.executable, "-c", _LEAVES_A_PROCESS], check=False, timeout=60)

    assert done.returncode == 7


def test_an_answer_that_does_not_end_is_refused(tmp_path: Path) -> None:
    text = "static char text[100000]; memset(text, '{', sizeof text);"
    every = "for (int n = 0; n < 1000; n++) for (int fd = 3; fd < 20; fd++)"
    module = _harmful(tmp_path, f"{text} {every} if (write(fd, text, sizeof text) < 0) {{}}")

    with Worker("pkcs11") as worker:
        answer = ask(worker, OpenModule(path=str(module.path)), OPENED, timeout_s=20)

    assert isinstance(answer, Failure)
    assert (answer.api, answer.name) == ("worker", "OVERSIZE")


def test_a_module_with_more_slots_than_any_has_is_at_fault(tmp_path: Path) -> None:
    module = scripted_module(tmp_path, [Slot(slot_flags=0)] * (LIST_LIMIT + 1))

    with Worker("pkcs11") as worker:
        answer = ask(worker, OpenModule(path=str(module.path)), OPENED, timeout_s=20)

    assert isinstance(answer, Failure)
    assert (answer.api, answer.name) == ("worker", "OVERSIZE")


def test_a_card_with_more_certificates_than_any_has_is_not_shown_with_some_of_them(
    tmp_path: Path,
) -> None:
    many = Slot(certificates=[("", b"0")] * (LIST_LIMIT + 1))
    module = scripted_module(tmp_path, [many])

    with Worker("pkcs11") as worker:
        opened = ask(worker, OpenModule(path=str(module.path)), OPENED, timeout_s=20)
        assert isinstance(opened, OpenedModule)
        read = ask(worker, ReadToken(slot_id=opened.slots[0].id), TOKEN, timeout_s=20)

    assert isinstance(read, Token)
    assert isinstance(read.certificates, Failure)
    assert read.certificates.name == "OVERSIZE"


@pytest.mark.parametrize("count", ["0x3fffffff", "(CK_ULONG)-1"])
def test_a_count_that_cannot_be_is_the_modules_fault(tmp_path: Path, count: str) -> None:
    code = f"if (!list) {{ *count = {count}; return CKR_OK; }}"
    module = scripted_module(tmp_path, [Slot()], code={"IN_GET_SLOT_LIST": code})

    with Worker("pkcs11") as worker:
        answer = ask(worker, OpenModule(path=str(module.path)), OPENED, timeout_s=20)

    assert isinstance(answer, Failure)
    assert (answer.api, answer.name) == ("pkcs11", "CKR_GENERAL_ERROR")


def test_a_worker_has_limits_and_leaves_no_core_file(tmp_path: Path) -> None:
    module = scripted_module(tmp_path)

    with Worker("pkcs11") as worker:
        ask(worker, OpenModule(path=str(module.path)), OPENED, timeout_s=20)
        lines = Path(f"/proc/{_job(worker)}/limits").read_text().splitlines()

    limits = {line[:26].strip(): line[26:].split()[:2] for line in lines}
    assert limits["Max core file size"] == ["0", "0"]
    assert limits["Max data size"] == ["1073741824", "1073741824"]


def test_a_module_may_reserve_more_address_space_than_there_is_memory(tmp_path: Path) -> None:
    module = _harmful(
        tmp_path,
        "if (mmap(0, 1ul << 36, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)"
        " == MAP_FAILED) abort();",
    )

    with Worker("pkcs11") as worker:
        answer = ask(worker, OpenModule(path=str(module.path)), OPENED, timeout_s=20)

    assert isinstance(answer, OpenedModule)


def _harmful(folder: Path, code: str) -> Module:
    headers = ("unistd.h", "signal.h", "sys/mman.h", "sys/wait.h")
    return scripted_module(folder, [Slot()], code={"IN_INITIALIZE": code}, headers=headers)


def _opened(pid: int) -> set[str]:
    """Return the names of what a process has open, each once."""
    return {str(descriptor.readlink()) for descriptor in Path(f"/proc/{pid}/fd").iterdir()}


def _everybody() -> list[int]:
    return [int(entry.name) for entry in Path("/proc").glob("[0-9]*")]


def _job(worker: Worker) -> int:
    """Return the number of the process that does the job, which is below the worker's own."""
    assert worker.pid is not None
    return _wait_for(lambda: below(worker.pid or 0))[0]


def _using(parent: int, library: Path) -> list[int]:
    return [pid for pid in below(parent) if uses(pid, library)]


def _wait_for(condition: Callable[[], T]) -> T:
    limit = time.monotonic() + 30
    while not (met := condition()):
        assert time.monotonic() < limit
        time.sleep(0.05)
    return met
