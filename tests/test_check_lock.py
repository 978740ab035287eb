# SPDX-License-Identifier: Apache-2.0
"""One check at a time on a machine: who waits, for whom, and what the lock's file may be."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from cardtool.fleet.sending.spool import Spool
from cardtool.model.snapshot import encode
from cardtool.probe.check_lock import CheckLock
from cardtool.probe.isolation import Workers
from cardtool.probe.workstation import Options, take_snapshot
from tests.desks import desk
from tests.rig.modules import Slot, scripted_module
from tests.rig.processes import uses

_EARLIER = encode(desk())

_OTHER = (
    "import sys; from cardtool.probe.check_lock import CheckLock; lock = CheckLock();"
    "print(lock.wait(0), flush=True); sys.stdin.read()"
)


@pytest.fixture
def lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Name a lock of this test's own."""
    file = tmp_path / "lock"
    monkeypatch.setenv("CARDTOOL_LOCK", str(file))
    return file


@pytest.fixture
def other(lock: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """Have another process take the lock."""
    assert lock.name
    with subprocess.Popen(
        [sys.executable, "-c", _OTHER], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"True\n"
        yield process


def _check(*options: str) -> tuple[int, Any]:
    command = [sys.executable, "-m", "cardtool", "check", "--format", "json", *options]
    done = subprocess.run(command, capture_output=True, check=False)
    return done.returncode, json.loads(done.stdout)


def _wait_until_it_waits(pid: int) -> None:
    """Wait until a check asks who has the lock, for which it loads what nothing else needs."""
    limit = time.monotonic() + 30
    while not uses(pid, Path("_psutil_linux")):
        assert time.monotonic() < limit
        time.sleep(0.01)


def test_a_check_that_waits_in_vain_says_who_is_at_work(
    other: "subprocess.Popen[bytes]",
) -> None:
    status, diagnosis = _check("--timeout", "1")

    assert (status, diagnosis["verdict"]) == (3, "check-running")
    facts = diagnosis["findings"][0]["facts"]
    assert facts["pid"] == other.pid
    assert facts["program"].startswith("python")


@pytest.mark.parametrize(
    ("command", "status", "stream"),
    [
        (("certs", "export"), 3, 2),
        (("certs",), 3, 1),
        (("drivers",), 0, 1),
        (("calendar",), 3, 2),
    ],
    ids=lambda each: " ".join(each) if isinstance(each, tuple) else None,
)
def test_no_command_takes_a_card_that_was_not_asked_for_an_empty_one(
    other: "subprocess.Popen[bytes]", command: tuple[str, ...], status: int, stream: int
) -> None:
    assert other.pid
    line = [sys.executable, "-m", "cardtool", "--lang", "en", *command, "--timeout", "1"]
    done = subprocess.run(line, capture_output=True, check=False)

    assert done.returncode == status
    told = (done.stdout, done.stderr)[stream - 1].decode()
    assert "Another check is at work" in told or "(check-running)" in told
    assert "On the cards: -" not in told


def test_a_check_begins_when_the_other_has_ended(other: "subprocess.Popen[bytes]") -> None:
    command = [sys.executable, "-m", "cardtool", "check", "--format", "json", "--timeout", "60"]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as waiting:
        _wait_until_it_waits(waiting.pid)
        other.communicate(b"")
        assert waiting.stdout is not None
        diagnosis = json.loads(waiting.stdout.read())

    assert diagnosis["verdict"] != "check-running"
    assert diagnosis["snapshot"]["running"] is None


def _send(folder: Path, *options: str) -> "subprocess.Popen[bytes]":
    """Start a run that sends to `share`; a snapshot of an earlier run waits already."""
    (folder / "share").mkdir()
    spool = Spool(folder / "spool")
    spool.put("earlier.json", _EARLIER)
    (folder / "config.toml").write_text('[fleet]\nidentity = "full"\n')
    settings = {"CARDTOOL_CONFIG": "config.toml", "CARDTOOL_STATE": "last-good.json"}
    environment = {name: str(folder / file) for name, file in settings.items()}
    command = [sys.executable, "-m", "cardtool", "--lang", "en", "fleet", "send"]
    return subprocess.Popen(
        [*command, "--to", str(folder / "share"), *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, **environment},
    )


def test_a_run_that_sends_keeps_to_itself_what_another_check_kept_it_from_seeing(
    other: "subprocess.Popen[bytes]", tmp_path: Path
) -> None:
    with _send(tmp_path, "--timeout", "1") as sending:
        out, said = sending.communicate()

    assert sending.returncode == 1
    assert f"process {other.pid}" in said.decode()
    assert out.decode() == "Delivered: 1\n"
    assert [each.name for each in (tmp_path / "share").iterdir()] == ["earlier.json"]
    assert not [each for each in (tmp_path / "spool").iterdir() if each.suffix == ".json"]


def test_a_run_that_sends_looks_when_the_other_has_ended(
    other: "subprocess.Popen[bytes]", tmp_path: Path
) -> None:
    with _send(tmp_path, "--timeout", "40") as sending:
        _wait_until_it_waits(sending.pid)
        other.communicate(b"")
        out, _ = sending.communicate()

    assert (sending.returncode, out.decode()) == (0, "Delivered: 2\n")
    files = {each.name: each for each in (tmp_path / "share").iterdir()}
    (new,) = files.keys() - {"earlier.json"}
    assert json.loads(files[new].read_bytes())["running"] is None


class _Held(CheckLock):
    """The lock of a check that never ends; it notes how long somebody would wait for it."""

    def __init__(self) -> None:
        super().__init__()
        self.limits_s: list[float] = []

    def wait(self, limit_s: float) -> bool:
        self.limits_s.append(limit_s)
        return False


@pytest.mark.parametrize("is_patient", [True, False])
def test_nobody_waits_for_so_long_that_the_workers_leave(lock: Path, *, is_patient: bool) -> None:
    assert lock.name
    with Workers() as workers:
        workers.lock.close()
        workers.lock = held = _Held()
        take_snapshot(Options(timeout_s=600.0, is_patient=is_patient), workers)

    assert 0 < sum(held.limits_s) <= 45


def test_the_lock_is_held_until_the_last_worker_has_left(lock: Path, tmp_path: Path) -> None:
    assert lock.name
    may_go_on = tmp_path / "may go on"
    waits = f'while (access("{may_go_on}", F_OK)) usleep(10000);'
    module = scripted_module(
        tmp_path, [Slot()], code={"IN_INITIALIZE": waits}, headers=("unistd.h",)
    )

    _, first = _check("--module", str(module.path), "--timeout", "4")
    mine = CheckLock()
    is_free_at_once = mine.wait(0)
    (worker,) = (pid for pid in psutil.pids() if uses(pid, module.path))
    may_go_on.touch()
    is_free_later = mine.wait(30)

    assert first["snapshot"]["modules"][0]["info"]["name"] == "TIMEOUT"
    assert not is_free_at_once
    assert mine.waited_for is not None
    assert (mine.waited_for.program, is_free_later) == ("cardtool", True)
    assert mine.waited_for.pid == worker
    mine.close()


def test_a_process_that_a_driver_left_to_stop_the_one_that_ends_it_keeps_no_lock(
    lock: Path, tmp_path: Path
) -> None:
    assert lock.name
    code = "pid_t above = getppid(); if (!fork()) for (;;) kill(above, SIGSTOP);"
    headers = ("unistd.h", "signal.h")
    module = scripted_module(tmp_path, [Slot()], code={"IN_INITIALIZE": code}, headers=headers)

    _check("--module", str(module.path), "--timeout", "2")
    mine = CheckLock()

    assert mine.wait(30)
    mine.close()


def test_too_little_time_after_another_check_is_no_fault_of_the_driver(
    other: "subprocess.Popen[bytes]", tmp_path: Path
) -> None:
    hang = 'for (;;) { __asm__ volatile(""); }'
    module = scripted_module(tmp_path, [Slot()], code={"IN_INITIALIZE": hang})
    options = ("--module", str(module.path), "--timeout", "6", "--format", "json")
    with subprocess.Popen(
        [sys.executable, "-m", "cardtool", "check", *options], stdout=subprocess.PIPE
    ) as waiting:
        _wait_until_it_waits(waiting.pid)
        other.communicate(b"")
        assert waiting.stdout is not None
        diagnosis = json.loads(waiting.stdout.read())

    assert diagnosis["verdict"] == "check-running"


@pytest.mark.parametrize("kind", ["link", "folder", "fifo", "missing folder", "none"])
def test_what_can_be_no_lock_is_gone_without(
    lock: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    target = lock.with_name("somebody's")
    match kind:
        case "link":
            lock.symlink_to(target)
        case "folder":
            lock.mkdir()
        case "fifo":
            subprocess.run(["mkfifo", lock], check=True)
        case "missing folder":
            monkeypatch.setenv("CARDTOOL_LOCK", str(lock / "none"))
        case _:
            monkeypatch.setenv("CARDTOOL_LOCK", "")

    mine, again = CheckLock(), CheckLock()

    assert mine.descriptor is None
    assert mine.wait(0)
    assert again.wait(0)
    assert not target.exists()


def test_a_file_that_may_only_be_read_is_a_lock_as_well(lock: Path) -> None:
    lock.write_bytes(b"somebody's")
    lock.chmod(0o444)

    first, second = CheckLock(), CheckLock()

    assert first.wait(0)
    assert not second.wait(0)
    assert lock.read_bytes() == b"somebody's"
    assert second.waited_for is not None
    assert second.waited_for.pid == os.getpid()
    first.close()
    assert second.wait(0)
    second.close()
