# SPDX-License-Identifier: Apache-2.0
"""What `fleet import` sets aside and says of it: nothing is lost, overwritten or doubled."""

import gzip
import json
import random
import sys
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner
from sqlalchemy import func, select

from cardtool.cli import main
from cardtool.fleet.importing.folders import Folder, state_of
from cardtool.fleet.importing.judging import MOST_TROUBLES
from cardtool.fleet.store.database import Store
from cardtool.fleet.store.tables import CERTIFICATE
from cardtool.model.surroundings import IdentityPolicy, Origin
from cardtool.text import Text
from tests import desks
from tests.fleets import adds_up, everything, line, numbered, take
from tests.trials.crowds import CROWDS


def _on_disk(folder: Path) -> int:
    """Return the bytes that the files of a folder take up, without holes."""
    if sys.platform == "win32":  # it counts no blocks of a file
        raise NotImplementedError
    return sum(each.stat().st_blocks for each in folder.iterdir()) * 512


def test_what_is_bad_is_set_aside_with_the_reason_and_stops_nothing(
    store: Store, tmp_path: Path
) -> None:
    (tmp_path / "bad.json").write_bytes(b'{"schema": 1}')
    (tmp_path / "good.json").write_bytes(line(numbered(0)))
    (tmp_path / "mixed.ndjson").write_bytes(
        line(numbered(1)) + b"\n{]\n" + line(numbered(2)) + b"\n"
    )
    (tmp_path / "cut.ndjson.gz").write_bytes(gzip.compress(line(numbered(3)))[:-12])

    report = take(store, tmp_path)
    aside = tmp_path / "rejected"

    assert adds_up(report)
    assert (report.new, report.set_aside) == (3, 3)
    assert (aside / "bad.json").read_bytes() == b'{"schema": 1}'
    assert (aside / "bad.json.reason.txt").read_text() == "bad.json snapshot-broken\n"
    assert b"\n{]\n" in (aside / "mixed.ndjson").read_bytes()
    assert (aside / "mixed.ndjson.reason.txt").read_text() == (
        "mixed.ndjson import-lines\n2: mixed.ndjson snapshot-broken\n"
    )
    assert (aside / "cut.ndjson.gz").exists()
    assert sorted(each.name for each in tmp_path.iterdir() if each.is_file()) == [
        "fleet.db" if store.is_sqlite else "good.json",
        *(["fleet.db-shm", "fleet.db-wal", "good.json"] if store.is_sqlite else []),
    ]


