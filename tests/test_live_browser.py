# SPDX-License-Identifier: Apache-2.0
"""Which program is asked to show the page: each is a script here that notes what it is given."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="programs are scripts")

_ADDRESS = "http://127.0.0.1:1/open?secret"
_OPEN = f"from cardtool.live.browser import open_window; print(open_window({_ADDRESS!r}))"


def _opened(folder: Path, *programs: str, **more: str) -> tuple[str, str]:
    """Return what is answered where these programs are, and what was started with what."""
    noted = folder / "noted"
    subprocess.run(["mkfifo", noted], check=True)
    for name in programs:
        program = folder / name
        program.write_text(f'#!/bin/sh\necho "{name} $*" > {noted}\n')
        program.chmod(0o755)
    env = {"PATH": str(folder), "PYTHONPATH": os.pathsep.join(sys.path), **more}
    with subprocess.Popen(
        [sys.executable, "-c", _OPEN], env=env, stdout=subprocess.PIPE, text=True
    ) as process:
        said = noted.read_text().strip() if programs and "DISPLAY" in more else ""
        answer = process.communicate(timeout=30)[0].strip()
    return answer, said


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
