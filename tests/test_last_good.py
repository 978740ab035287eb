# SPDX-License-Identifier: Apache-2.0
"""What is kept of a desk where all was well, and what becomes of a file that is no such thing."""

import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from cardtool.cli.judging import keep_state
from cardtool.model.snapshot import LastGood
from cardtool.probe.last_good import doubt, folder, recall, remember, summarise
from cardtool.rules import diagnose
from tests.desks import AT, AYSE, READER, desk, module, nes, reader, slot, stored, token, unloaded


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Name a file in a folder that is not there yet."""
    place = tmp_path / "state" / "last-good.json"
    monkeypatch.setenv("CARDTOOL_STATE", str(place))
    return place


def test_what_was_kept_is_recalled(file: Path) -> None:
    remember(desk())

    assert recall() == LastGood(
        taken_at=desk().taken_at,
        release="Debian GNU/Linux 12",
        readers=("ACS ACR39U ICC Reader",),
        modules={"libakisp11.so": "2.7"},
    )
    assert [each.name for each in file.parent.iterdir()] == [file.name]


def test_the_newer_takes_the_place_of_the_older(file: Path) -> None:
    later = datetime(2027, 1, 1, tzinfo=UTC)

    remember(desk())
    remember(replace(desk(), taken_at=later))

    kept = recall()
    assert kept is not None
    assert kept.taken_at == later
    assert file.exists()


def test_a_clock_that_went_back_is_noted_once_beside_what_was_kept(file: Path) -> None:
    doubt(AT)
    assert recall() is None
    assert not file.exists()

    remember(desk())
    for moment in (AT, AT + timedelta(days=1)):
        doubt(moment)

    assert recall() == replace(summarise(desk()), doubted_at=AT)
    doubt(AT - timedelta(days=1))
    kept = recall()
    assert kept is not None
    assert kept.doubted_at == AT - timedelta(days=1)


@pytest.mark.usefixtures("file")
def test_a_clock_that_is_behind_does_not_do_away_with_its_witness() -> None:
    later = AT + timedelta(days=90)
    remember(replace(desk(), taken_at=later))

    verdicts = []
    for days in (0, 1, 2, 9, 10):
        moment = AT + timedelta(days=days)
        snapshot = replace(desk(), taken_at=moment, last_good=recall())
        diagnosis = diagnose(snapshot, moment)
        keep_state(diagnosis)
        verdicts.append(diagnosis.verdict)

    assert verdicts == ["clock-went-back"] * 3 + ["nes-valid"] * 2
    kept = recall()
    assert kept is not None
    assert (kept.taken_at, kept.doubted_at) == (AT + timedelta(days=10), None)


@pytest.mark.usefixtures("file")
def test_nothing_is_kept_of_a_desk_whose_clock_is_before_the_release() -> None:
    keep_state(diagnose(replace(desk(), built_at=AT + timedelta(days=1)), AT))

    assert recall() is None


def test_nothing_of_a_person_is_kept(file: Path) -> None:
    number, name = AYSE
    personal = replace(stored(nes()), label=f"{number}NES0")
    snapshot = desk(modules=(module(slot(replace(token(), certificates=(personal,)))),))

    remember(snapshot)

    body = file.read_text("utf-8")
    assert not any(each in body for each in (number, name, token().label, token().serial))


def test_the_numbers_that_change_at_each_start_are_left_out() -> None:
    names = (READER, "ACS CCID USB Reader 0", "udea MILKO V1. 01 00", "Reader 38T")

    kept = summarise(desk(tuple(reader(name=name) for name in names)))

    assert kept.readers == (
        "ACS ACR39U ICC Reader",
        "ACS CCID USB Reader",
        "Reader 38T",
        "udea MILKO V1.",
    )


def test_a_module_that_was_not_loaded_has_no_version_to_keep() -> None:
    assert summarise(desk(modules=(unloaded(),))).modules == {}


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"taken_at": 1}', b"\xff\xfe", b" " * 70_000])
def test_a_file_that_is_something_else_is_as_good_as_none(file: Path, body: bytes) -> None:
    file.parent.mkdir()
    file.write_bytes(body)

    assert recall() is None


def test_a_desk_that_cannot_keep_anything_goes_without(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("CARDTOOL_STATE", str(tmp_path / "file" / "last-good.json"))

    remember(desk())

    assert recall() is None


def test_an_empty_name_keeps_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CARDTOOL_STATE", "")

    remember(desk())

    assert recall() is None


def test_without_a_name_it_lies_in_the_persons_own_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CARDTOOL_STATE")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))

    remember(desk())

    assert (tmp_path / "cardtool" / "last-good.json").exists()


@pytest.mark.parametrize("kind", ["link", "fifo", "another user's"])
def test_what_another_user_put_there_is_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    place, kept = tmp_path / "last-good.json", tmp_path / "kept.json"
    monkeypatch.setenv("CARDTOOL_STATE", str(kept))
    remember(desk())
    monkeypatch.setenv("CARDTOOL_STATE", str(place))
    match kind:
        case "link":
            place.symlink_to(kept)
        case "fifo":
            subprocess.run(["mkfifo", place], check=True)
        case _:
            place.write_bytes(kept.read_bytes())
            if subprocess.run(["chown", "1:1", place], check=False).returncode:
                place.unlink()  # only root can give a file away

    assert recall() is None
    remember(desk())
    assert recall() is not None
    assert not place.is_symlink()
    assert place.stat().st_mode & 0o777 == 0o600


def test_without_a_home_nothing_is_read_or_kept_in_the_folder_that_one_works_in(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("CARDTOOL_STATE", "XDG_STATE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", "here")  # so Python leaves ~ of a user whom the system does not know

    assert folder() == Path("/nonexistent/cardtool")
