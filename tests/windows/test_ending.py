# SPDX-License-Identifier: Apache-2.0
"""However a program of the package ends, nothing that it started is left."""

from pathlib import Path

import pytest

from packages.windows.build import Built
from tests.rig.modules import HOSTILE, Slot, scripted_module
from tests.rig.terminal import Terminal
from tests.windows import library
from tests.windows.cache import drive
from tests.windows.running import PATIENCE_S, PROGRAM, Wine

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
_ENDED_AT_A_BIRTH = f"""
{_COUNT}
wine64 "$1" page --no-open >/dev/null &
while [ "$(count)" -lt "$2" ]; do kill -0 $! || exit 1; done
kill -KILL "$(pgrep -x 'cardtool\\.exe')" && left
"""
_PARENT_ENDED = f"""
{_COUNT}
wine64 "$@" >/dev/null &
until [ -e hangs ]; do
    kill -0 $! || exit 1
    sleep 0.2
done
kill -KILL "$(pgrep -ox 'python\\.exe')"
sleep 5
pgrep -fc '[c]ardtool worker pkcs11'
left
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


@pytest.mark.parametrize("processes", [3, 4, 5])
def test_a_program_that_is_ended_while_it_starts_a_worker_leaves_no_half_made_one(
    processes: int, built: Built, tmp_path: Path, wine: Wine
) -> None:
    """The last of its workers is there and was not yet set going, or has only just begun."""
    program = drive(built.folder / "cardtool.exe")

    done = wine.shell({}, tmp_path, _ENDED_AT_A_BIRTH, program, str(processes))

    assert (done.stdout, done.left) == (b"left 0\n", -1), done.stderr.decode()


def test_a_worker_at_a_card_outlives_its_parent_for_a_while(tmp_path: Path, wine: Wine) -> None:
    """Ended in the middle of a transaction, it would have PC/SC reset the card."""
    begun = f'fclose(fopen("Z:{tmp_path}/hangs", "w"));'
    code = {place: f"{begun} {hangs}" for place, hangs in HOSTILE["hang-in-initialize"].items()}
    module = library.for_windows(scripted_module(tmp_path, [Slot()], code=code))

    words = ("check", "--module", drive(module), "--timeout", "40")
    done = wine.shell({}, tmp_path, _PARENT_ENDED, *PROGRAM, *words)

    assert (done.stdout, done.left) == (b"1\nleft 0\n", -1), done.stderr.decode()


def test_ctrl_c_at_the_console_ends_it_quietly(built: Built, tmp_path: Path, wine: Wine) -> None:
    program = drive(built.folder / "cardtool.exe")
    command, env = wine.prepared({}, tmp_path, ("sh", "-c", _INTERRUPTED, "sh", program))

    with Terminal(command, env | {"TERM": "xterm-256color"}, PATIENCE_S) as terminal:
        terminal.type("\x03", after="http://127.0.0.1:")
        _, said = terminal.end()

    assert said == "status 0\nleft 0\n", terminal.screen
    assert "Traceback" not in terminal.screen
