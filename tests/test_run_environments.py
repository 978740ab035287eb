# SPDX-License-Identifier: Apache-2.0
"""The environment of `./run`: made beside the one in use, and from no folder but its own."""

import mmap
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.stage import Stage

assert sys.platform != "win32"  # `run` is a script of the Unix shell


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(tmp_path)


def made(calls: str) -> list[str]:
    """Return the folders of the environments that were begun."""
    return [line.rpartition("/")[2] for line in calls.splitlines() if "-Im venv" in line]


def test_first_run_makes_the_environment_then_hands_over(stage: Stage) -> None:
    done = stage.run("check", "--lang", "a b")

    calls = stage.calls()
    assert f"python -Im venv {stage.home}/.venvs/1\n" in calls
    assert f"-e {stage.home}\n" in calls
    assert "apt-get" not in calls
    assert (stage.home / ".venv").readlink() == Path(".venvs/1")
    assert done.stdout == "<check><--lang><a b>"
    assert done.returncode == 2


def test_it_says_what_it_downloads_and_how_to_undo_it_before_it_does(stage: Stage) -> None:
    said = stage.run(env={"PIP_BREAKS": "1"}).stderr

    assert "up to 18 MB to download, 125 MB on disk." in said
    assert f"To undo it: rm -rf '{stage.home}/.venv' '{stage.home}/.venvs'" in said


def test_second_run_installs_nothing_and_says_nothing(stage: Stage) -> None:
    stage.run()
    stage.calls()

    done = stage.run("check")

    assert stage.calls() == ""
    assert (done.stdout, done.stderr) == ("<check>", "")


def test_symlink_leads_to_the_same_environment(stage: Stage, tmp_path: Path) -> None:
    stage.run()
    stage.calls()
    link = tmp_path / "cardtool"
    link.symlink_to(stage.home / "run")

    done = stage.run("certs", at=link)

    assert stage.calls() == ""
    assert done.stdout == "<certs>"


def test_changed_pyproject_makes_another_environment_and_takes_the_old_one_away(
    stage: Stage,
) -> None:
    stage.run("fleet")
    stage.calls()
    stage.change()

    done = stage.run("check")

    calls = stage.calls()
    assert made(calls) == ["2"]
    assert f"-e {stage.home}[fleet]\n" in calls
    assert done.stdout == "<check>"
    assert sorted(each.name for each in (stage.home / ".venvs").iterdir()) == ["2", "lock"]
    assert (stage.home / ".venv").readlink() == Path(".venvs/2")


def test_an_environment_that_a_program_runs_from_is_left_to_it(stage: Stage) -> None:
    stage.run()
    stage.change()
    module = stage.home / ".venvs/1/module.so"
    module.write_bytes(b"code")

    with module.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ):
        stage.run()
        kept = module.exists()
    stage.change()
    stage.run()

    assert kept
    assert not module.exists()


def test_an_environment_made_by_a_version_that_knew_no_link_is_followed_by_a_link(
    stage: Stage,
) -> None:
    (stage.home / ".venv/bin").mkdir(parents=True)

    done = stage.run("check")

    assert done.stdout == "<check>"
    assert (stage.home / ".venv").readlink() == Path(".venvs/1")
    assert sorted(each.name for each in (stage.home / ".venvs").iterdir()) == ["1", "lock"]


@pytest.mark.parametrize("more", ["fleet", "test"])
def test_a_set_up_that_fails_leaves_a_working_environment_as_it_was(
    stage: Stage, more: str
) -> None:
    stage.put_test_programs()
    stage.run()
    stage.calls()

    broken = stage.run(more, env={"PIP_BREAKS": "1"})
    tried = stage.calls()
    done = stage.run("check")

    assert (broken.returncode, broken.stdout) == (3, "")
    assert made(tried) == ["2"]
    assert stage.calls() == ""
    assert (done.stdout, done.stderr) == ("<check>", "")


def test_an_update_that_cannot_be_set_up_runs_with_the_environment_before(stage: Stage) -> None:
    stage.run("fleet")
    stage.change()

    broken = stage.run("fleet", "audit", env={"PIP_BREAKS": "1"})
    stage.calls()
    done = stage.run("fleet", "audit")

    assert broken.stdout == "<fleet><audit>"
    assert "The one before is used." in broken.stderr
    assert made(stage.calls()) == ["2"]
    assert done.stdout == "<fleet><audit>"


