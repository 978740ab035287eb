# SPDX-License-Identifier: Apache-2.0
"""Lays out what a workstation gets: two programs, a Python of their own, cardtool and its packages.

Made twice from the same packages, at any place, the folder has the same bytes and times.
"""

import os
import shutil
import subprocess
import tempfile
from datetime import datetime
from pathlib import Path

from packages.windows import bytecode
from packages.windows.icon import icon
from packages.windows.msi import TASKS
from tests.windows import interpreter, signatures, wheels
from tests.windows.cache import CHECKOUT, PYTHON, drive
from tests.windows.running import Wine

_HERE = Path(__file__).parent
_OF_PYTHON = {*signatures.SIGNED, ".zip", "._pth"}
"""The files of Python itself: the tests keep notes beside them."""
_DEPLOY = CHECKOUT / "docs" / "deploy" / "windows"
_INSTALLED = "C:\\Program Files\\cardtool\\python"
"""Where the folder of Python will lie, as errors name the files in it."""
_NOT_NEEDED = ("__pycache__", "tests", "test", "*.pyi", "*.pxd", "*.pyx", "*.h", "py.typed")
_ABOUT_THIS_BUILD = ("direct_url.json", "RECORD", "REQUESTED", "INSTALLER")
"""What pip notes in each package of this machine and this run."""
_NEVER_LOADED = (
    *("aiohappyeyeballs", "aiohttp", "aiosignal", "frozenlist", "multidict", "propcache", "yarl"),
    *("markdown_it", "mdurl", "pygments"),
)
"""Packages that pyhanko-certvalidator and rich bring for parts that cardtool does without."""
_LIMIT_S = 900


def lay_out(folder: Path, version: str, moment: datetime) -> None:
    """Make the folder, which must not be there yet.

    Raises:
        UntrustedError: a file of the Python is not its makers' any more.
    """
    python = folder / "python"
    python.mkdir(parents=True)
    for file in PYTHON.iterdir():
        if file.suffix in _OF_PYTHON or file.name == "LICENSE.txt":
            shutil.copyfile(file, python / file.name)
    interpreter.check(python)
    packages = python / "Lib" / "site-packages"
    wheels.install(packages, wheels.wishes())
    interpreter.pip(
        "install", "--no-deps", "--no-compile", "--target", str(packages), str(CHECKOUT)
    )
    shutil.copyfile(_HERE / "sitecustomize.py", packages.parent / "sitecustomize.py")
    _prune(packages)
    _compile(python)
    bytecode.gather(python)
    build_launchers(folder, version)
    shutil.copyfile(CHECKOUT / "LICENSE", folder / "LICENSE.txt")
    for task in TASKS:
        shutil.copyfile(_DEPLOY / task.file, folder / task.file)
    date(folder, moment)


def build_launchers(folder: Path, version: str) -> None:
    """Compile the two programs that start cardtool."""
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        (work / "version.h").write_text(
            f"#define VERSION_NUMBERS {version.replace('.', ',')},0\n"
            f'#define VERSION_TEXT "{version}"\n'
        )
        (work / "cardtool.ico").write_bytes(icon())
        resources = str(work / "resources.o")
        _run(
            *("x86_64-w64-mingw32-windres", "-O", "coff", "-I", name, "-I", str(_HERE)),
            *(str(_HERE / "launcher.rc"), "-o", resources),
        )
        for program, kind in (("cardtool", ()), ("cardtoolw", ("-DWINDOW", "-mwindows"))):
            _run(
                *("x86_64-w64-mingw32-gcc", "-O2", "-s", "-municode", "-static", *kind),
                *("-Wall", "-Wextra", "-Wl,--no-insert-timestamp"),
                *("-o", str(folder / f"{program}.exe"), str(_HERE / "launcher.c"), resources),
            )


def date(folder: Path, moment: datetime) -> None:
    """Give everything in a folder this one time, which packages store."""
    seconds = moment.timestamp()
    for path in (folder, *folder.rglob("*")):
        os.utime(path, (seconds, seconds))


def _prune(packages: Path) -> None:
    unused = [f"{name}*" for name in _NEVER_LOADED]
    for pattern in (*_NOT_NEEDED, *_ABOUT_THIS_BUILD, *unused):
        for path in list(packages.rglob(pattern)):
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)
    shutil.rmtree(packages / "bin", ignore_errors=True)  # they start programs on Linux


def _compile(python: Path) -> None:
    """Add byte code, by this very Python, that holds whatever time a file has.

    Nobody may write where programs are installed, so each start would compile everything anew.

    Raises:
        RuntimeError: a file was not compiled; the message is Python's own.
    """
    done = Wine().shell(
        {},
        python,
        'exec wine64 "$@"',
        *(drive(python / "python.exe"), "-m", "compileall", "-q"),
        *("--invalidation-mode", "unchecked-hash", "-s", drive(python), "-p", _INSTALLED, "Lib"),
        limit_s=_LIMIT_S,
    )
    if done.returncode != 0:
        raise RuntimeError((done.stdout + done.stderr).decode(errors="replace"))


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(done.stderr)
