# SPDX-License-Identifier: Apache-2.0
"""Old snapshots go only where somebody said so, after it was said how many."""

import os
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cardtool.cli import main
from cardtool.fleet.store.database import Store
from tests import fleets
from tests.rig.terminal import Terminal

OLD = datetime.now(UTC) - timedelta(days=400)


@pytest.fixture(name="home")
def _home(tmp_path: Path) -> Path:
    snapshots = [fleets.snapshot("masa", OLD + timedelta(days=day)) for day in range(3)]
    fleets.keep_in(str(tmp_path / "fleet.db"), tmp_path, *snapshots).close()
    return tmp_path


def _prune(home: Path, *words: str) -> Result:
    place = ("--database", str(home / "fleet.db"), "--lang", "en")
    return CliRunner().invoke(main, ["fleet", "prune", "--keep-days", "30", *words, *place])


def _left(home: Path) -> int:
    store = Store(str(home / "fleet.db"))
    _, snapshots, _ = fleets.everything(store)
    store.close()
    return len(snapshots)


def test_a_dry_run_counts_and_removes_nothing(home: Path) -> None:
    done = _prune(home, "--dry-run")

    assert (done.exit_code, done.stdout) == (0, "Old snapshots: 2\n")
    assert _left(home) == 3


def test_a_script_says_yes_or_nothing_is_removed(home: Path) -> None:
    asked = _prune(home)

    assert asked.exit_code == 3
    assert "--yes" in asked.stderr
    assert _left(home) == 3
    assert _prune(home, "--yes").stdout == "Old snapshots: 2\nSnapshots removed: 2\n"
    assert _left(home) == 1


def test_where_nothing_is_old_nothing_is_asked(home: Path) -> None:
    _prune(home, "--yes")

    done = _prune(home)

    assert (done.exit_code, done.stdout) == (0, "Old snapshots: 0\n")


def test_a_file_has_all_that_a_terminal_shows(home: Path) -> None:
    report = home / "report.txt"

    done = _prune(home, "--yes", "-o", str(report))

    assert done.exit_code == 0
    assert report.read_text() == "Old snapshots: 2\nSnapshots removed: 2\n"
    assert (done.stdout, done.stderr) == ("", "Old snapshots: 2\n")


def test_a_file_is_not_written_where_nobody_said_yes(home: Path) -> None:
    report = home / "report.txt"

    assert _prune(home, "-o", str(report)).exit_code == 3
    assert not report.exists()
    assert _left(home) == 3


def test_nothing_is_removed_if_the_file_cannot_be_written(home: Path) -> None:
    done = _prune(home, "--yes", "-o", str(home / "none" / "report.txt"))

    assert done.exit_code == 3
    assert "report.txt" in done.stderr
    assert _left(home) == 3


@pytest.mark.parametrize("words", [("prune", "--keep-days", "30"), ("forget", "masa")])
@pytest.mark.parametrize("answer", ["n", "y"])
def test_at_a_terminal_it_asks(home: Path, words: tuple[str, ...], answer: str) -> None:
    place = ("--database", home / "fleet.db", "--lang", "en")
    command: list[str | Path] = [sys.executable, "-m", "cardtool", "fleet", *words, *place]

    with Terminal(command, os.environ) as typing:
        typing.type(answer, after="[y/N]")
        status, _ = typing.end()

    assert status == (0 if answer == "y" else 3)
    assert (_left(home) == 3) == (answer == "n")
