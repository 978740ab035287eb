# SPDX-License-Identifier: Apache-2.0
"""The formats that list, by the commands that offer them."""

import csv
import io
import json
import os
import platform
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import openpyxl  # type: ignore[import-untyped]
import pytest
from click.testing import CliRunner, Result
from prometheus_client.parser import text_string_to_metric_families

from cardtool.cli import main
from cardtool.console import gathered
from cardtool.model.diagnosis import Severity
from cardtool.model.lists import Summary
from cardtool.model.snapshot import encode
from tests.golden.desk import HOLDER, NUMBER, desk

AT = ("--at", "2026-11-23T09:30:00+03:00", "--lang", "en")
LISTED = ("csv", "ndjson", "nagios", "prometheus", "xlsx")


@pytest.fixture
def files(tmp_path: Path) -> Sequence[str]:
    """Save three sound desks of one person."""
    found = []
    for number, host in enumerate(("masa-1", "masa-2", "masa-3")):
        path = tmp_path / f"{number}.json"
        path.write_bytes(encode(desk(host=host)))
        found.append(str(path))
    return found


def _done(*arguments: str) -> Result:
    return CliRunner().invoke(main, [*arguments, *AT])


def test_several_desks_are_a_table_with_a_line_each(files: Sequence[str]) -> None:
    done = _done("diagnose", *files, "--format", "csv")

    rows = list(csv.DictReader(io.StringIO(done.stdout_bytes.decode("utf-8-sig"), newline="")))
    assert [row["host"] for row in rows] == ["masa-1", "masa-2", "masa-3"]
    assert {row["apply_by_at"] for row in rows} == {"2027-12-10T20:59:59Z"}
    assert done.exit_code == 0


def test_lines_of_ndjson_have_the_fields_of_the_schema(files: Sequence[str]) -> None:
    done = _done("diagnose", *files, "--format", "ndjson")

    lines = [json.loads(each) for each in done.stdout.splitlines()]
    assert len(lines) == 3
    assert all(tuple(each) == Summary.__struct_fields__ for each in lines)


@pytest.mark.parametrize("form", LISTED)
def test_nobody_is_named_unless_that_is_asked_for(files: Sequence[str], form: str) -> None:
    said = _text(_done("diagnose", files[0], "--format", form), form)

    assert HOLDER not in said
    assert NUMBER not in said


@pytest.mark.parametrize("form", ["csv", "ndjson", "xlsx"])
def test_data_name_the_person_where_that_is_asked_for(files: Sequence[str], form: str) -> None:
    said = _text(_done("diagnose", files[0], "--keep-personal", "--format", form), form)

    assert HOLDER in said
    assert NUMBER in said


@pytest.mark.parametrize("form", ["nagios", "prometheus"])
def test_what_names_nobody_cannot_be_asked_to(files: Sequence[str], form: str) -> None:
    done = _done("diagnose", files[0], "--keep-personal", "--format", form)

    assert done.exit_code == 3
    assert not done.stdout


def test_monitoring_has_the_exit_status_of_its_line(files: Sequence[str]) -> None:
    for case, severity in (("nes-expired", "CRITICAL"), ("nes-expiring", "WARNING")):
        done = CliRunner().invoke(main, ["practice", case, "--format", "nagios", "--lang", "en"])

        assert done.stdout.startswith(f"CARDTOOL {severity} - PRACTICE, not this computer: {case}")
        assert done.exit_code == Severity[severity].exit_status
    sound = _done("diagnose", *files, "--format", "nagios")
    assert sound.stdout.startswith("CARDTOOL OK - Computers: 3, All well: 3 | ")
    assert sound.exit_code == 0


def test_monitoring_of_nothing_that_could_be_read_is_unknown(tmp_path: Path) -> None:
    done = _done("diagnose", str(tmp_path / "missing.json"), "--format", "nagios")

    assert done.stdout.startswith("CARDTOOL UNKNOWN - ")
    assert done.exit_code == 3


def test_the_thresholds_of_a_site_are_in_its_monitoring(
    files: Sequence[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tmp_path / "config.toml"
    config.write_text("[policy]\nnotice_days = 60\ncritical_days = 5\n")
    monkeypatch.setenv("CARDTOOL_CONFIG", str(config))

    assert "days_left=413;60:;5:" in _done("diagnose", files[0], "--format", "nagios").stdout


def test_a_workstation_that_was_looked_at_twice_is_measured_once(files: Sequence[str]) -> None:
    done = _done("diagnose", *files, files[0], "--format", "prometheus")

    (severity, *_) = text_string_to_metric_families(done.stdout_bytes.decode())
    assert len(severity.samples) == 3 * len(Severity)


@pytest.mark.parametrize("form", LISTED)
def test_practice_is_marked_as_such(form: str) -> None:
    command = ["practice", "nes-expiring", "--format", form, "--lang", "en"]

    said = _text(CliRunner().invoke(main, command), form)

    if form == "csv":
        (line,) = csv.DictReader(io.StringIO(said))
        assert line["practice"] == "nes-expiring"
        return
    assert {
        "ndjson": '"practice":"nes-expiring"',
        "nagios": "PRACTICE, not this computer: nes-expiring",
        "prometheus": 'practice="nes-expiring"',
        "xlsx": "nes-expiring",
    }[form] in said


def test_a_workbook_does_not_go_to_a_terminal(files: Sequence[str]) -> None:
    if sys.platform == "win32":
        raise NotImplementedError
    shown, terminal = os.openpty()
    command = [sys.executable, "-m", "cardtool", "diagnose", files[0], "--format", "xlsx", *AT]
    done = subprocess.run(command, stdout=terminal, stderr=subprocess.PIPE, check=False)
    os.write(terminal, b"end")

    assert done.returncode == 3
    assert b"--format xlsx: An Excel file cannot be written to a terminal." in done.stderr
    assert os.read(shown, 4096) == b"end"


def test_many_small_parts_are_written_as_few_large_ones() -> None:
    assert [*gathered([b"ab"] * 5, 4)] == [b"abab", b"abab", b"ab"]
    assert [*gathered([], 4)] == []


def test_without_what_makes_workbooks_it_is_said_how_to_get_it(files: Sequence[str]) -> None:
    program = (
        "import sys; sys.modules['xlsxwriter'] = None\n"
        "from cardtool.cli import run; sys.exit(run(sys.argv[1:]))"
    )
    for command in (["check", "--timeout", "2"], ["diagnose", files[0]]):
        done = subprocess.run(
            [sys.executable, "-c", program, *command, "--format", "xlsx", *AT],
            capture_output=True,
            check=False,
        )

        assert done.returncode == 3
        assert b"xlsxwriter, is not installed" in done.stderr
        assert b"--format csv" in done.stderr
        assert not done.stdout


@pytest.mark.parametrize("form", LISTED)
def test_this_desk_is_a_line_as_well(form: str) -> None:
    done = CliRunner().invoke(main, ["check", "--timeout", "2", "--format", form, *AT])

    assert form == "nagios" or platform.node() in _text(done, form)
    assert done.stdout_bytes
    assert not done.stderr


def _text(done: Result, form: str) -> str:
    if form != "xlsx":
        return done.stdout_bytes.decode()
    book = openpyxl.load_workbook(io.BytesIO(done.stdout_bytes))
    return "\n".join(str(cell.value) for row in book.active.rows for cell in row)
