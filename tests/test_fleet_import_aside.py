# SPDX-License-Identifier: Apache-2.0
"""What `fleet import` sets aside and says of it: nothing is lost, overwritten or doubled."""

import gzip
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner

from cardtool.cli import main
from cardtool.fleet.store import Store
from cardtool.model.origin import IdentityPolicy, Origin
from tests import desks
from tests.fleets import adds_up, everything, line, numbered, take


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
    assert (aside / "mixed.ndjson.line-000002.json").read_bytes() == b"{]"
    assert (aside / "cut.ndjson.gz").exists()
    assert sorted(each.name for each in tmp_path.iterdir() if each.is_file()) == [
        "fleet.db" if store.is_sqlite else "good.json",
        *(["fleet.db-shm", "fleet.db-wal", "good.json"] if store.is_sqlite else []),
        "mixed.ndjson",
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
        "b.ndjson.line-000001.json",
        "b.ndjson.line-000001.json.1",
    ]


def test_files_stay_unless_they_are_to_be_removed(store: Store, tmp_path: Path) -> None:
    folder, other = tmp_path / "in", tmp_path / "elsewhere"
    folder.mkdir()
    (folder / "a.json").write_bytes(line(numbered(0)))
    (folder / "b.ndjson").write_bytes(line(numbered(1)) + b"\nbad\n")
    take(store, folder, rejected=other)
    assert {each.name for each in folder.iterdir()} == {"a.json", "b.ndjson"}

    take(store, folder, rejected=other, remove=True)

    assert list(folder.iterdir()) == []
    assert (other / "b.ndjson.line-000002.json").read_bytes() == b"bad"


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


def test_another_look_of_the_same_moment_is_set_aside_and_changes_nothing(
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
    assert (aside / "a.ndjson.line-000010.json.reason.txt").exists()
    assert not (folder / "c.json").exists()


def test_of_two_looks_of_one_moment_in_one_block_the_second_is_set_aside(
    store: Store, tmp_path: Path
) -> None:
    lines = [line(numbered(0)), line(numbered(0, nes=desks.nes())), line(numbered(0))]
    (tmp_path / "a.ndjson").write_bytes(b"\n".join(lines))

    report = take(store, tmp_path)

    assert (report.read, report.new, report.known, report.set_aside) == (3, 1, 1, 1)
    assert everything(store)[2] == []


@pytest.mark.parametrize(("said", "taken"), [(None, 4), ("full", 4), ("masked", 2), ("hashed", 1)])
def test_a_look_that_says_more_of_people_than_the_collector_allows_is_set_aside(
    tmp_path: Path, said: str | None, taken: int
) -> None:
    folder, config = tmp_path / "in", tmp_path / "config.toml"
    folder.mkdir()
    config.write_text("" if said is None else f'[fleet]\nidentity = "{said}"\n')
    for number, identity in enumerate((*IdentityPolicy, None)):
        origin = identity and Origin(host_id=f"{number:032x}", identity=identity)
        look = msgspec.structs.replace(numbered(), origin=origin)
        (folder / f"{number}.json").write_bytes(line(look))
    arguments = ["fleet", "import", str(folder), "--database", str(tmp_path / "f.db")]

    run = CliRunner().invoke(
        main, [*arguments, "--format", "json"], env={"CARDTOOL_CONFIG": str(config)}
    )

    report = msgspec.json.decode(run.stdout)
    assert (report["new"], report["set_aside"]) == (taken, 4 - taken)
    reasons = [each.read_text() for each in folder.glob("rejected/*.reason.txt")]
    assert len(reasons) == 4 - taken
    assert all("identity" in each for each in reasons)


def test_the_command_says_what_became_of_everything(tmp_path: Path) -> None:
    (tmp_path / "bad.json").write_bytes(b"\xff\xfe{")
    options = ["--database", str(tmp_path / "f.db"), "--format", "json"]
    stdin = line(numbered(0)) + b"\n" + line(numbered(1)) + b"\n"
    run = CliRunner().invoke(
        main, ["fleet", "import", "-", str(tmp_path / "bad.json"), *options], input=stdin
    )

    assert run.exit_code == 3
    assert msgspec.json.decode(run.stdout) == {
        "read": 3, "new": 2, "known": 0, "set_aside": 1, "passed_over": 0, "stuck": [],
    }  # fmt: skip
    assert "UTF-16" in (tmp_path / "rejected" / "bad.json.reason.txt").read_text()


@pytest.mark.parametrize(("language", "word"), [("en", "Set aside"), ("tr", "Kenara konan")])
def test_the_command_has_words_in_both_languages(tmp_path: Path, language: str, word: str) -> None:
    (tmp_path / "bad.json").write_bytes(b"bad")
    arguments = ["fleet", "import", str(tmp_path / "bad.json"), "--lang", language]

    run = CliRunner().invoke(main, [*arguments, "--database", str(tmp_path / "f.db")])

    assert f"{word}" in run.stdout
