# SPDX-License-Identifier: Apache-2.0
"""The fence, with real children: what they may do, and what becomes of them."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import pytest

from cardtool.model.snapshot import Failure
from cardtool.probe.isolation import Worker, name_exit
from cardtool.probe.jobs import OPENED, TOKEN, ListReaders, OpenModule, ReadToken, ask
from tests.rig.modules import Place, hostile_module, scripted_module

T = TypeVar("T")


def test_a_library_that_cannot_be_loaded_is_the_systems_failure() -> None:
    with Worker("pkcs11") as worker:
        answer = ask(worker, OpenModule(path="/nowhere/none.so"), OPENED, timeout_s=10)

    assert isinstance(answer, Failure)
    assert (answer.api, answer.name) == ("os", "DLERROR")
    assert "none.so" in answer.detail


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


def test_a_child_that_was_killed_is_named_by_its_signal_and_stays_lost() -> None:
    with Worker("pkcs11") as worker:
        process = worker._process  # noqa: SLF001 - a library's abort comes from within
        assert process is not None
        os.kill(process.pid, signal.SIGABRT)

        first = ask(worker, OpenModule(path="x"), OPENED, timeout_s=10)
        second = ask(worker, OpenModule(path="x"), OPENED, timeout_s=10)

    assert isinstance(first, Failure)
    assert (first.api, first.name, first.code) == ("worker", "SIGABRT", 6)
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
        child = Path("/proc") / parent.stdout.readline().strip()
        _wait_for(lambda: str(module.path) in child.joinpath("maps").read_text())
        parent.kill()

    _wait_for(lambda: not _is_running(child))


def _is_running(process: Path) -> bool:
    try:
        return process.joinpath("stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


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
        children = _wait_for(lambda: _children_using(check.pid, module.path))

        for process in (check.pid, *(int(child.name) for child in children)):
            os.kill(process, signal.SIGINT)  # as a terminal does to all of them
        out, complaints = check.communicate(timeout=30)

    assert check.returncode == 130
    assert (out, complaints.strip()) == (b"", b"")
    assert all(map(_is_running, children))
    _wait_for(lambda: not any(map(_is_running, children)))


def test_no_file_of_the_current_folder_is_run(tmp_path: Path) -> None:
    for name in ("pkcs11.py", "json.py", "cardtool.py"):
        (tmp_path / name).write_text("open('trap', 'w').close()\n")
    command = [str(Path(sys.executable).with_name("cardtool")), "check", "--timeout", "5"]

    subprocess.run(command, cwd=tmp_path, capture_output=True, check=False)

    assert not (tmp_path / "trap").exists()


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


def _children_using(parent: int, library: Path) -> list[Path]:
    children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    return [
        child
        for number in children
        if str(library) in (child := Path("/proc") / number).joinpath("maps").read_text()
    ]


def _wait_for(condition: Callable[[], T]) -> T:
    limit = time.monotonic() + 30
    while not (met := condition()):
        assert time.monotonic() < limit
        time.sleep(0.05)
    return met
