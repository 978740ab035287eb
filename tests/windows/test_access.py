# SPDX-License-Identifier: Apache-2.0
"""Windows itself is asked who may read a file of a secret."""

from pathlib import Path

import pytest

from tests.windows.running import Wine

_ASKED = (
    "import sys; from pathlib import Path; from cardtool.files import is_read_by_others;"
    "print(is_read_by_others(Path(sys.argv[1])))"
)


@pytest.mark.parametrize(("mode", "answer"), [(0o600, b"False"), (0o644, b"True")])
def test_it_is_told_whether_others_may_read_a_file(
    mode: int, answer: bytes, tmp_path: Path, wine: Wine
) -> None:
    (tmp_path / "token").write_text("secret")
    (tmp_path / "token").chmod(mode)  # of which Wine makes a list of access

    command = wine.command("-c", _ASKED, "token")
    done = wine.shell({}, tmp_path, 'exec wine64 "$@"', *command)

    assert done.stdout.strip() == answer, done.stderr
