# SPDX-License-Identifier: Apache-2.0
"""What the recipe of the package for Windows says; what comes of it is tried under Wine."""

import struct
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from cardtool import __version__
from cardtool.model.refused import Refused
from packages.windows import msi
from packages.windows.icon import SIZES, icon
from packages.windows.repack import repack

_WIX = "{http://schemas.microsoft.com/wix/2006/wi}"
_ROOT = Path(__file__).parent.parent
_RECIPE = _ROOT / "packages" / "windows" / "cardtool.wxs"
_DEPLOY = _ROOT / "docs" / "deploy" / "windows"
_TASK_FILES = tuple(task.file for task in msi.TASKS)
_FILES = ("cardtool.exe", *_TASK_FILES, "python/a.py", "python/Lib/a.py", "python/Lib/b.py")


def _folder(folder: Path, names: tuple[str, ...]) -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)
    return folder


def test_a_folder_is_listed_alike_in_whatever_order_it_was_made(tmp_path: Path) -> None:
    one = msi.listing(_folder(tmp_path / "one", _FILES))

    assert one == msi.listing(_folder(tmp_path / "other", _FILES[::-1]))


def test_every_file_is_listed_once_and_in_a_part_that_is_installed(tmp_path: Path) -> None:
    listed = ET.fromstring(msi.listing(_folder(tmp_path, _FILES)))  # noqa: S314 - our own
    files = [file.attrib["Source"] for file in listed.iter(f"{_WIX}File")]
    components = list(listed.iter(f"{_WIX}Component"))
    codes = {component.attrib["Guid"] for component in components}
    group = [reference.attrib["Id"] for reference in listed.iter(f"{_WIX}ComponentRef")]

    assert sorted(files) == sorted(f"tree/{name}" for name in _FILES)
    assert len(codes) == len(components) == len(_FILES)
    left_out = {component.attrib["Id"] for component in components} - set(group)
    assert [
        component[0].attrib["Source"]
        for component in components
        if component.attrib["Id"] in left_out
    ] == [f"tree/{name}" for name in _TASK_FILES]


def test_a_file_keeps_its_code_in_a_later_version(tmp_path: Path) -> None:
    def codes(folder: Path) -> dict[str, str]:
        listed = ET.fromstring(msi.listing(folder))  # noqa: S314 - our own
        return {
            component[0].attrib["Source"]: component.attrib["Guid"]
            for component in listed.iter(f"{_WIX}Component")
        }

    before = codes(_folder(tmp_path / "before", _FILES))
    after = codes(_folder(tmp_path / "after", (*_FILES, "python/0.py")))

    assert before.items() < after.items()


def test_each_version_has_a_code_of_its_own_and_all_have_one_in_common() -> None:
    product = ET.parse(_RECIPE).getroot()[0]  # noqa: S314 - our own

    assert product.attrib["UpgradeCode"] == "6F0C3C52-3E0B-4B0A-9A43-5B7D1E0A8C21"
    assert msi.product_code("0.1.0") == "BB77F55B-650E-5E0F-BC96-674BF2F3203B"
    assert msi.product_code("0.1.0") != msi.product_code("0.1.1")


@pytest.mark.parametrize("version", ["1.0", "1.0.0rc1", "256.0.0", "1.2.3.4", "01.0.0"])
def test_a_version_that_windows_cannot_compare_is_refused(version: str) -> None:
    with pytest.raises(ValueError, match="three numbers"):
        msi.check_version(version)
    msi.check_version(__version__)


@pytest.mark.parametrize("name", _TASK_FILES)
def test_a_task_starts_the_program_that_is_installed(name: str) -> None:
    task = ET.parse(_DEPLOY / name).getroot()  # noqa: S314 - our own
    (command,) = task.iter("{http://schemas.microsoft.com/windows/2004/02/mit/task}Command")
    recipe = ET.parse(_RECIPE).getroot()  # noqa: S314 - our own
    names = {
        folder.attrib["Id"]: folder.attrib.get("Name") for folder in recipe.iter(f"{_WIX}Directory")
    }

    assert command.text == rf"C:\Program Files\{names['InstallDir']}\cardtoolw.exe"


def test_the_words_of_the_package_are_in_letters_that_every_code_page_has() -> None:
    assert _RECIPE.read_text("utf-8").isascii()


def test_the_icon_has_a_picture_for_each_size() -> None:
    body = icon()
    _, kind, count = struct.unpack_from("<3H", body)
    entries = [struct.unpack_from("<4B2H2I", body, 6 + 16 * number) for number in range(count)]

    assert (kind, tuple(entry[0] or 256 for entry in entries)) == (1, SIZES)
    assert entries[-1][-1] + entries[-1][-2] == len(body)
    for size, (*_, length, place) in zip(SIZES[:-1], entries, strict=False):
        assert struct.unpack_from("<3I", body, place) == (40, size, 2 * size)
        assert length == 40 + 4 * size * size + (size + 31) // 32 * 4 * size


@pytest.mark.parametrize(
    "text",
    [
        "modules = ['/opt/akis/libakisp11.so']",
        "modules = ['akisp11.dll']",
        "timeout_s = 5000",
        "nothing = 1",
    ],
)
def test_settings_that_windows_would_refuse_are_not_packed(text: str, tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text(text)

    with pytest.raises((Refused, ValueError)):
        repack(tmp_path / "none.msi", tmp_path / "config.toml", tmp_path / "out.msi")

    assert not (tmp_path / "out.msi").exists()
