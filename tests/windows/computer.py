# SPDX-License-Identifier: Apache-2.0
"""A computer of its own with Windows, on which packages are installed and removed."""

import os
import shutil
from pathlib import Path
from typing import Self

from tests.windows.cache import CACHE, drive
from tests.windows.running import Done, Wine

FOLDER = "C:\\Program Files\\cardtool"
PROGRAM = f"{FOLDER}\\cardtool.exe"
WITHOUT_CONSOLE = f"{FOLDER}\\cardtoolw.exe"

_RUN = """
wine64 "$@"
status=$?
wineserver64 -w
exit $status
"""
"""Run a program, then wait for Wine's server, which writes the registry when it ends."""


class Computer:
    """What stands in a folder: a prefix of Wine, and the packages that it was given."""

    def __init__(self, name: str) -> None:
        """Make it, as one of this process of the tests."""
        self.folder = CACHE / f"{name}-{os.environ.get('PYTEST_XDIST_WORKER', 'one')}"
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir()
        self.prefix = self.folder / "prefix"
        self.wine = Wine(prefix=self.prefix, program=(PROGRAM,))
        self.run("cmd", "/c", "exit")  # Wine settles what it does at a first start

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Take it away: it has 0.8 GB."""
        shutil.rmtree(self.folder)

    @property
    def drive_c(self) -> Path:
        """Where drive C lies on this machine."""
        return self.wine.drive_c

    def run(self, *words: str) -> Done:
        """Run a program of Windows to its end."""
        return self.wine.shell({}, self.folder, _RUN, *words)

    def msiexec(self, how: str, msi: Path, *words: str) -> Done:
        """Install (/i) or remove (/x) a package, silently."""
        shutil.copyfile(msi, self.folder / msi.name)
        return self.run("msiexec", how, drive(self.folder / msi.name), "/qn", *words)

    def registry(self, key: str, *words: str) -> str:
        """Return what `reg query` shows of a key."""
        return self.run("reg", "query", key, *words).stdout.decode(errors="replace")

    def has_task(self, name: str) -> bool:
        """Tell whether the Task Scheduler knows a task."""
        return (self.drive_c / "windows" / "system32" / "tasks" / name).is_file()
