# SPDX-License-Identifier: Apache-2.0
"""Settings that administrators prescribe in the registry hold on Windows, and over all others."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from cardtool.config import POLICY
from packages.windows import policies
from tests.windows.cache import drive
from tests.windows.running import PROGRAM, Done, Wine

_PRESCRIBED: dict[str, Any] = {
    "language": "en",
    "institution": "kirikkale-ism",
    "modules": ["C:\\Kişisel\\a.dll", "C:\\b.dll"],
    "catalog": "C:\\cards.toml",
    "timeout_s": 20,
    "event_log": 1,
    "policy.notice_days": 80,
    "policy.urgent_days": 40,
    "policy.critical_days": 10,
    "policy.lead_days": 20,
    "policy.holidays": "DE",
    "identity.key": "9b1f6c2ad84e703551c7a0ef3d628b94",
    "online.proxy": "http://proxy.example.org:8080",
    "online.certificates": "C:\\issuers",
    "online.timeout_s": 5,
    "online.roots": ["0f" * 32],
    "online.allow_private": 1,
    "fleet.to": "\\\\server\\share\\incoming",
    "fleet.identity": "masked",
    "fleet.unit": "Şube 2",
    "fleet.proxy": "http://proxy.example.org:8081",
    "fleet.ca_file": "C:\\ca.pem",
    "fleet.token_file": "C:\\token",
    "fleet.timeout_s": 60,
    "fleet.spool_limit": 10,
}
"""A value for each setting, as the editor of policies writes it."""
_SCRIPT = """
wine64 reg import policy.reg >&2
wine64 "$@"
status=$?
wine64 reg delete 'HKLM\\SOFTWARE\\Policies\\cardtool' /f >&2
wineserver64 -w
exit $status
"""
"""Wine's server writes the registry when it ends, so the end of the policy is waited for."""
_SHOWN = (
    "import sys, msgspec; from cardtool.config import load;"
    "sys.stdout.buffer.write(msgspec.json.encode(load({})))"
)


def test_every_setting_of_the_definitions_is_read(tmp_path: Path, wine: Wine) -> None:
    done = _run(wine, tmp_path, _PRESCRIBED, PROGRAM[0], "-c", _SHOWN)
    config = msgspec.json.decode(done.stdout)

    assert set(_PRESCRIBED) == {setting.name for setting in policies.settings()}
    for name, value in _PRESCRIBED.items():
        table, _, key = name.rpartition(".")
        assert (config[table] if table else config)[key] == value, name


def test_a_policy_overrides_the_files(tmp_path: Path, wine: Wine) -> None:
    (tmp_path / "config.toml").write_text('language = "en"\ntimeout_s = 50\n')
    script = _SHOWN.replace("{}", f"{{'CARDTOOL_CONFIG': {drive(tmp_path / 'config.toml')!r}}}")

    done = _run(wine, tmp_path, {"language": "tr"}, PROGRAM[0], "-c", script)

    config = msgspec.json.decode(done.stdout)
    assert (config["language"], config["timeout_s"]) == ("tr", 50)


@pytest.mark.parametrize(
    ("name", "value"), [("timeout_s", 5000), ("fleet.identity", "nobody"), ("language", 3)]
)
def test_a_value_that_cannot_be_used_is_refused_by_its_place(
    name: str, value: str | int, tmp_path: Path, wine: Wine
) -> None:
    done = _run(wine, tmp_path, {name: value}, *PROGRAM, "check", "--lang", "en")

    assert done.returncode == 3
    place = f"HKLM\\{POLICY}\\{name.replace('.', chr(92))}"
    assert place in " ".join(done.stderr.decode().split()).replace(" \\", "\\")


def _run(wine: Wine, folder: Path, prescribed: dict[str, Any], *command: str) -> Done:
    lines = ["Windows Registry Editor Version 5.00"]
    for name, value in prescribed.items():
        table, _, key = name.rpartition(".")
        path = rf"{POLICY}\{table}".removesuffix("\\")
        lines += ["", rf"[HKEY_LOCAL_MACHINE\{path}]", f'"{key}"={_value(value)}']
    text = "\r\n".join(lines) + "\r\n"
    (folder / "policy.reg").write_bytes(b"\xff\xfe" + text.encode("utf-16-le"))
    return wine.shell({}, folder, _SCRIPT, *command)


def _value(value: str | int | list[str]) -> str:
    """Return a value as files of the registry have it: a text, a DWORD, or several texts."""
    if isinstance(value, int):
        return f"dword:{value:08x}"
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\") + '"'
    body = "".join(f"{text}\0" for text in value) + "\0"
    return "hex(7):" + ",".join(f"{byte:02x}" for byte in body.encode("utf-16-le"))
