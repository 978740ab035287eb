# SPDX-License-Identifier: Apache-2.0
"""What `fleet import` takes in, whatever its file, and that no order changes what it says."""

import gzip
import random
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner

from cardtool.cli import main
from cardtool.fleet.store.bodies import pack, unpack
from cardtool.fleet.store.database import Store
from cardtool.fleet.store.tables import CERTIFICATE, SNAPSHOT, WORKSTATION
from cardtool.model.moments import to_us
from cardtool.model.snapshot import decode
from cardtool.rules import diagnose
from tests import desks
from tests.fleets import everything, line, numbered, take

AT = desks.AT


def test_a_snapshot_is_kept_as_it_came_with_what_judging_it_says(
    store: Store, tmp_path: Path
) -> None:
    snapshot = numbered(nes=desks.nes())
    (tmp_path / "a.json").write_bytes(line(snapshot))

    report = take(store, tmp_path)

    (station,), (kept,), (certificate,) = everything(store)
    assert (report.read, report.new) == (1, 1)
    assert unpack(kept["body"]) == line(snapshot)
    assert station["verdict"] == diagnose(snapshot, AT).verdict
    assert station["unit"] == "BİDB"
    assert certificate["person"] == station["person"] == desks.AYSE[0]


def test_again_is_harmless(store: Store, tmp_path: Path) -> None:
    lines = [line(numbered(number, nes=desks.nes())) for number in range(30)]
    (tmp_path / "a.ndjson").write_bytes(b"\n".join(lines))
    take(store, tmp_path)
    before = everything(store)

    report = take(store, tmp_path)

    assert (report.read, report.new, report.known) == (30, 0, 30)
    assert everything(store) == before


def test_the_order_in_which_snapshots_come_makes_no_odds(store: Store, tmp_path: Path) -> None:
    second = desks.nes(serial="0B", ends_at=AT + timedelta(days=9))
    snapshots = [
        line(numbered(number, days=day, nes=nes, unit=f"birim {day}"))
        for number in range(2)
        for day, nes in ((0, desks.nes()), (1, second), (2, None), (3, None))
    ]
    results = []
    for seed in range(4):
        random.Random(seed).shuffle(snapshots)  # noqa: S311 - no secret
        for place, snapshot in enumerate(snapshots):
            file = tmp_path / f"{seed}-{place}.json"
            file.write_bytes(snapshot)
            take(store, file, at=AT + timedelta(days=3))
        results.append(everything(store))
        with store.writing() as connection:
            for table in (CERTIFICATE, SNAPSHOT, WORKSTATION):
                connection.execute(table.delete())

    assert results[0] == results[1] == results[2] == results[3]
    station = results[0][0][0]
    assert (station["unit"], station["sha256"]) == ("birim 3", "0B" * 8)
    assert station["card_seen_us"] == to_us(AT + timedelta(days=1))
    assert station["first_seen_us"] == to_us(AT)


def test_every_kind_of_file_is_read(store: Store, tmp_path: Path) -> None:
    inner = tmp_path / "day" / "hour"
    inner.mkdir(parents=True)
    (inner / "a.json").write_bytes(
        b"\xef\xbb\xbf" + msgspec.json.format(line(numbered(0)), indent=1)
    )
    (inner / "b.ndjson").write_bytes(b"\n\n" + line(numbered(1)) + b"\r\n" + line(numbered(2)))
    (inner / "c.json.gz").write_bytes(gzip.compress(line(numbered(3))))
    (inner / "D.NDJSON.GZ").write_bytes(
        gzip.compress(line(numbered(4)) + b"\n" + line(numbered(5)))
    )
    (inner / "e.json").write_bytes(msgspec.json.encode(diagnose(numbered(6), AT)))
    named = tmp_path / "named.txt"
    named.write_bytes(line(numbered(7)))

    report = take(store, tmp_path / "day", named)

    assert (report.read, report.new) == (8, 8)
    assert {decode(unpack(row["body"])).origin for row in everything(store)[1]} == {
        numbered(number).origin for number in range(8)
    }


@pytest.mark.parametrize("pack_up", [bytes, gzip.compress])
def test_lines_are_taken_in_whatever_their_file_is_called(
    tmp_path: Path, pack_up: Callable[[bytes], bytes]
) -> None:
    lines, mark = [line(numbered(1)), line(numbered(2))], b"\xef\xbb\xbf"
    whole = msgspec.json.format(line(numbered(3)), indent=2)
    texts = {
        "lines.json": b"\n".join(lines),
        "lines.txt": mark + b"\n\n".join(lines) + b"\n",
        "one.json": lines[0] + b"\n",
        "whole.json": whole + b"\n",
    }
    wanted = {"lines.json": 2, "lines.txt": 2, "one.json": 1, "whole.json": 1}

    for name, text_of_it in texts.items():
        file = tmp_path / name
        file.write_bytes(pack_up(text_of_it))
        with closing(Store(str(tmp_path / f"{name}.db"))) as opened:
            report = take(opened, file)
        assert (name, report.new, report.set_aside) == (name, wanted[name], 0)


