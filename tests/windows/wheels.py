# SPDX-License-Identifier: Apache-2.0
"""Install wheels for Windows, on Linux: what this project needs there, and what its tests do.

pip's --platform chooses wheels for Windows, but it judges a condition such as
`sys_platform == "win32"` for the machine it runs on, so colorama and tzdata would be missing: they
are added until none is.
"""

import shutil
import tomllib
from importlib.metadata import distributions
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.windows.cache import CHECKOUT
from tests.windows.interpreter import pip

_VERSION = "3.12"
TESTED = ("fleet", "test")
"""The extras that the tests need."""
_NOT_NEEDED = {"ruff", "mypy", "codespell", "import-linter", "playwright"}
"""Tools of the tests that look at the source or drive a browser: Linux does that."""
_WINDOWS = {
    "sys_platform": "win32",
    "platform_system": "Windows",
    "os_name": "nt",
    "platform_machine": "AMD64",
    "implementation_name": "cpython",
    "platform_python_implementation": "CPython",
    "python_version": _VERSION,
    "python_full_version": f"{_VERSION}.9",
}


def install(packages: Path, asked: list[Requirement]) -> None:
    """Install into a folder, which must not be there yet."""
    _install(packages, *map(str, asked))
    while more := _missing(packages, asked):
        _install(packages, *sorted(more))
    shutil.rmtree(packages / "bin", ignore_errors=True)  # they start programs on Linux


def wishes(*names: str) -> list[Requirement]:
    """Return what this project and these extras ask for, without what Linux does for the tests."""
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = project["optional-dependencies"]
    texts = (*project["dependencies"], *(text for name in names for text in extras[name]))
    asked = map(Requirement, texts)
    return [
        wish
        for wish in asked
        if canonicalize_name(wish.name) not in _NOT_NEEDED
        and (wish.marker is None or wish.marker.evaluate(_WINDOWS))
    ]


def _install(packages: Path, *wishes: str) -> None:
    pip(
        *("install", "--upgrade", "--target", str(packages), "--no-compile"),
        *("--platform", "win_amd64", "--implementation", "cp", "--python-version", _VERSION),
        *("--only-binary=:all:", *wishes),
    )


def _missing(packages: Path, wished: list[Requirement]) -> set[str]:
    """Name what an installed package wants on Windows and is not there."""
    here = {canonicalize_name(each.name): each for each in distributions(path=[str(packages)])}
    asked = {canonicalize_name(each.name): each.extras for each in wished}
    return {
        f"{wish.name}{wish.specifier}"
        for name, each in here.items()
        for wish in map(Requirement, each.requires or ())
        if canonicalize_name(wish.name) not in here and _is_wanted(wish, asked.get(name, set()))
    }


def _is_wanted(wish: Requirement, extras: set[str]) -> bool:
    marker = wish.marker
    return marker is None or any(
        marker.evaluate({**_WINDOWS, "extra": extra}) for extra in ("", *extras)
    )
