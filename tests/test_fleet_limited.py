# SPDX-License-Identifier: Apache-2.0
"""What a file does to the process that reads it stays there."""

import signal
import time
from pathlib import Path

import openpyxl  # type: ignore[import-untyped]
import pytest
from click.testing import CliRunner, Result

from cardtool.cli import main
from cardtool.fleet.pool import in_limited_process
from cardtool.fleet.register.people import Disguise, read
from cardtool.model.refused import Refused
from cardtool.model.surroundings import IdentityPolicy
from tests import desks

FULL = Disguise(policy=IdentityPolicy.FULL)


def test_an_answer_and_a_refusal_come_back_as_they_are() -> None:
    body = f"TCKN;PC\n{desks.AYSE[0]};a\n".encode()

    assert in_limited_process(read, body, {}, FULL, seconds=60) == read(body, {}, FULL)
    with pytest.raises(Refused, match="register-headings") as met:
        in_limited_process(read, b"a;b", {}, FULL, seconds=60)
    assert "usual" in met.value.facts


def test_what_does_not_answer_in_time_is_ended() -> None:
    with pytest.raises(Refused) as met:
        in_limited_process(time.sleep, 600, seconds=0.5)

    assert met.value.code == "register-time"


def test_what_takes_too_much_memory_or_ends_is_told() -> None:
    for function, argument in ((bytes, 8 << 30), (signal.raise_signal, signal.SIGTERM)):
        with pytest.raises(Refused) as met:
            in_limited_process(function, argument, seconds=60)
        assert met.value.code == "register-memory"


def _merge(folder: Path, name: str) -> Result:
    (folder / "config.toml").write_text('[fleet]\nidentity = "full"\n')
    arguments = ["fleet", "merge", str(folder / name), "--database", str(folder / "fleet.db")]
    env = {"CARDTOOL_CONFIG": str(folder / "config.toml")}
    return CliRunner().invoke(main, [*arguments, "--lang", "en"], env=env)


def test_a_value_in_the_last_cell_of_a_sheet_ends_no_command(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet["A1"], sheet["XFD1048576"] = "TCKN", "x"
    book.save(tmp_path / "wide.xlsx")

    done = _merge(tmp_path, "wide.xlsx")

    assert (tmp_path / "wide.xlsx").stat().st_size < 10_000
    assert done.exit_code == 3
    assert "memory" in done.stderr
    assert not (tmp_path / "fleet.db").exists()


@pytest.mark.parametrize("row", [b"1;2\n" * 200_001, (b"1" + b";" * 30_000 + b"\n") * 200])
def test_a_list_of_more_than_anybody_has_is_refused(tmp_path: Path, row: bytes) -> None:
    (tmp_path / "long.csv").write_bytes(row)

    done = _merge(tmp_path, "long.csv")

    assert done.exit_code == 3
    assert "rows" in done.stderr
