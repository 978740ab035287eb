# SPDX-License-Identifier: Apache-2.0
"""Programs of Windows, run by Wine: what they said, and which of them were left."""

import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.windows.cache import CACHE, CHECKOUT, PCSCLITE, PREFIX, PYTHON, drive

_WINE = Path(__file__).with_name("wine")
PATIENCE_S = 240.0
"""How long a test waits for what it is to see, where a beginning takes a second or two: other work
of the machine may make it fifty times as long."""
PATIENT = ("--timeout", f"{PATIENCE_S:g}")
"""Options of a check; it takes as long only if something hangs."""
_LIMIT_S = 900
"""Until all is killed; nothing takes as long, however busy the machine."""
_TRACER = ("strace", "-f", "-qq", "--seccomp-bpf", "-e", "trace=%file")
_PATHS = ("CARDTOOL_STATE", "CARDTOOL_LOCK", "CARDTOOL_CACHE", "AKISP11_LOGINS")

_OURS = r"(python|cardtool)w?\.exe"
"""The processes that may be cardtool."""

_WINES_OWN = re.compile(
    rb"^wine client error:.*\n|^wine: Unhandled .*, starting debugger\.\.\.\r?\n", re.MULTILINE
)
"""What Wine itself prints where a process is ended in the middle of a call, and where one of its
own services crashes under load. A crash of cardtool shows in its exit status, or as a finding."""

PROGRAM = (str(PYTHON / "python.exe"), "-m", "cardtool")
"""cardtool of this checkout, as `wine64` is given it."""

_SCRIPT = f""" "$@"
status=$?
tries=0
while pgrep -x '{_OURS}' >/dev/null && [ $tries -lt 300 ]; do
    sleep 0.2
    tries=$((tries + 1))
done
left=$(pgrep -cx '{_OURS}')
echo "left $left" >&2
exit $status
"""
"""Run a command, then wait a minute at most until no Python is left."""

_LEFT = re.compile(rb"left (\d+)\n\Z")
"""The last line of `_SCRIPT`."""


@dataclass(frozen=True, kw_only=True)
class Done:
    """How a program of Windows ended."""

    stdout: bytes
    stderr: bytes
    returncode: int
    left: int
    """Processes of cardtool a minute later; -1: they were not counted."""


class Wine:
    """One prefix of Wine, which serves one program at a time."""

    def __init__(
        self,
        number: int | None = None,
        *,
        prefix: Path | None = None,
        program: Sequence[str] = PROGRAM,
    ) -> None:
        """Take the prefix of that number, or this one; it is copied from the first if need be.

        Without either it is the first, or in one of several processes of tests (gw0, gw1) one of
        its own: the first stays as it was made, to be copied.
        `program` is cardtool, as `wine64` is given it.
        """
        if number is None:
            number = int(os.environ.get("PYTEST_XDIST_WORKER", "gw-1").removeprefix("gw")) + 1
        self._prefix = prefix or (CACHE / f"prefix-{number}" if number else PREFIX)
        if self._prefix != PREFIX:
            subprocess.run([_WINE, "copy", self._prefix], check=True)
        self._program = shlex.join(program)

    @property
    def drive_c(self) -> Path:
        """Where drive C lies on this machine."""
        return self._prefix / "drive_c"

    def install(self, *libraries: tuple[str, Path]) -> None:
        """Put libraries into System32, by name, and take away what was put there before."""
        for known in self.drive_c.glob("windows/system32/akisp11*"):
            known.unlink()
        for name, library in libraries:
            shutil.copyfile(library, self.drive_c / "windows" / "system32" / name)

    def cardtool(
        self,
        environment: Mapping[str, str],
        folder: Path,
        *words: str,
        trace: Path | None = None,
    ) -> Done:
        """Run a command of cardtool in a folder.

        All files that anything looks up meanwhile are written into `trace`.
        """
        script = f"wine64 {self._program}{_SCRIPT}"
        return self.shell(environment, folder, script, *words, trace=trace)

    @staticmethod
    def command(*words: str) -> tuple[str, ...]:
        """Return the command line of the Python of Windows, for `wine64`."""
        return (str(PYTHON / "python.exe"), *words)

    def shell(
        self,
        environment: Mapping[str, str],
        folder: Path,
        script: str,
        *words: str,
        trace: Path | None = None,
        limit_s: int = _LIMIT_S,
    ) -> Done:
        """Run a shell's script in Wine's root."""
        inside = ("sh", "-c", script, "sh", *words)
        command, variables = self.prepared(
            environment, folder, inside, trace=trace, limit_s=limit_s
        )
        done = subprocess.run(command, env=variables, cwd=folder, capture_output=True, check=False)
        left = _LEFT.search(done.stderr)
        return Done(
            stdout=done.stdout,
            stderr=of_cardtool(_LEFT.sub(b"", done.stderr)),
            returncode=done.returncode,
            left=int(left[1]) if left else -1,
        )

    def prepared(
        self,
        environment: Mapping[str, str],
        folder: Path,
        words: Sequence[str],
        *,
        trace: Path | None = None,
        limit_s: int | None = _LIMIT_S,
    ) -> tuple[list[str], dict[str, str]]:
        """Return the command that runs another in Wine's root, and its variables.

        Without a limit the caller ends it, by killing the command.
        """
        shared = {str(CHECKOUT), str(folder)}
        if socket := environment.get("PCSCLITE_CSOCK_NAME"):
            shared.add(str(Path(socket).parents[2]))
        tracer = [*_TRACER, "-o", str(trace)] if trace else []
        command = ["timeout", "-s", "KILL", str(limit_s)] if limit_s else []
        variables = {
            **_for_windows(environment),
            "WINE_PREFIX": str(self._prefix),
            "WINE_SHARE": ":".join(sorted(shared)),
            "LD_LIBRARY_PATH": str(PCSCLITE),
            "PYTHONIOENCODING": "utf-8",
        }
        return [*command, *tracer, str(_WINE), "run", *words], variables


def of_cardtool(stderr: bytes) -> bytes:
    """Return what was printed, without what Wine itself prints where a process is ended."""
    return _WINES_OWN.sub(b"", stderr)


def _for_windows(environment: Mapping[str, str]) -> dict[str, str]:
    """Write the variables that name files as Windows has them, and leave Linux's own out."""
    given = {
        name: drive(Path(value)) if name in _PATHS and value else value
        for name, value in environment.items()
        if name
        not in {"XDG_CONFIG_HOME", "LD_LIBRARY_PATH", "PYTHONPATH", "COVERAGE_PROCESS_CONFIG"}
    }
    return {"PATH": os.defpath, "CARDTOOL_WINDOWS": str(CACHE)} | given
