# SPDX-License-Identifier: Apache-2.0
"""Which program is asked to show the page: each is a script here that notes what it is given."""

import os
import select
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.real

_LIMIT_S = 30.0

_ADDRESS = "http://127.0.0.1:1/open?secret"
_OPEN = f"from cardtool.live.browser import open_window; print(open_window({_ADDRESS!r}))"


def _opened(folder: Path, *programs: str, **more: str) -> tuple[str, str]:
    """Return what is answered where these programs are, and what was started with what."""
    noted = folder / "noted"
    subprocess.run(["mkfifo", noted], check=True)
    pipe = os.open(noted, os.O_RDWR)  # so it is open whether or not anybody writes
    for name in programs:
        program = folder / name
        program.write_text(f'#!/bin/sh\necho "{name} $*" > {noted}\n')
        program.chmod(0o755)
    env = {"PATH": str(folder), "PYTHONPATH": os.pathsep.join(sys.path), **more}
    command = [sys.executable, "-c", _OPEN]
    with open(pipe, "rb", buffering=0) as said:  # noqa: PTH123 - it is open
        answer = subprocess.check_output(command, env=env, text=True, timeout=_LIMIT_S).strip()
        limit_s = _LIMIT_S if answer == "True" else 0.0  # the program may still be starting
        readable = select.select([said], [], [], limit_s)[0]
        return answer, said.read(1024).decode().strip() if readable else ""


def test_edge_comes_before_chromium_and_shows_a_window_of_its_own(tmp_path: Path) -> None:
    answer, said = _opened(tmp_path, "chromium", "microsoft-edge", DISPLAY=":1")

    assert (answer, said) == ("True", f"microsoft-edge --app={_ADDRESS}")


def test_without_them_the_usual_browser_is_asked(tmp_path: Path) -> None:
    usual = str(tmp_path / "usual")

    answer, said = _opened(tmp_path, "usual", DISPLAY=":1", BROWSER=f"{usual} %s")

    assert (answer, said) == ("True", f"usual {_ADDRESS}")


def test_where_nothing_can_be_shown_no_browser_is_started(tmp_path: Path) -> None:
    assert _opened(tmp_path, "chromium", BROWSER="chromium %s") == ("False", "")


def test_where_there_is_no_browser_nobody_is_told_that_one_opened(tmp_path: Path) -> None:
    assert _opened(tmp_path, DISPLAY=":1") == ("False", "")
