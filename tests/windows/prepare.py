# SPDX-License-Identifier: Apache-2.0
"""Make what `make windows` needs beside Wine itself: Python, its packages, the vendor's stand-in.

What is there stays, so a second run takes no time. Packages are renewed when the project's wishes
have changed.
"""

import shutil
import sys
import time
from collections.abc import Callable
from pathlib import Path

from tests.windows import interpreter, library, wheels
from tests.windows.cache import CACHE, CHECKOUT, PCSCLITE, PYTHON, drive

_PACKAGES = PYTHON / "Lib" / "site-packages"
_MADE_OF = PYTHON / "packages.txt"
"""What its packages were asked for, to see when they have to be renewed."""


def main() -> None:
    """Make what is missing, and say what that was."""
    _make("the Python of Windows in", PYTHON.is_dir, interpreter.install)
    _make("its packages in", _has_packages, _install_packages)
    _make("the stand-in for the vendor's module in", library.are_built, library.build)
    _make("this machine's way to its PC/SC service in", PCSCLITE.is_dir, _copy_pcsclite)
    (_PACKAGES / "cardtool.pth").write_text(f"{drive(CHECKOUT)}\n", "utf-8")


def _make(name: str, is_there: Callable[[], bool], make: Callable[[], None]) -> None:
    if is_there():
        return
    begun = time.monotonic()
    sys.stderr.write(f"windows: making {name} {CACHE}\n")
    make()
    sys.stderr.write(f"windows: made in {time.monotonic() - begun:.0f} s\n")


def _has_packages() -> bool:
    return _MADE_OF.exists() and _MADE_OF.read_text("utf-8") == _wishes()


def _wishes() -> str:
    return "".join(f"{each}\n" for each in wheels.wishes(*wheels.TESTED))


def _install_packages() -> None:
    shutil.rmtree(_PACKAGES, ignore_errors=True)
    wheels.install(_PACKAGES, wheels.wishes(*wheels.TESTED))
    _MADE_OF.write_text(_wishes(), "utf-8")


def _copy_pcsclite() -> None:
    """Copy the library that speaks to pcscd: that of Debian 13 and a pcscd of 12 do not meet."""
    PCSCLITE.mkdir()
    for library_file in Path("/usr/lib").glob("*/libpcsclite*.so.1*"):
        shutil.copy(library_file, PCSCLITE)


if __name__ == "__main__":
    main()
