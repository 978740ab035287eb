# SPDX-License-Identifier: Apache-2.0
"""That no link in a folder leads `fleet import` elsewhere, nor one that is swapped in."""

import random
import threading
from contextlib import suppress
from pathlib import Path

import pytest
from click.testing import CliRunner

from cardtool.cli import main
from cardtool.fleet.importing.files import of_file
from cardtool.fleet.importing.folders import Folder, Location
from cardtool.fleet.importing.rejected import move
from cardtool.fleet.store.database import Store
from tests.fleets import everything, line, numbered, take


def test_a_link_in_a_folder_is_not_followed(store: Store, tmp_path: Path) -> None:
    folder, outside = tmp_path / "in", tmp_path / "outside"
    folder.mkdir()
    outside.mkdir()
    (outside / "a.json").write_bytes(line(numbered(0)))
    (outside / "bad.json").write_bytes(b"bad")
    (folder / "link.json").symlink_to(outside / "a.json")
    (folder / "links").symlink_to(outside)
    (folder / "bad.json").write_bytes(b"bad")
    (folder / "rejected").symlink_to(outside)

    report = take(store, folder)

    assert (report.new, report.passed_over, report.set_aside) == (0, 3, 1)
    assert (folder / "bad.json").exists()
    assert len(report.stuck) == 1
    assert {each.name for each in outside.iterdir()} == {"a.json", "bad.json"}


def test_a_link_that_is_swapped_in_while_it_runs_leads_nowhere(
    store: Store, tmp_path: Path
) -> None:
    folder, outside = tmp_path / "in", tmp_path / "outside"
    outside.mkdir()
    good, bad = outside / "good.json", outside / "bad.json"
    good.write_bytes(line(numbered(10_000)))
    bad.write_bytes(b"secret")
    for number in range(700):
        (folder / f"{number % 7}").mkdir(parents=True, exist_ok=True)
        (folder / f"{number % 7}" / f"{number}.json").write_bytes(line(numbered(number)))
    is_done = threading.Event()

    def swap() -> None:
        source = random.Random(0)  # noqa: S311 - no secret
        while not is_done.is_set():
            number = source.randrange(700)
            file, spare = folder / f"{number % 7}" / f"{number}.json", tmp_path / "spare"
            with suppress(OSError):
                spare.symlink_to(source.choice((good, bad)))
                spare.replace(file)
                spare.write_bytes(source.choice((b"bad", line(numbered(number)))))
                spare.replace(file)
            if number < 7:
                with suppress(OSError):
                    (folder / f"{number}").rename(spare)
                    (folder / f"{number}").symlink_to(outside)
                    (folder / f"{number}").unlink()
                    spare.rename(folder / f"{number}")

    thread = threading.Thread(target=swap)
    thread.start()
    try:
        for _ in range(5):
            take(store, folder, remove=True)
    finally:
        is_done.set()
        thread.join()

    assert {each.name for each in outside.iterdir()} == {"good.json", "bad.json"}
    assert f"{10_000:032x}" not in {row["host_key"] for row in everything(store)[0]}
    aside = [each for each in tmp_path.rglob("rejected/*") if "reason" not in each.name]
    assert aside
    assert all(not each.is_symlink() and each.read_bytes() == b"bad" for each in aside)


def test_a_link_where_a_file_was_is_neither_read_nor_set_aside(tmp_path: Path) -> None:
    secret, folder = tmp_path / "secret", tmp_path / "in"
    secret.write_bytes(b"secret")
    folder.mkdir()
    (folder / "a.json").write_bytes(b"bad")
    location = Location(named=folder, way=("a.json",))
    (piece,) = of_file(location, Folder.named(folder))
    (folder / "a.json").unlink()
    (folder / "a.json").symlink_to(secret)

    with Folder.named(folder) as opened, pytest.raises(OSError, match="symbolic"):
        list(of_file(location, opened))
    with pytest.raises(OSError, match="symbolic"):
        move(piece.file, None, "why")

    assert [each.name for each in folder.iterdir()] == ["a.json"]


def test_what_came_in_the_place_of_a_file_is_left_for_the_next_run(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(b"bad")
    (piece,) = of_file(Location(named=tmp_path, way=("a.json",)), Folder.named(tmp_path))
    (tmp_path / "a.json").write_bytes(b"another")

    with Folder.of(piece.file) as folder:
        folder.remove("a.json", piece.file.state)
    with pytest.raises(FileNotFoundError):
        move(piece.file, None, "why")

    assert [each.name for each in tmp_path.iterdir()] == ["a.json"]


def test_a_folder_for_what_is_set_aside_must_be_no_link(tmp_path: Path) -> None:
    (tmp_path / "bad.json").write_bytes(b"bad")
    (tmp_path / "outside").mkdir()
    (tmp_path / "aside").symlink_to(tmp_path / "outside")
    arguments = ["fleet", "import", str(tmp_path / "bad.json"), "--lang", "en"]
    arguments += ["--database", str(tmp_path / "f.db"), "--rejected", str(tmp_path / "aside")]

    run = CliRunner().invoke(main, arguments)

    assert run.exit_code == 3
    assert "is a link" in run.stderr
    assert list((tmp_path / "outside").iterdir()) == []
    assert (tmp_path / "bad.json").exists()
