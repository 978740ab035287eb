# SPDX-License-Identifier: Apache-2.0
"""However a program of the package ends, nothing that it started is left."""

from pathlib import Path

import pytest

from packages.windows.build import Built
from tests.rig.terminal import Terminal
from tests.windows.cache import drive
from tests.windows.running import PATIENCE_S, Wine

_COUNT = """
count() { pgrep -cx '(python|cardtool)w?\\.exe'; }
left() {
    tries=0
    while [ "$(count)" != 0 ] && [ $tries -lt 600 ]; do
        sleep 0.2
        tries=$((tries + 1))
    done
    ps -wweo pid,ppid,etime,time,stat,wchan:24,args >&2
    echo "left $(count)"
}
"""
_ENDED_BY_ANOTHER = f"""
{_COUNT}
wine64 "$1" page --no-open >address &
until [ -s address ]; do
    kill -0 $! || exit 1
    sleep 0.2
done
[ "$(count)" -ge 3 ] && wine64 taskkill /F /IM "$2" >&2 && left
"""
_INTERRUPTED = f"""
{_COUNT}
trap : INT
wine64 "$1" page --no-open >&2
echo "status $?"
left
"""


@pytest.mark.parametrize("program", ["cardtool.exe", "cardtoolw.exe"])
def test_a_program_that_is_ended_takes_its_python_with_it(
    program: str, built: Built, tmp_path: Path, wine: Wine
) -> None:
    done = wine.shell({}, tmp_path, _ENDED_BY_ANOTHER, drive(built.folder / program), program)

    assert (done.stdout, done.left) == (b"left 0\n", -1), done.stderr.decode()


def test_ctrl_c_at_the_console_ends_it_quietly(built: Built, tmp_path: Path, wine: Wine) -> None:
    program = drive(built.folder / "cardtool.exe")
    command, env = wine.prepared({}, tmp_path, ("sh", "-c", _INTERRUPTED, "sh", program))

    with Terminal(command, env | {"TERM": "xterm-256color"}, PATIENCE_S) as terminal:
        terminal.type("\x03", after="http://127.0.0.1:")
        _, said = terminal.end()

    assert said == "status 0\nleft 0\n", terminal.screen
    assert "Traceback" not in terminal.screen