def test_a_file_that_is_empty_yet_stays_for_the_next_import(store: Store, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    for name in ("a.json", "b.ndjson"):
        (folder / name).touch()

    report = take(store, folder, remove=True)

    assert (report.read, report.passed_over, report.stuck) == (0, 2, [])
    assert sorted(each.name for each in folder.iterdir()) == ["a.json", "b.ndjson"]


@pytest.mark.parametrize("body", [b"", b"\n \n", gzip.compress(b"", mtime=0)])
@pytest.mark.parametrize("name", ["a.json", "b.ndjson"])
def test_a_file_that_was_named_and_holds_no_snapshot_is_left_and_reported(
    tmp_path: Path, name: str, body: bytes
) -> None:
    file = tmp_path / name
    file.write_bytes(body)
    asked = ["fleet", "import", str(file), "--remove", "--lang", "en"]

    done = CliRunner().invoke(main, [*asked, "--database", str(tmp_path / "fleet.db")])

    assert done.exit_code == 3
    assert "Rejected: 1\n" in done.stdout
    assert f"{file}: " in done.stdout
    assert file.read_bytes() == body


def test_folders_without_end_in_each_other_are_passed_over(store: Store, tmp_path: Path) -> None:
    deep = tmp_path / "in"
    deep.mkdir()
    for number in range(40):
        (deep / "a.json").write_bytes(line(numbered(number)))
        deep /= "in"
        deep.mkdir()

    report = take(store, tmp_path / "in")

    assert (report.new, report.passed_over) == (33, 1)


def test_one_block_with_several_snapshots_of_a_new_workstation_keeps_the_latest(
    store: Store, tmp_path: Path
) -> None:
    snapshots = [numbered(0, days=days, unit=f"Birim {days}") for days in (1, 3, 2)]
    (tmp_path / "a.ndjson").write_bytes(b"\n".join(map(line, [*snapshots, snapshots[1]])))

    report = take(store, tmp_path, at=AT + timedelta(days=3))

    (station,), kept, _ = everything(store)
    assert (report.read, report.new, report.known) == (4, 3, 1)
    assert (station["unit"], len(kept)) == ("Birim 3", 3)
    assert station["first_seen_us"] == to_us(AT + timedelta(days=1))


def test_one_card_in_two_places_is_kept_once(store: Store, tmp_path: Path) -> None:
    slot = desks.slot(desks.token(desks.nes()))
    snapshot = msgspec.structs.replace(
        numbered(0), modules=(desks.module(slot), desks.module(slot))
    )
    (tmp_path / "a.json").write_bytes(line(snapshot))

    report = take(store, tmp_path)

    assert (report.new, len(everything(store)[2])) == (1, 1)


@pytest.mark.parametrize("body", [b"", b"x", pack(b"{}")[:-1], b"\x28\xb5\x2f\xfd" + b"\xff" * 20])
def test_a_body_that_is_none_is_told(body: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        unpack(body)


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_a_snapshot_of_a_clock_that_is_ahead_is_kept_and_stands_for_nothing_later(
    store: Store, tmp_path: Path, order: tuple[int, int]
) -> None:
    ahead = numbered(0, days=4000, nes=desks.nes(), unit="ahead")
    honest = numbered(0, nes=desks.nes(), unit="honest")
    for place in order:
        (tmp_path / "a.json").write_bytes(line((ahead, honest)[place]))
        take(store, tmp_path)

    (station,), snapshots, (certificate,) = everything(store)
    assert len(snapshots) == 2
    assert (station["unit"], station["taken_us"]) == ("honest", to_us(AT))
    assert station["first_seen_us"] == station["card_seen_us"] == to_us(AT)
    assert certificate["last_seen_us"] == to_us(AT)


def test_a_snapshot_that_is_ahead_by_hours_is_the_latest(store: Store, tmp_path: Path) -> None:
    lines = [line(numbered(0)), line(numbered(0, days=1, unit="later"))]
    (tmp_path / "a.ndjson").write_bytes(b"\n".join(lines))

    take(store, tmp_path)

    assert everything(store)[0][0]["unit"] == "later"


@pytest.mark.parametrize("odd", ["\0", "ayse\0", "\0ayse"])
def test_a_nul_anywhere_is_taken_alike_by_every_database(
    store: Store, tmp_path: Path, odd: str
) -> None:
    body = msgspec.json.decode(line(numbered(0, nes=desks.nes())))
    snapshots = []
    for number, name in enumerate(("host_id", "unit", "user", "host", "reader", "CN", "sha256")):
        snapshot = msgspec.json.decode(msgspec.json.encode(body))
        snapshot["origin"]["host_id"] = f"{number:032x}"
        if name in {"host_id", "unit", "user"}:
            snapshot["origin"][name] = odd
        elif name == "host":
            snapshot["host"]["name"] = odd
        elif name == "reader":
            snapshot["readers"][0]["name"] = odd
        else:
            stored = snapshot["modules"][0]["slots"][0]["token"]["certificates"][0]
            if name == "sha256":
                stored["sha256"] = odd
            else:
                for each in stored["content"]["subject"]["attributes"]:
                    each["value"] = odd
        snapshots.append(msgspec.json.encode(snapshot))
    (tmp_path / "a.ndjson").write_bytes(b"\n".join(snapshots))

    report = take(store, tmp_path)

    assert (report.new, report.set_aside) == (7, 0)
    assert "\\x00" not in repr((everything(store)[0], everything(store)[2]))
    assert {unpack(row["body"]).strip() for row in everything(store)[1]} == set(snapshots)
