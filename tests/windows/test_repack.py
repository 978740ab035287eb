# SPDX-License-Identifier: Apache-2.0
"""A site's settings in the package hold where it is installed, and stay when it is renewed."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from packages.windows.build import Built
from packages.windows.repack import repack
from tests.windows import traces
from tests.windows.computer import FOLDER, Computer
from tests.windows.test_package import versions

_SHOWN = (
    "import sys; from cardtool.config import load; sys.stdout.write(load({}).institution or '')"
)
_SITE = "institution = 'kirikkale-ism'\nmodules = ['C:\\Kişisel\\a.dll']\n"
_RENEWED = "institution = 'default'\n"


@pytest.fixture(name="computer")
def _computer() -> Iterator[Computer]:
    with Computer("repacked") as computer:
        yield computer


def test_settings_in_the_package_hold_and_stay(
    built: Built, computer: Computer, tmp_path: Path
) -> None:
    package = built.msi
    before = traces.files(computer.prefix)
    first, second = (
        _repacked(package, text, tmp_path / name)
        for name, text in (("first", _SITE), ("second", _RENEWED))
    )

    assert computer.msiexec("/i", first).returncode == 0
    assert _institution(computer) == "kirikkale-ism"

    assert computer.msiexec("/i", second).returncode == 0
    assert len(versions(computer)) == 1
    assert _institution(computer) == "default"

    assert computer.msiexec("/i", package).returncode == 0  # as it was built
    assert len(versions(computer)) == 1
    assert _settings(computer).read_text("utf-8") == _RENEWED

    assert computer.msiexec("/x", package).returncode == 0
    left = {path for path in traces.files(computer.prefix) - before if "config.toml" not in path}
    assert left == set()


def _repacked(package: Path, text: str, folder: Path) -> Path:
    folder.mkdir()
    (folder / "config.toml").write_text(text, "utf-8")
    target = folder / f"{folder.name}.msi"
    repack(package, folder / "config.toml", target)
    return target


def _settings(computer: Computer) -> Path:
    return computer.drive_c / "ProgramData" / "cardtool" / "config.toml"


def _institution(computer: Computer) -> str:
    done = computer.run(f"{FOLDER}\\python\\python.exe", "-I", "-B", "-c", _SHOWN)
    return done.stdout.decode()
