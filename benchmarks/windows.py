# SPDX-License-Identifier: Apache-2.0
"""How long a check takes under Wine beside Linux, on the same card, in one alternating run.

Needs what `make windows` makes. The program of the package is run, or with `--source` this
checkout. Wine is started once, and its start is not counted: what counts is the time beyond
`python -c pass` of each system. Times are medians; only ratios mean anything.
"""

import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Self

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.real.desks import AT, CASES
from tests.windows import library
from tests.windows.cache import CACHE
from tests.windows.running import PROGRAM, Wine

_ROUNDS = 5
_TARGET = 4.0
"""How many times the time of Linux a check may take, beyond the start of Python."""
_START = "python -c pass"
_STEPS: dict[str, tuple[str, ...]] = {
    _START: (),
    "cardtool --version": ("--version",),
    "cardtool practice pin-locked": ("practice", "pin-locked"),
    "cardtool check": ("check", "--at", AT.isoformat()),
}
"""Each does what the one before does, and more: the command line, judging and showing, looking."""
_PACKAGE = CACHE / "built" / "first" / "tree"
_SCRIPT = """
mkfifo hold
wine64 cmd /c pause <hold >/dev/null &
exec 3>hold
while read -r line; do
    begun=$(date +%s%N)
    eval "wine64 $line" >/dev/null 2>&1
    echo "$? $(($(date +%s%N) - begun))"
    while pgrep -x python.exe >/dev/null; do sleep 0.02; done # its workers are ending
done
"""


class _Windows:
    """Wine, started and kept."""

    def __init__(self, env: dict[str, str], folder: Path, *, is_source: bool) -> None:
        python = PROGRAM[0] if is_source else str(_PACKAGE / "python" / "python.exe")
        self._start = (python, *(() if is_source else ("-I", "-B", "-X", "utf8")), "-c", "pass")
        self._program = PROGRAM if is_source else (str(_PACKAGE / "cardtool.exe"),)
        self._wine = wine = Wine()
        wine.install(("akisp11.dll", library.STAND_IN[64]))
        command, variables = wine.prepared(env, folder, ("sh", "-c", _SCRIPT), limit_s=None)
        self._process = subprocess.Popen(
            command,
            env=variables,
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def seconds(self, words: tuple[str, ...]) -> tuple[int, float]:
        """Return the exit status of a command, and how long it took."""
        if self._process.stdin is None or self._process.stdout is None:
            raise RuntimeError
        command = (*self._program, *words) if words else self._start
        self._process.stdin.write(f"{' '.join(command)}\n")
        self._process.stdin.flush()
        status, nanoseconds = self._process.stdout.readline().split()
        return int(status), int(nanoseconds) / 1e9

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()
        self._wine.install()


def _on_linux(words: tuple[str, ...], env: dict[str, str]) -> tuple[int, float]:
    program = ("-m", "cardtool", *words) if words else ("-c", "pass")
    begun = time.perf_counter()
    done = subprocess.run([sys.executable, *program], env=env, capture_output=True, check=False)
    return done.returncode, time.perf_counter() - begun


def main() -> int:
    """Measure, and print a row for each step."""
    with ExitStack() as stack, tempfile.TemporaryDirectory() as name:
        desk = CASES["valid"].build(stack, Path(name))
        env = dict(desk.env)
        is_source = "--source" in sys.argv[1:]
        windows = stack.enter_context(_Windows(env, Path(name), is_source=is_source))
        times: dict[str, tuple[list[float], list[float]]] = {step: ([], []) for step in _STEPS}
        for number in range(_ROUNDS + 1):
            for step, words in _STEPS.items():
                (status, here), (other, there) = _on_linux(words, env), windows.seconds(words)
                if status != other:
                    raise RuntimeError(step)
                if number:  # the first one compiles and fills caches
                    times[step][0].append(here)
                    times[step][1].append(there)
    medians = {step: tuple(map(statistics.median, both)) for step, both in times.items()}
    start = medians[_START]
    print("| step | Linux | Wine | beyond Python's start, Linux | Wine | ratio |")
    print("|---|---|---|---|---|---|")
    for step, (here, there) in medians.items():
        more = here - start[0], there - start[1]
        times_more = f"{more[1] / more[0]:.1f}" if more[0] > 0 else ""
        cells = " | ".join(f"{seconds:.2f} s" for seconds in (here, there, *more))
        print(f"| `{step}` | {cells} | {times_more} |")
    (_, (here, there)) = list(medians.items())[-1]
    ratio = (there - start[1]) / (here - start[0])
    print(f"check beyond the start: {ratio:.1f} times Linux, wanted {_TARGET:g} at most")
    return 0 if ratio <= _TARGET else 1


if __name__ == "__main__":
    sys.exit(main())
