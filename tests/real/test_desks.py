# SPDX-License-Identifier: Apache-2.0
"""Each desk gets its verdict, through the function and through the installed command."""

import itertools
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import msgspec
import pytest

from cardtool.model.snapshot import Snapshot, decode
from cardtool.probe import host
from cardtool.probe.workstation import Options, take_snapshot
from cardtool.rules import diagnose
from cardtool.rules.codes import finding
from cardtool.text import LANGUAGES, Text
from tests.real.desks import AT, CASES, NUMBER, OTHER_NUMBER, Case, Desk, here, only_reads
from tests.rig.command import COMMAND

pytestmark = pytest.mark.real

_MARKS = host.session(os.environ).marks
_IS_SHUT_OFF = "container" in _MARKS and "polkit" not in _MARKS
_FROM_INSIDE = {
    "reader-not-offered": "session-container",
    "driver-missing": "driver-out-of-reach",
}
"""What is unknown in a container, where CI may run, because it may be so outside."""


def _expected(case: Case) -> tuple[str, int]:
    """Return the verdict of a case here, and the exit status."""
    inside = _FROM_INSIDE.get(case.verdict) if _IS_SHUT_OFF else None
    return (inside, 3) if inside else (case.verdict, case.exit_status)


_RESET = 2
"""vpcd's control byte."""

by_name = pytest.mark.parametrize("case", list(map(here, CASES.values())), ids=CASES.keys())


@pytest.fixture
def desk(case: Case, tmp_path: Path) -> Iterator[Desk]:
    """Build the desk of a case, and see afterwards that its cards were only read."""
    with ExitStack() as stack:
        built = case.build(stack, tmp_path)
        yield built
        for card in built.cards:
            assert {command.hex() for command in card.commands if not only_reads(command)} == set()
            assert _RESET not in card.controls
        assert not any(module.logins for module in built.modules)


def _look(desk: Desk) -> Snapshot:
    given = list(zip(desk.arguments[::2], desk.arguments[1::2], strict=True))
    options = Options(
        timeout_s=next((float(value) for name, value in given if name == "--timeout"), 10.0),
        modules=tuple(value for name, value in given if name == "--module"),
    )
    if desk.machine is None:
        return take_snapshot(options)
    asked = msgspec.json.encode(options).decode()
    command = desk.machine.wrap(sys.executable, "-c", _TAKE, asked)
    done = subprocess.run(command, env=desk.env, capture_output=True, check=True)
    return decode(done.stdout)


_TAKE = """
import sys, msgspec
from cardtool.model.snapshot import encode
from cardtool.probe.workstation import Options, take_snapshot
options = msgspec.json.decode(sys.argv[1], type=Options)
sys.stdout.buffer.write(encode(take_snapshot(options)))
"""
"""The function, where it is not called in this process."""


def _run(desk: Desk, *arguments: str) -> subprocess.CompletedProcess[str]:
    command: list[str | Path] = [
        COMMAND,
        "check",
        "--at",
        AT.isoformat(),
        *desk.arguments,
        *arguments,
    ]
    return subprocess.run(
        desk.machine.wrap(*command) if desk.machine else command,
        env={**desk.env, "PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


def _beginning(code: str, language: str, phase: str = "-") -> str:
    """Return a finding's sentence as far as it is the same at every desk."""
    return (
        Text(language)
        .says(finding(code, phase=phase))
        .partition("\N{HORIZONTAL ELLIPSIS}")[0]
        .strip()
    )


@by_name
def test_the_function_finds_it(case: Case, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in desk.env.items():
        monkeypatch.setenv(name, value)

    found = diagnose(_look(desk), AT)

    codes = [each.code for each in found.findings]
    assert (found.verdict, found.severity.exit_status) == _expected(case), codes
    assert set(case.beside) <= set(codes)


@pytest.mark.parametrize(
    ("case", "shape"),
    list(zip(map(here, CASES.values()), itertools.cycle(("json", *LANGUAGES)), strict=False)),
    ids=CASES.keys(),
)
def test_the_command_finds_it(case: Case, desk: Desk, shape: str) -> None:
    """In one shape for each desk; test_confusion tries all of them for every verdict."""
    done = _run(desk, *(("--format", "json") if shape == "json" else ("-v", "--lang", shape)))

    log = [line for line in done.stderr.splitlines() if not line.startswith("cardtool.")]
    assert log == []
    verdict, status = _expected(case)
    assert done.returncode == status
    assert not any(number in done.stdout for number in (NUMBER, OTHER_NUMBER))
    if shape == "json":
        found = json.loads(done.stdout)
        codes = [each["code"] for each in found["findings"]]
        assert found["verdict"] == verdict, codes
        assert set(case.beside) <= set(codes)
    else:
        said = " ".join(done.stdout.split())
        assert _beginning(verdict, shape, case.phase) in said
        assert status == 0 or Text(shape).means(verdict, case.phase) in said
