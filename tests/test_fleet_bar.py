# SPDX-License-Identifier: Apache-2.0
"""That a long judging shows how far it is, to whoever sits at a terminal and nobody else."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests import desks, fleets

assert sys.platform != "win32"  # which has no such terminals


@pytest.mark.parametrize("words", [["audit", "--format", "csv", "--at", "2026-10-02"], ["rejudge"]])
def test_a_bar_on_the_terminal_shows_how_far_a_long_judging_is(
    tmp_path: Path, words: list[str]
) -> None:
    place = str(tmp_path / "fleet.db")
    fleets.keep_in(place, tmp_path, fleets.without_reader("masa", desks.AT)).close()
    shown, terminal = os.openpty()
    command = [sys.executable, "-m", "cardtool", "fleet", *words, "--database", place]

    done = subprocess.run(
        [*command, "--lang", "en"], stdout=subprocess.PIPE, stderr=terminal, check=False
    )

    os.close(terminal)
    assert done.returncode in {0, 2}
    assert b"Snapshots judged again" not in done.stdout
    said = os.read(shown, 1 << 16).decode()
    os.close(shown)
    assert "Snapshots judged again" in said
    assert "100%" in said
