# SPDX-License-Identifier: Apache-2.0
"""What programs read is the same bytes in UTF-8, whatever the console and wherever it goes."""

import json
import os
import subprocess
import sys
import unicodedata
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from cardtool.model.diagnosis import Diagnosis
from cardtool.model.snapshot import encode
from cardtool.views import FORMATS, formats
from cardtool.views.data.json import signed
from tests.desks import nes
from tests.golden.desk import desk, hostile
from tests.rig.terminal import shown

ENCODINGS = ("cp437", "cp857", "cp1252", "cp1254", "utf-8")
FORMS = [name for name in formats() if not (FORMATS[name].people or FORMATS[name].binary)]
"""A workbook is refused on a terminal, and is no text."""

FORBIDDEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}

_EACH = """
import json, sys
from cardtool.cli import run
for arguments in json.loads(sys.argv[1]):
    run(arguments)
"""
AT = ("--at", "2026-11-23T09:30:00+03:00")


@pytest.fixture
def command(tmp_path: Path) -> list[str]:
    """Return a process that writes every format one after the other, of a sound and an odd desk."""
    sound, odd = tmp_path / "sound.json", tmp_path / "odd.json"
    sound.write_bytes(encode(desk(host="ışık→şube")))
    odd.write_bytes(encode(hostile("\x1b[31mış\u202e\x9b\x07\u2028ık\U000e0041")))
    (tmp_path / "config.toml").write_text('[identity]\nkey = "9f3c61d27be84a05c1d8f6420b7e93aa"\n')
    asked = [
        *(
            ["diagnose", str(each), *AT, "--format", form]
            for form in FORMS
            for each in (sound, odd)
        ),
        *(["practice", "nes-expiring-soon", "--format", form] for form in FORMS),
        ["practice", "--format", "json"],
        ["explain", "nes-expired", "--format", "json"],
        ["guide", "renewal", "--format", "json"],
        ["guide", "renewal", "--format", "html"],
        ["drivers", "--polkit-rule", "kartlar"],
    ]
    return [sys.executable, "-c", _EACH, json.dumps(asked)]


def _environment(encoding: str, folder: Path) -> dict[str, str]:
    return {
        **os.environ,
        "PYTHONIOENCODING": encoding,
        "CARDTOOL_LANG": "tr",
        "CARDTOOL_CONFIG": str(folder / "config.toml"),
    }


def _piped(command: list[str], environment: dict[str, str], _: Path) -> bytes:
    return subprocess.run(command, env=environment, capture_output=True, check=True).stdout


def _filed(command: list[str], environment: dict[str, str], folder: Path) -> bytes:
    with (folder / "output").open("wb") as file:
        subprocess.run(command, env=environment, stdout=file, check=True)
    return (folder / "output").read_bytes()


def _on_a_terminal(command: list[str], environment: dict[str, str], _: Path) -> bytes:
    return shown(command, environment)


@pytest.mark.parametrize("written", [_piped, _filed, _on_a_terminal])
def test_every_console_and_every_place_gets_the_same_bytes(
    command: list[str],
    tmp_path: Path,
    written: Callable[[list[str], dict[str, str], Path], bytes],
) -> None:
    expected = _piped(command, _environment("utf-8", tmp_path), tmp_path)

    for encoding in ENCODINGS:
        assert written(command, _environment(encoding, tmp_path), tmp_path) == expected, encoding
    assert "ışık→şube" in expected.decode()


def test_nothing_in_them_commands_a_terminal(command: list[str], tmp_path: Path) -> None:
    page = _piped(command, _environment("cp1254", tmp_path), tmp_path).decode()

    # a table begins with a mark of its encoding, and tables and calendars have line ends of two
    shown = page.replace("\ufeff", "").replace("\r\n", "").replace("\n", "")
    assert not {unicodedata.category(each) for each in shown} & FORBIDDEN


@pytest.mark.parametrize("form", FORMS)
def test_a_file_named_by_the_option_has_the_same_bytes(tmp_path: Path, form: str) -> None:
    file, odd = tmp_path / "sound.json", tmp_path / "output"
    file.write_bytes(encode(desk(host="ışık→şube")))
    asked = ["diagnose", str(file), *AT, "--format", form]
    if form == "json":
        asked.append("--keep-personal")  # else the key of the hashes is another one each time
    command = [sys.executable, "-m", "cardtool", *asked]
    environment = {**os.environ, "PYTHONIOENCODING": "cp437", "CARDTOOL_LANG": "tr"}
    (tmp_path / "config.toml").write_text('[identity]\nkey = "9f3c61d27be84a05c1d8f6420b7e93aa"\n')
    environment["CARDTOOL_CONFIG"] = str(tmp_path / "config.toml")

    piped = _piped(command, environment, tmp_path)
    assert _piped([*command, "-o", str(odd)], environment, tmp_path) == b""

    assert odd.read_bytes() == piped


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_what_was_written_is_read_back(tmp_path: Path, encoding: str) -> None:
    file, again = tmp_path / "sound.json", tmp_path / "again.json"
    file.write_bytes(encode(desk(host="ışık→şube")))
    command = [sys.executable, "-m", "cardtool", "diagnose", *AT, "--format", "json"]
    environment = {**os.environ, "PYTHONIOENCODING": encoding, "CARDTOOL_LANG": "tr"}

    again.write_bytes(_piped([*command, "--keep-personal", str(file)], environment, tmp_path))
    first = again.read_bytes()
    second = _piped([*command, "--keep-personal", str(again)], environment, tmp_path)

    assert second == first
    assert msgspec.json.decode(first, type=Diagnosis).snapshot == desk(host="ışık→şube")


def test_that_a_card_signs_is_told_to_programs_without_its_holder() -> None:
    read = nes()

    assert json.loads(signed("ACS ACR39U", read, "CKM_SHA256_RSA_PKCS")) == {
        "code": "card-signs",
        "severity": "ok",
        "reader": "ACS ACR39U",
        "key": read.key,
        "mechanism": "CKM_SHA256_RSA_PKCS",
    }
