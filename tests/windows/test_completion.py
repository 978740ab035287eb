# SPDX-License-Identifier: Apache-2.0
"""What PowerShell's completer asks is answered as it expects; no PowerShell is run."""

from pathlib import Path

import pytest

from tests.windows.running import PROGRAM, Wine


def _said(wine: Wine, folder: Path, instruction: str, words: str = "", at: int = 0) -> list[str]:
    asked = {"COMP_WORDS": words, "COMP_CWORD": str(at)}
    environment = {"_CARDTOOL_COMPLETE": f"powershell_{instruction}", **asked}
    done = wine.shell(environment, folder, 'exec wine64 "$@"', *PROGRAM)
    assert (done.returncode, done.stderr) == (0, b"")
    return done.stdout.decode().splitlines()


def test_the_completer_is_one_of_powershell(wine: Wine, tmp_path: Path) -> None:
    script = _said(wine, tmp_path, "source")

    assert script[0].startswith("Register-ArgumentCompleter -Native -CommandName cardtool ")
    assert any("'powershell_complete'" in line for line in script)


@pytest.mark.parametrize(
    ("words", "at", "expected"),
    [
        ("cardtool di", 1, ["diagnose"]),
        ("cardtool fleet fore", 2, ["forecast"]),
        ("cardtool check --form", 2, ["--format"]),
        (r"cardtool check --module C:\Kart\a.dll --form", 4, ["--format"]),
    ],
)
def test_what_is_asked_is_answered_in_three_lines_each(
    words: str, at: int, expected: list[str], wine: Wine, tmp_path: Path
) -> None:
    lines = _said(wine, tmp_path, "complete", words, at)
    kinds, values, helps = (lines[part::3] for part in range(3))

    assert (kinds, values, len(helps)) == (["plain"] * len(expected), expected, len(expected))