def test_nothing_set_aside_is_ever_overwritten_or_doubled(store: Store, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    for body in (b"one", b"two", b"two"):
        (folder / "a.json").write_bytes(body)
        (folder / "b.ndjson").write_bytes(body)
        take(store, folder)

    found = sorted(each.name for each in (folder / "rejected").iterdir())

    assert [each for each in found if not each.endswith(".reason.txt")] == [
        "a.json",
        "a.json.1",
        "b.ndjson",
        "b.ndjson.1",
    ]


def test_files_stay_unless_they_are_to_be_removed(store: Store, tmp_path: Path) -> None:
    folder, other = tmp_path / "in", tmp_path / "elsewhere"
    folder.mkdir()
    (folder / "a.json").write_bytes(line(numbered(0)))
    (folder / "b.ndjson").write_bytes(line(numbered(1)) + b"\nbad\n")
    take(store, folder, rejected=other)
    assert {each.name for each in folder.iterdir()} == {"a.json"}
    assert (other / "b.ndjson").read_bytes().endswith(b"\nbad\n")

    take(store, folder, rejected=other, remove=True)

    assert list(folder.iterdir()) == []


def test_nobody_else_may_read_what_is_set_aside(store: Store, tmp_path: Path) -> None:
    for name, body in (("a.json", b"bad"), ("b.ndjson", b"bad" + line(numbered()))):
        (tmp_path / name).write_bytes(body)
        (tmp_path / name).chmod(0o666)

    take(store, tmp_path)

    aside = tmp_path / "rejected"
    assert aside.stat().st_mode & 0o777 == 0o700
    assert len(list(aside.iterdir())) == 4
    assert {each.stat().st_mode & 0o777 for each in aside.iterdir()} == {0o600}


def test_an_archive_that_would_swell_is_not_unpacked(store: Store, tmp_path: Path) -> None:
    bomb = gzip.compress(b"\n" * (64 * 1024 * 1024) + b" " * (20 * 1024 * 1024))
    (tmp_path / "bomb.ndjson.gz").write_bytes(bomb)
    (tmp_path / "one.json.gz").write_bytes(gzip.compress(b"[" * (20 * 1024 * 1024)))
    (tmp_path / "good.json").write_bytes(line(numbered(0)))

    report = take(store, tmp_path)

    assert (report.new, report.set_aside) == (1, 2)
    assert {"bomb.ndjson.gz", "one.json.gz"} <= {
        each.name for each in (tmp_path / "rejected").iterdir()
    }


def test_an_archive_on_standard_input_is_measured_too(tmp_path: Path) -> None:
    swollen = gzip.compress(b"\n" * (96 * 1024 * 1024) + line(numbered(0)))
    options = ("--database", str(tmp_path / "store"), "--format", "json")

    done = CliRunner().invoke(main, ["fleet", "import", "-", *options], input=swollen)

    assert done.exit_code == 3
    report = json.loads(done.stdout)
    assert (report["new"], report["set_aside"]) == (0, 1)


@pytest.mark.parametrize("field", [b'"of a later version":"%s"', b'"%s":1'])
def test_two_snapshots_of_one_moment_with_broken_text_that_nothing_reads_differ(
    store: Store, tmp_path: Path, field: bytes
) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    whole = line(numbered(0)).rstrip()
    for name, broken in (("a", b"\xff"), ("b", b"\xfe")):
        (folder / f"{name}.json").write_bytes(b"{" + field % broken + b"," + whole[1:])

    report = take(store, folder)

    assert (report.read, report.new, report.set_aside) == (2, 1, 1)
    (reason,) = (folder / "rejected").glob("*.reason.txt")
    assert "import-differs" in reason.read_text()


def test_another_snapshot_of_the_same_moment_is_set_aside_and_changes_nothing(
    store: Store, tmp_path: Path
) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    lines = [line(numbered(number)) for number in range(20)]
    (folder / "a.ndjson").write_bytes(b"\n".join(lines))
    take(store, folder)
    before = everything(store)
    (folder / "a.ndjson").write_bytes(b"\n".join([*lines[:9], line(numbered(9, nes=desks.nes()))]))
    (folder / "b.json").write_bytes(line(numbered(3, unit="another")))
    (folder / "c.json").write_bytes(msgspec.json.format(lines[4], indent=2))

    report = take(store, folder, remove=True)

    assert (report.read, report.new, report.known, report.set_aside) == (12, 0, 10, 2)
    assert everything(store) == before
    aside = folder / "rejected"
    assert (aside / "b.json.reason.txt").read_text() == "b.json import-differs\n"
    assert (aside / "a.ndjson.reason.txt").read_text().endswith("10: a.ndjson import-differs\n")
    assert not (folder / "c.json").exists()


def test_of_two_snapshots_of_one_moment_in_one_block_the_second_is_set_aside(
    store: Store, tmp_path: Path
) -> None:
    lines = [line(numbered(0)), line(numbered(0, nes=desks.nes())), line(numbered(0))]
    (tmp_path / "a.ndjson").write_bytes(b"\n".join(lines))

    report = take(store, tmp_path)

    assert (report.read, report.new, report.known, report.set_aside) == (3, 1, 1, 1)
    assert everything(store)[2] == []


@pytest.mark.parametrize(("said", "taken"), [(None, 4), ("full", 4), ("masked", 2), ("hashed", 1)])
def test_a_snapshot_that_says_more_of_people_than_the_collector_allows_is_set_aside(
    tmp_path: Path, said: str | None, taken: int
) -> None:
    folder, config = tmp_path / "in", tmp_path / "config.toml"
    folder.mkdir()
    config.write_text("" if said is None else f'[fleet]\nidentity = "{said}"\n')
    for number, identity in enumerate((*IdentityPolicy, None)):
        origin = identity and Origin(host_id=f"{number:032x}", identity=identity)
        snapshot = msgspec.structs.replace(numbered(), origin=origin)
        (folder / f"{number}.json").write_bytes(line(snapshot))
    arguments = ["fleet", "import", str(folder), "--database", str(tmp_path / "f.db")]

    run = CliRunner().invoke(
        main, [*arguments, "--format", "json"], env={"CARDTOOL_CONFIG": str(config)}
    )

    report = msgspec.json.decode(run.stdout)
    assert (report["new"], report["set_aside"]) == (taken, 4 - taken)
    reasons = [each.read_text() for each in folder.glob("rejected/*.reason.txt")]
    assert len(reasons) == 4 - taken
    assert all("identity" in each for each in reasons)


def test_a_file_that_was_named_stays_where_it_is_and_the_reason_is_said(tmp_path: Path) -> None:
    (tmp_path / "bad.json").write_bytes(b"\xff\xfe{")
    options = ["--database", str(tmp_path / "f.db"), "--format", "json", "--remove"]
    stdin = line(numbered(0)) + b"\n" + line(numbered(1)) + b"\n"
    run = CliRunner().invoke(
        main, ["fleet", "import", "-", str(tmp_path / "bad.json"), *options], input=stdin
    )

    assert run.exit_code == 3
    report = msgspec.json.decode(run.stdout)
    (left,) = report.pop("left")
    assert report == {
        "read": 3, "new": 2, "known": 0, "set_aside": 1, "passed_over": 0, "stuck": [],
        "folders": [],
    }  # fmt: skip
    assert str(tmp_path / "bad.json") in left
    assert "UTF-16" in left
    assert (tmp_path / "bad.json").exists()
    assert not (tmp_path / "rejected").exists()


@pytest.mark.parametrize("language", ["en", "tr"])
def test_the_command_says_in_both_languages_where_it_put_things(
    tmp_path: Path, language: str
) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "a.ndjson").write_bytes(b"bad")
    (tmp_path / "b.ndjson").write_bytes(b"bad")
    arguments = ["fleet", "import", str(folder), str(tmp_path / "b.ndjson"), "--lang", language]

    run = CliRunner().invoke(main, [*arguments, "--database", str(tmp_path / "f.db")])

    text = Text(language)
    assert f"{text.label('import-folders')}: {folder / 'rejected'}\n" in run.stdout
    assert f"{text.label('import-left')}: {tmp_path / 'b.ndjson'}: " in run.stdout


