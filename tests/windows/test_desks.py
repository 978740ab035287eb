# SPDX-License-Identifier: Apache-2.0
"""Each desk gets on Windows the verdict, the exit status and the words that it gets on Linux."""

from pathlib import Path

import pytest

from tests.real.desks import CASES, here
from tests.windows.both import on_linux, on_windows
from tests.windows.desks import ELSEWHERE, OTHERWISE
from tests.windows.running import Wine

HERE = [name for name in CASES if name not in ELSEWHERE]


def test_at_least_forty_desks_stand_on_windows_too() -> None:
    assert len(HERE) >= 40
    assert set(CASES) >= ELSEWHERE.keys() | OTHERWISE.keys()


@pytest.mark.parametrize("name", HERE)
def test_windows_says_what_linux_says(name: str, tmp_path: Path, wine: Wine) -> None:
    case = CASES[name]
    expected = OTHERWISE.get(name, {(case.verdict, case.exit_status)})
    there = on_windows(case.build, tmp_path / "windows", wine, expected=expected)

    assert (there.report.verdict, there.status) in expected, there.codes
    if name not in OTHERWISE and here(case) == case:
        told = on_linux(case.build, tmp_path / "linux", expected=expected)
        assert there.status == told.status
        assert there.codes >= set(case.beside), there.report.findings
        assert there.troubles == told.troubles
