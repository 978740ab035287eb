# SPDX-License-Identifier: Apache-2.0
"""How an import ends that is interrupted, loses a process or may begin none: nothing is left."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest
from sqlalchemy import func, select

from cardtool.fleet.store.database import Store
from cardtool.fleet.store.tables import SNAPSHOT
from tests.conftest import require
from tests.fleets import lines

assert sys.platform == "linux"  # processes are told by /proc

_LOOKS = 7000


@pytest.fixture(scope="module")
def snapshots(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a file that is judged in processes of their own."""
    file = tmp_path_factory.mktemp("snapshots") / "a.ndjson"
    file.write_bytes(b"\n".join(lines(_LOOKS)))
    assert file.stat().st_size > 12 << 20
    return file


def _words(file: Path | str, database: Path | str) -> list[str]:
    told = ("--database", str(database), "--format", "json", "--lang", "en")
    return [sys.executable, "-m", "cardtool", "fleet", "import", str(file), *told]


@pytest.fixture
def started(snapshots: Path, tmp_path: Path) -> Iterator[Callable[[], subprocess.Popen[str]]]:
    """Give what starts an import in a group of its own, and waits until its processes judge."""
    every: list[subprocess.Popen[str]] = []

    def start() -> subprocess.Popen[str]:
        running = subprocess.Popen(
            _words(snapshots, tmp_path / "fleet.db"),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        every.append(running)
        while len(_group(running.pid)) < 2:
            assert running.poll() is None
        return running

    yield start
    for each in every:
        with suppress(ProcessLookupError):
            os.killpg(each.pid, signal.SIGKILL)
        each.communicate()


def _group(number: int) -> list[int]:
    """Return the processes of a group that have not ended."""
    found = []
    for each in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            state, _, group = each.read_text().rpartition(")")[2].split()[:3]
            if int(group) == number and state != "Z":
                found.append(int(each.parent.name))
    return found


def _is_gone(group: int) -> bool:
    until = time.monotonic() + 10
    while _group(group) and time.monotonic() < until:
        time.sleep(0.01)
    return not _group(group)


def _takes_in_all(snapshots: Path, database: Path) -> bool:
    done = subprocess.run(_words(snapshots, database), capture_output=True, check=True)
    report = json.loads(done.stdout)
    with closing(Store(str(database))) as store, store.reading() as connection:
        kept = connection.execute(select(func.count()).select_from(SNAPSHOT)).scalar_one()
    return bool(kept == report["read"] == report["new"] + report["known"] == _LOOKS)


@pytest.mark.parametrize("delay_s", [0, 0.005, 0.05, 0.2, 0.5, 0.7])
def test_ctrl_c_ends_an_import_and_all_its_processes(
    started: Callable[[], subprocess.Popen[str]], snapshots: Path, tmp_path: Path, delay_s: float
) -> None:
    running = started()
    time.sleep(delay_s)
    with suppress(ProcessLookupError):
        os.killpg(running.pid, signal.SIGINT)
    _, said = running.communicate(timeout=20)

    assert running.returncode in {0, 130}
    assert not said.strip()
    assert _is_gone(running.pid)
    assert _takes_in_all(snapshots, tmp_path / "fleet.db")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_judging_processes_end_with_the_import(
    started: Callable[[], subprocess.Popen[str]], number: signal.Signals
) -> None:
    running = started()
    time.sleep(0.1)
    running.send_signal(number)
    running.communicate(timeout=20)  # to the end of the pipe that they share

    assert running.returncode == -number
    assert _is_gone(running.pid)


def test_a_judging_process_that_is_killed_is_told_in_a_sentence(
    started: Callable[[], subprocess.Popen[str]], snapshots: Path, tmp_path: Path
) -> None:
    running = started()
    os.kill(max(set(_group(running.pid)) - {running.pid}), signal.SIGKILL)
    _, said = running.communicate(timeout=20)

    assert running.returncode == 3
    assert said.startswith("cardtool: A process that read snapshots was ended from outside")
    assert said.count("\n") == 1
    assert _is_gone(running.pid)
    assert _takes_in_all(snapshots, tmp_path / "fleet.db")


def test_a_process_that_judges_again_and_is_killed_is_told_in_a_sentence(
    snapshots: Path, tmp_path: Path
) -> None:
    """What it did not judge is due still, and judged by the next command."""
    place = ("--database", str(tmp_path / "fleet.db"), "--lang", "en")
    command = [sys.executable, "-m", "cardtool", "fleet"]
    subprocess.run([*command, "import", str(snapshots), *place], capture_output=True, check=True)
    running = subprocess.Popen(
        [*command, "rejudge", *place],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    while len(_group(running.pid)) < 4:  # with one that looks after the semaphores
        assert running.poll() is None
    os.kill(max(_group(running.pid)), signal.SIGKILL)
    _, said = running.communicate(timeout=60)

    assert running.returncode == 3
    assert said.startswith("cardtool: A process that judged snapshots was ended from outside")
    assert _is_gone(running.pid)
    done = subprocess.run([*command, "rejudge", *place], capture_output=True, check=True)
    assert done.stdout == f"Computers judged again: {_LOOKS}\n".encode()


@pytest.mark.root
def test_a_system_without_semaphores_judges_in_one_process(snapshots: Path, tmp_path: Path) -> None:
    require(shutil.which("unshare"), "unshare")
    hidden = 'mount -t tmpfs -o ro none /dev/shm && exec "$@"'
    words = ["unshare", "-m", "sh", "-c", hidden, "sh", *_words(snapshots, tmp_path / "fleet.db")]
    done = subprocess.run(words, capture_output=True, check=False)

    assert (done.returncode, done.stderr) == (0, b"")
    assert json.loads(done.stdout)["new"] == _LOOKS


def test_a_database_that_is_none_is_told_before_standard_input_ends(
    snapshots: Path, tmp_path: Path
) -> None:
    (tmp_path / "none.db").write_bytes(b"no database" * 100)
    with subprocess.Popen(
        _words("-", tmp_path / "none.db"),
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as running:
        assert running.stdin is not None
        assert running.stderr is not None
        try:
            with suppress(BrokenPipeError):
                running.stdin.write(snapshots.read_bytes()[: 10 << 20])
                running.stdin.flush()
            assert running.wait(timeout=20) == 3
            assert b"none.db" in running.stderr.read()
        finally:
            running.kill()
            with suppress(BrokenPipeError):
                running.stdin.close()
