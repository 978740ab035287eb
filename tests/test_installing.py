# SPDX-License-Identifier: Apache-2.0
"""What people are told to install: right for their installation, and never a stranger's program."""

import fnmatch
import json
import os
import re
import shlex
import sys
import tomllib
from importlib import metadata
from pathlib import Path

import pytest

from cardtool.cli import installing

ROOT = Path(__file__).parent.parent
PIP = f"{shlex.quote(sys.executable)} -m pip install"


def _installed(folder: Path, origin: object = None) -> metadata.Distribution:
    """Lay the record of an installation, from `origin` or by name, and read it as Python does."""
    record = folder / "cardtool_eimza-0.1.0.dist-info"
    record.mkdir()
    (record / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: cardtool-eimza\nVersion: 0.1.0\n"
        "Requires-Dist: click>=8\n"
        "Requires-Dist: psycopg[binary]>=3.2; extra == 'fleet'\n"
        'Requires-Dist: xlsxwriter>=3.2; extra == "fleet"\n'
        "Requires-Dist: pytest>=8; extra == 'test'\n"
    )
    if origin is not None:
        (record / "direct_url.json").write_text(json.dumps(origin))
    (own,) = metadata.distributions(path=[str(folder)])
    return own


@pytest.mark.parametrize("editable", [False, True])
def test_from_a_folder_it_comes_from_that_folder(tmp_path: Path, editable: bool) -> None:  # noqa: FBT001
    folder = tmp_path / "e-imza kartı"
    folder.mkdir()
    own = _installed(tmp_path, {"url": folder.as_uri(), "dir_info": {"editable": editable}})

    told = installing.command_for(own, Path("/usr"))

    assert told == f"{PIP} {'-e ' if editable else ''}'{folder}[fleet]'"


def test_from_a_wheel_it_comes_from_that_wheel(tmp_path: Path) -> None:
    wheel = tmp_path / "cardtool_eimza-0.1.0-py3-none-any.whl"
    wheel.touch()
    own = _installed(tmp_path, {"url": wheel.as_uri(), "archive_info": {}})

    assert installing.command_for(own, Path("/usr")) == f"{PIP} '{wheel}[fleet]'"


@pytest.mark.parametrize(
    "origin", [None, {"url": "file:///gone"}, {"url": "https://example.com/x.git", "vcs_info": {}}]
)
def test_without_its_source_the_packages_are_named(tmp_path: Path, origin: object) -> None:
    own = _installed(tmp_path, origin)

    told = installing.command_for(own, Path("/usr"))

    assert told == f"{PIP} 'psycopg[binary]>=3.2' 'xlsxwriter>=3.2'"


def test_in_the_environment_of_run_it_is_run(tmp_path: Path) -> None:
    (tmp_path / "run").touch()
    own = _installed(tmp_path, {"url": tmp_path.as_uri(), "dir_info": {"editable": True}})

    assert installing.command_for(own, tmp_path / ".venv") == f"{tmp_path}/run fleet"


def test_without_a_record_it_comes_from_the_source() -> None:
    assert installing.command_for(None, Path("/usr")) == f"{PIP} '{ROOT}[fleet]'"


def test_the_distribution_is_not_called_as_somebody_elses() -> None:
    assert (
        tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["name"] == "cardtool-eimza"
    )
    assert installing.NAME == "cardtool-eimza"


_INSTALLER = re.compile(
    r"\b(?:pip[3x]?|uvx?|easy_install|poetry|pdm)\b[^\n`]*?\b(?:install|inject|add|run|upgrade)\b"
    r"(?P<words>[^\n`]*)"
)
_STRANGER = re.compile(r"""(?:^|[\s'"(=])cardtool(?=$|[\s'"\[`<>=~!;,.)])""")
_WHERE = re.compile(r"(?m)^\s*(?:- )?(?:ansible\.builtin\.)?(?:pip|pipx):")


def names_a_stranger(text: str) -> bool:
    """Say whether a text tells somebody to install what an index calls cardtool."""
    joined = text.replace("\\\n", " ")
    commands = (found["words"] for found in _INSTALLER.finditer(joined))
    return any(map(_STRANGER.search, commands)) or bool(_WHERE.search(joined))


@pytest.mark.parametrize(
    "text",
    [
        "pip install cardtool",
        "pip install 'cardtool[fleet]'",
        "python -m pip install --upgrade cardtool==1",
        "pipx install \\\n  cardtool",
        'pip install "cardtool[fleet]"',
        "Kurun: pip install cardtool.",
        "- pip:\n    name: cardtool",
    ],
)
def test_what_is_looked_for_is_found(text: str) -> None:
    assert names_a_stranger(text)


@pytest.mark.parametrize("text", ["pipx install .", "pip install '.[fleet]'", "pip install dist/*"])
def test_what_is_right_is_let_by(text: str) -> None:
    assert not names_a_stranger(text)


def _files() -> list[Path]:
    """List the files of this checkout or unpacked archive, without what is made in it."""
    rules = [".git", *(ROOT / ".gitignore").read_text().replace("/", "").split()]

    def is_made(name: str) -> bool:
        return any(fnmatch.fnmatch(name, rule) for rule in rules)

    files = []
    for folder, folders, names in os.walk(ROOT):
        folders[:] = [name for name in folders if not is_made(name)]
        files += [Path(folder, name) for name in names if not is_made(name)]
    return files


def test_no_file_tells_people_to_install_what_an_index_calls_cardtool() -> None:
    files = _files()
    assert ROOT / "README.md" in files

    texts = {file: file.read_text("utf-8", "replace") for file in files}
    texts.pop(Path(__file__), None)  # has what it looks for

    assert [str(file) for file, text in texts.items() if names_a_stranger(text)] == []