def test_whoever_may_not_write_in_the_folder_runs_the_environment_before(stage: Stage) -> None:
    stage.run()
    stage.change()
    (stage.path / "mkdir").unlink()
    stage.put("mkdir", "#!/bin/sh\nexit 1\n")

    done, more = stage.run("check"), stage.run("fleet")

    assert (done.returncode, done.stdout) == (2, "<check>")
    assert "The one before is used" in done.stderr
    assert (more.returncode, more.stdout) == (3, "")
    assert "This folder cannot be written to" in more.stderr


@pytest.mark.parametrize("more", ["fleet", "test"])
def test_what_the_environment_before_lacks_it_is_not_used_for(stage: Stage, more: str) -> None:
    stage.put_test_programs()
    stage.run()
    stage.change()

    broken = stage.run(more, env={"PIP_BREAKS": "1"})

    assert (broken.returncode, broken.stdout) == (3, "")
    assert "The environment before was left as it was." in broken.stderr


def test_a_folder_of_two_lines_is_set_up_once(stage: Stage) -> None:
    stage.home = stage.home.rename(stage.home.with_name("two\nlines"))
    stage.run()
    stage.calls()

    assert stage.run("check").stderr == ""
    assert stage.calls() == ""


def test_what_can_be_no_lock_is_taken_away_and_nothing_behind_a_link_is_emptied(
    stage: Stage, tmp_path: Path
) -> None:
    (tmp_path / "theirs").write_text("theirs")
    lock = stage.home / ".venvs" / "lock"
    lock.parent.mkdir()
    for kind in ("folder", "pipe", "link"):
        if kind == "folder":
            lock.mkdir()
        elif kind == "pipe":
            os.mkfifo(lock)
        else:
            lock.symlink_to(tmp_path / "theirs")

        assert stage.run("check").stdout == "<check>"

        assert lock.is_file()
        assert not lock.is_symlink()
        lock.unlink()
        stage.change()
    assert (tmp_path / "theirs").read_text() == "theirs"


def test_a_first_set_up_that_fails_begins_again(stage: Stage) -> None:
    broken = stage.run(env={"PIP_BREAKS": "1"})
    stage.calls()

    done = stage.run("check")

    assert (broken.returncode, broken.stdout) == (3, "")
    assert "before" not in broken.stderr
    assert made(stage.calls()) == ["1"]
    assert done.stdout == "<check>"


def test_moved_folder_makes_its_environment_again(stage: Stage) -> None:
    stage.run()
    stage.calls()
    stage.home = stage.home.rename(stage.home.with_name("moved"))

    stage.run()

    assert f"python -Im venv {stage.home}/.venvs/2\n" in stage.calls()


def test_new_system_python_makes_the_environment_again(stage: Stage) -> None:
    stage.run()
    stage.calls()
    python = stage.home / ".venv/bin/python"
    python.unlink()
    python.symlink_to(stage.path / "python3")

    stage.run()

    assert made(stage.calls()) == ["2"]


def _kill_sweep(stage: Stage) -> Iterator[subprocess.CompletedProcess[str]]:
    """Run an update's set-up again and again, each killed at one external command later."""
    steps, pid = (stage.log.with_name(f"log.{name}") for name in ("steps", "run"))
    counting = stage.path.with_name("counting")
    counting.mkdir()
    for each in stage.path.iterdir():
        (counting / each.name).write_text(
            '#!/bin/sh\nprintf . >>"$LOG.steps"\n'
            'size=$(/usr/bin/wc -c <"$LOG.steps")\n'
            'if [ "$size" -ge "$KILL_AT" ]; then kill -9 "$(/bin/cat "$LOG.run")"; fi\n'
            f'exec "{each}" "$@"\n'
        )
        (counting / each.name).chmod(0o755)
    killed_at = 0
    while True:
        killed_at += 1
        steps.write_text("")
        stage.change()
        yield stage.run(
            "check",
            env={"PATH": str(counting), "KILL_AT": str(killed_at)},
            before=("/bin/sh", "-c", f'echo $$ >"{pid}"; exec "$0" "$@"'),
        )


