# SPDX-License-Identifier: Apache-2.0
"""A file that another program has open is named as that, and stays as it was."""

from pathlib import Path

import pytest

from cardtool.text import Text
from tests.windows.running import PROGRAM, Wine

_HOLD = "import sys; file = open('list.csv'); print('open', flush=True); sys.stdin.read()"
_SCRIPT = f"""
mkfifo wait
wine64 {PROGRAM[0]} -c "$1" >opened <wait &
exec 3>wait
until [ -s opened ]; do sleep 0.1; done
shift
wine64 "$@"
"""
_COMMAND = ("practice", "pin-locked", "--format", "csv", "-o", "list.csv")


@pytest.mark.parametrize("language", ["tr", "en"])
def test_a_file_that_another_program_has_open_is_said_so(
    language: str, tmp_path: Path, wine: Wine
) -> None:
    (tmp_path / "list.csv").write_text("before")

    done = wine.shell({}, tmp_path, _SCRIPT, _HOLD, *PROGRAM, *_COMMAND, "--lang", language)

    says = Text(language).refusal("output-open", {"file": "list.csv", "option": "-o"})
    assert (done.returncode, " ".join(done.stderr.decode().split())) == (3, f"cardtool: {says}")
    assert (tmp_path / "list.csv").read_text() == "before"