def test_a_file_of_many_bad_lines_is_one_file_with_its_count_and_is_met_once(
    store: Store, tmp_path: Path
) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "a.ndjson.gz").write_bytes(gzip.compress(b"x\n" * 4_000_000))
    (folder / "b.ndjson").write_bytes(b"\n".join([line(numbered(0)), *[b"{}"] * 30]))

    report = take(store, folder)

    found = sorted(each.name for each in (folder / "rejected").iterdir())
    assert adds_up(report)
    assert (report.new, report.set_aside) == (1, 4_000_030)
    assert found == [
        "a.ndjson.gz", "a.ndjson.gz.reason.txt", "b.ndjson", "b.ndjson.reason.txt"
    ]  # fmt: skip
    for name in ("a.ndjson.gz", "b.ndjson"):
        reason = (folder / "rejected" / f"{name}.reason.txt").read_text().splitlines()
        assert len(reason) == 1 + 20
    assert take(store, folder).read == 0


def test_what_is_told_of_bad_lines_holds_their_number(tmp_path: Path) -> None:
    (tmp_path / "a.ndjson").write_bytes(b"{}\n" * 4321)
    arguments = ["fleet", "import", str(tmp_path / "a.ndjson"), "--lang", "en"]

    run = CliRunner().invoke(main, [*arguments, "--database", str(tmp_path / "f.db")])

    assert "could not be imported: 4321" in run.stdout
    assert run.stdout.count("\n") < 30


def test_few_good_lines_among_many_bad_ones_lie_with_them(store: Store, tmp_path: Path) -> None:
    good = [line(numbered(number)) for number in range(MOST_TROUBLES // 2)]
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "a.ndjson").write_bytes(b"\n".join([*[b"{}"] * 2 * MOST_TROUBLES, *good]))

    report = take(store, folder)

    assert adds_up(report)
    assert report.read == 2 * MOST_TROUBLES + len(good)
    assert (folder / "rejected" / "a.ndjson").read_bytes().endswith(good[-1])


def test_a_sparse_file_is_moved_and_not_copied(store: Store, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    for name in ("a.json", "b.ndjson"):
        with (folder / name).open("wb") as file:
            file.truncate(1 << 40)
    nodes = {each.name: each.stat().st_ino for each in folder.iterdir()}

    report = take(store, folder)

    assert adds_up(report)
    aside = folder / "rejected"
    assert {name: (aside / name).stat().st_ino for name in nodes} == nodes
    assert (aside / "b.ndjson.reason.txt").read_text().count("import-rest") == 1
    assert _on_disk(aside) < 1 << 20


def test_what_comes_while_a_file_is_moved_is_put_back(tmp_path: Path) -> None:
    for name, body in (("a.json", b"bad"), ("b.json", b"other")):
        (tmp_path / name).write_bytes(body)
    other = state_of((tmp_path / "b.json").stat())
    with Folder.named(tmp_path) as folder, folder.made("rejected") as aside:
        aside.new("a.json")
        with pytest.raises(FileNotFoundError):
            folder.move("a.json", aside, "a.json", other)

    assert (tmp_path / "a.json").read_bytes() == b"bad"


def test_a_snapshot_that_takes_too_long_is_set_aside_and_the_others_are_taken(
    store: Store, tmp_path: Path
) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    slow = msgspec.structs.replace(
        numbered(7), readers=tuple(desks.reader(None, f"READER {each}") for each in range(9000))
    )
    (folder / "slow.json").write_bytes(line(slow))
    for number in range(3):
        (folder / f"{number}.json").write_bytes(line(numbered(number)))

    report = take(store, folder, limit_s=0.05)

    assert (report.new, report.set_aside) == (3, 1)
    assert (folder / "rejected" / "slow.json.reason.txt").read_text() == "slow.json import-late\n"


def test_a_desk_of_hundreds_of_cards_is_taken_in_like_any_other(
    store: Store, tmp_path: Path
) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    crowded = CROWDS[0](random.Random(1), 400)  # noqa: S311 - no secret
    (folder / "crowded.json").write_bytes(line(crowded))

    report = take(store, folder)

    assert (report.new, report.set_aside) == (1, 0)
    with store.reading() as connection:
        assert connection.execute(select(func.count()).select_from(CERTIFICATE)).scalar() == 400
