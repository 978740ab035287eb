# SPDX-License-Identifier: Apache-2.0
"""What systemd says of the PC/SC units becomes facts, and silence becomes nothing.

The texts have the form that systemctl(1) describes for `show`.
"""

import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from cardtool.model.surroundings import Service
from cardtool.probe import surroundings

_TEXTS = Path(__file__).parent / "recorded" / "services"

by_text = pytest.mark.parametrize(
    ("name", "socket", "service"),
    [
        ("debian", ("active", "enabled"), ("inactive", "indirect")),
        ("masked", ("inactive", "masked"), ("failed", "masked")),
        ("not-installed", ("", ""), ("", "")),
    ],
)


def _services(socket: tuple[str, str], service: tuple[str, str]) -> tuple[Service, ...]:
    return (
        Service(name="pcscd.socket", state=socket[0], start=socket[1]),
        Service(name="pcscd.service", state=service[0], start=service[1]),
    )


def _program(folder: Path, script: str) -> str:
    program = folder / "systemctl"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    return str(program)


@by_text
def test_state_and_start_are_the_words_of_systemd(
    name: str, socket: tuple[str, str], service: tuple[str, str]
) -> None:
    text = (_TEXTS / f"{name}.txt").read_text()

    assert surroundings.parse_systemctl(text) == _services(socket, service)


def test_text_that_is_no_list_of_properties_names_no_service() -> None:
    assert surroundings.parse_systemctl("") == ()
    assert surroundings.parse_systemctl("Unknown command verb show.\n\n=\nLoadState=loaded\n") == ()


class _WindowsService:
    """A service as psutil describes it."""

    def __init__(self, status: str, start_type: str) -> None:
        self._status = status
        self._start_type = start_type

    def status(self) -> str:
        return self._status

    def start_type(self) -> str:
        return self._start_type


def test_windows_services_are_told_by_the_words_of_windows() -> None:
    def ask(name: str) -> _WindowsService:
        if name == "ScDeviceEnum":
            raise psutil.NoSuchProcess(0, name)
        if name == "CertPropSvc":
            raise psutil.AccessDenied(0, name)
        return _WindowsService("stopped", "disabled")

    assert tuple(surroundings.describe_windows(ask)) == (
        Service(name="SCardSvr", state="stopped", start="disabled"),
        Service(name="ScDeviceEnum", state=""),
    )


linux = pytest.mark.skipif(sys.platform != "linux", reason="systemd is Linux's")


@linux
@by_text
def test_both_units_are_asked_for_at_once(
    tmp_path: Path, name: str, socket: tuple[str, str], service: tuple[str, str]
) -> None:
    asked = tmp_path / "asked"
    systemctl = _program(tmp_path, f'echo "$@" >>"{asked}"\ncat "{_TEXTS / name}.txt"')

    assert surroundings.services(30.0, systemctl) == _services(socket, service)
    assert asked.read_text().split()[:3] == ["show", "pcscd.socket", "pcscd.service"]
    assert len(asked.read_text().splitlines()) == 1


@linux
@pytest.mark.parametrize("script", [f"cat '{_TEXTS}/debian.txt'; exit 1", "exec sleep 60"])
def test_system_that_refuses_or_does_not_answer_names_no_service(
    tmp_path: Path, script: str
) -> None:
    start = time.monotonic()

    assert surroundings.services(1.0, _program(tmp_path, script)) == ()
    assert time.monotonic() - start < 30


@linux
def test_system_without_systemd_names_no_service(tmp_path: Path) -> None:
    assert surroundings.services(30.0, str(tmp_path / "systemctl")) == ()


@linux
@pytest.mark.real
def test_this_machine_is_asked_in_words_that_its_systemctl_knows() -> None:
    """Where systemd does not run, its own program says only that; elsewhere both units are told."""
    running = Path("/run/systemd/system").is_dir()
    version = subprocess.run(["systemctl", "--version"], capture_output=True, check=False)
    assert version.returncode == 0

    names = [each.name for each in surroundings.services(30.0)]

    assert names == (["pcscd.socket", "pcscd.service"] if running else [])