def test_a_set_up_that_is_killed_at_any_moment_leaves_one_that_runs(stage: Stage) -> None:
    """Killed at each command in turn; without network what is at hand runs, with it the new one."""
    stage.run()

    for count, killed in enumerate(_kill_sweep(stage)):
        if killed.returncode != -signal.SIGKILL:
            break
        offline = stage.run("check", env={"PIP_BREAKS": "1"})
        online = stage.run("check")
        again = stage.run("check")

        assert offline.stdout == online.stdout == "<check>", count
        assert (again.stdout, again.stderr) == ("<check>", ""), count
    assert killed.stdout == "<check>"
    assert count > 20


def test_two_set_ups_at_once_make_one_environment(stage: Stage, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    python = (stage.path / "python3").read_text()
    (stage.path / "python3").write_text(
        python.replace("'-Im pip install '*)", f"'-Im pip install '*) read -r _ <'{gate}'")
    )
    started = stage.start("first")
    assert started.stderr is not None
    started.stderr.readline()
    with gate.open("w") as opened:
        other = stage.start("second")
        assert other.stderr is not None
        waiting = other.stderr.readline()
        opened.write("\n")
    outputs = [each.communicate(timeout=60)[0] for each in (started, other)]

    assert "Another ./run is setting up" in waiting
    assert outputs == ["<first>", "<second>"]
    assert made(stage.calls()) == ["1"]


_BACKEND = """
import base64, zipfile

def build_editable(folder, config_settings=None, metadata_directory=None):
    files = {{
        "desk.pth": {home!r} + "\\n",
        "desk-1.dist-info/METADATA": "Metadata-Version: 2.1\\nName: desk\\nVersion: 1\\n",
        "desk-1.dist-info/WHEEL": "Wheel-Version: 1.0\\nTag: py3-none-any\\n",
        "desk-1.dist-info/entry_points.txt": "[console_scripts]\\ncardtool = os:getcwd\\n",
        "desk-1.dist-info/RECORD": "",
    }}
    with zipfile.ZipFile(folder + "/desk-1-py3-none-any.whl", "w") as wheel:
        for name, text in files.items():
            wheel.writestr(name, text)
    return "desk-1-py3-none-any.whl"
"""
_PROJECT = """
[build-system]
requires = []
build-backend = "backend"
backend-path = ["backend"]
[project]
name = "desk"
version = "1"
"""


def test_no_file_of_a_folder_runs_while_it_sets_up(stage: Stage, tmp_path: Path) -> None:
    """With the real Python and its pip, and a project that needs nothing from a network."""
    (stage.path / "python3").unlink()
    (stage.path / "python3").symlink_to(Path(sys.executable).resolve())
    (stage.home / "backend").mkdir()
    (stage.home / "backend/backend.py").write_text(_BACKEND.format(home=str(stage.home)))
    (stage.home / "pyproject.toml").write_text(_PROJECT)
    current, named, ran = (tmp_path / name for name in ("current", "named", "ran"))
    for folder in (current, named, stage.home):
        folder.mkdir(exist_ok=True)
        for name in ("ensurepip", "pip", "sitecustomize", "sysconfig", "usercustomize", "venv"):
            (folder / f"{name}.py").write_text(f"open({str(ran)!r}, 'a').write(__file__)\n")

    done = stage.run("check", env={"PYTHONPATH": str(named)}, cwd=current)

    assert (stage.home / ".venv/bin/cardtool").exists(), done.stderr
    assert not ran.exists(), ran.read_text()


def test_style_is_not_asked_of_environments_in_an_unpacked_archive(stage: Stage) -> None:
    """There no Git says what is ignored."""
    stage.run()
    for place in (".venv/bin", "cardtool"):
        (stage.home / place).mkdir(exist_ok=True)
        (stage.home / place / "a.py").touch()

    told = subprocess.run(
        [sys.executable, "-m", "ruff", "check", "--no-cache", "--show-files"],
        cwd=stage.home,
        capture_output=True,
        text=True,
        check=True,
    )

    names = sorted(Path(line).name for line in told.stdout.splitlines())
    assert names == ["a.py", "pyproject.toml"]
