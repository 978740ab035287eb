# SPDX-License-Identifier: Apache-2.0
"""`cardtool watch` on a real PC/SC service: a line a change, a row a card, a sum at the end."""

import json
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

import pytest

from cardtool.model.snapshot import SIZE_LIMIT_BYTES
from tests.real.desks import AT, NAME, NUMBER, akis, nes
from tests.rig.card import mute_card
from tests.rig.command import COMMAND
from tests.rig.pcsc import READER, PcscService

pytestmark = pytest.mark.real


class _Watch:
    """The command, running."""

    def __init__(self, env: Mapping[str, str], *options: str | Path) -> None:
        self.process = subprocess.Popen(
            [COMMAND, "watch", "--at", AT.isoformat(), "--timeout", "5", *options],
            env=dict(env),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.communicate()

    def line(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline()

    def until(self, code: str) -> dict[str, Any]:
        """Return the next record about this change."""
        while line := self.line():
            record: dict[str, Any] = json.loads(line)
            if record["code"] == code:
                return record
        raise EOFError(code)

    def end(self, by: signal.Signals = signal.SIGINT) -> tuple[str, str]:
        """Press Ctrl-C, or end it by another signal, and return what it prints then."""
        self.process.send_signal(by)
        return self.process.communicate(timeout=30)


def test_each_change_is_a_line_for_programs() -> None:
    service = PcscService(2)
    with _Watch(service.env, "--format", "ndjson") as watch:
        assert watch.until("started")["verdict"] == "service-stopped"
        with service:
            came = watch.until("service-came")
            assert came["readers"] == [f"{READER} 00 00", f"{READER} 01 00"]
            assert (came["verdict"], came["severity"]) == ("card-missing", "critical")

            service.insert(akis(nes(400)))
            record = watch.until("card-came")
            assert (record["verdict"], record["severity"], record["codes"]) == (
                *("nes-valid", "ok"),
                [],
            )
            assert NAME not in json.dumps(record, ensure_ascii=False)
            assert record["not_after_at"].startswith("2027-07-06")

            service.insert(akis(nes(-3)), 1)
            assert watch.until("card-came")["readers"] == came["readers"]
            service.remove(1)
            assert watch.until("card-gone")["verdict"] == "nes-valid"
            service.remove(0)
            assert watch.until("card-gone")["verdict"] == "card-missing"
        assert watch.until("service-gone")["verdict"] == "service-stopped"


def test_a_reader_that_is_pulled_is_a_line() -> None:
    with PcscService(2) as service, _Watch(service.env, "--format", "ndjson") as watch:
        watch.until("started")
        service.gone(1).touch()
        subprocess.run(["kill", "-USR1", str(service.pid)], check=True)

        assert watch.until("reader-gone")["readers"] == [f"{READER} 00 00"]


def test_a_pile_of_cards_is_written_down_and_counted(tmp_path: Path) -> None:
    file = tmp_path / "pile.csv"
    for ended_by in (signal.SIGINT, signal.SIGTERM):
        with (
            PcscService(1) as service,
            _Watch(service.env, "--lang", "en", "--desk", file) as watch,
        ):
            watch.line()
            for card in (akis(nes(400)), mute_card()):
                service.insert(card)
                assert "A card was put in." in watch.line()
                service.remove()
                assert "The card was taken out." in watch.line()
            said, complaints = watch.end(ended_by)
        assert complaints == ""
        assert said.split() == f"Cards put in: 2. File: {file}. All is well: 1, Problem: 1".split()
        assert watch.process.returncode == 0

    heading, *rows = file.read_text("utf-8-sig").splitlines()
    verdict = heading.split(",").index("verdict")
    assert [row.split(",")[verdict] for row in rows] == ["nes-valid", "card-mute"] * 2
    assert NAME not in file.read_text("utf-8")
    assert NUMBER not in file.read_text("utf-8")


def test_a_file_of_other_columns_stays_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "accounts.csv"
    file.write_text("name,sum\r\n")
    with PcscService(1) as service:
        service.insert(akis(nes(400)))
        with _Watch(service.env, "--lang", "en", "--desk", file) as watch:
            watch.line()
            _, complaints = watch.process.communicate(timeout=30)

    assert "the file has other columns" in complaints
    assert watch.process.returncode == 3
    assert file.read_bytes() == b"name,sum\r\n"


def test_a_file_that_is_none_is_refused_before_a_card_is_read(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "cardtool", "watch", "--desk", tmp_path],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 3
    assert str(tmp_path) in done.stderr


def _refused(file: Path) -> str:
    """Return what is said of a file that is refused before anything is looked at."""
    done = subprocess.run(
        [sys.executable, "-m", "cardtool", "watch", "--lang", "en", "--desk", file],
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    assert (done.returncode, done.stdout) == (3, "")
    return done.stderr


def test_a_file_that_cannot_be_written_is_refused_before_a_card_is_read(tmp_path: Path) -> None:
    assert "No such file or directory" in _refused(tmp_path / "absent" / "pile.csv")


def test_a_file_of_other_columns_is_refused_before_a_card_is_read(tmp_path: Path) -> None:
    file = tmp_path / "accounts.csv"
    file.write_text("name,sum\r\n")

    assert "other columns" in _refused(file)


def test_a_file_too_large_keeps_all_its_rows(tmp_path: Path) -> None:
    file = tmp_path / "pile.csv"
    body = b"name,sum\r\n".ljust(SIZE_LIMIT_BYTES + 9, b".")
    file.write_bytes(body)

    assert "File too large" in _refused(file)
    assert file.read_bytes() == body


def test_rows_that_others_add_meanwhile_stay(tmp_path: Path) -> None:
    file = tmp_path / "pile.csv"
    with PcscService(1) as service, _Watch(service.env, "--lang", "en", "--desk", file) as watch:
        watch.line()
        with file.open("ab") as stream:
            stream.write(b"another desk's row, without the end of a line")
        service.insert(akis(nes(400)))
        watch.line()
        watch.end()

    _, other, row = file.read_text("utf-8-sig").splitlines()
    assert other.startswith("another")
    assert "nes-valid" in row
