# SPDX-License-Identifier: Apache-2.0
"""That a file which changes while it is imported is accounted for: nothing is lost silently."""

import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from cardtool.fleet.importing.files import of_file
from cardtool.fleet.importing.finishing import Report
from cardtool.fleet.importing.folders import Spot
from cardtool.fleet.importing.judging import Terms, judge, judged_blocks
from cardtool.fleet.importing.run import import_judged
from cardtool.fleet.store.database import Store
from cardtool.rules.renewal import Policy
from tests import desks
from tests.fleets import adds_up, line, numbered, pieces_of
from tests.fleets import lines as every

TERMS = Terms(at=desks.AT, policy=Policy())
LOOKS = 4000
SPAN = 3 << 20
LINE = len(line(numbered(nes=desks.nes())))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """Give an empty store: all of this is told before a database is asked."""
    with closing(Store(str(tmp_path / "fleet.db"))) as opened:
        yield opened


def _replaced(file: Path) -> None:
    shutil.copy2(file, file.parent / "other")  # of the same size and time
    (file.parent / "other").replace(file)


def _truncated(file: Path) -> None:
    os.truncate(file, SPAN // 2)


def _linked(file: Path) -> None:
    file.rename(file.parent / "moved")
    file.symlink_to(file.parent / "moved")


CHANGES = [_replaced, _truncated, Path.unlink]


@pytest.mark.parametrize("change", [*CHANGES, _linked])
def test_a_span_of_a_file_that_is_another_now_is_lost_and_said_to_be(
    tmp_path: Path, change: Callable[[Path], None]
) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "a.ndjson").write_bytes(b"\n".join(every(LOOKS)))
    found = list(of_file(Spot(named=folder, way=("a.ndjson",))))
    spans = [number for number, each in enumerate(found) if each.span is not None]
    whole = sum(len(each.texts()) for each in found if each.span is None)
    change(folder / "a.ndjson")

    judged = judge(found, TERMS)

    assert len(spans) == 2
    assert [number for number, each in enumerate(judged) if each.lost] == spans
    assert sum(len(each.rows) for each in judged) == sum(each.texts for each in judged) == whole
    assert not any(each.troubles for each in judged)
    with pytest.raises(OSError, match=r"."):
        found[spans[0]].texts()


def _taken(
    store: Store, paths: Iterable[Path], processes: int, says: Callable[[object, str], str]
) -> Report:
    with judged_blocks(paths, TERMS, processes) as judged:
        return import_judged(store, judged, TERMS, says=says, remove=True)


@pytest.mark.parametrize("change", CHANGES)
def test_a_file_that_changes_before_others_read_it_is_accounted_for(
    store: Store, tmp_path: Path, change: Callable[[Path], None]
) -> None:
    lines, file, last = every(1900), tmp_path / "a.ndjson", tmp_path / "z.json"
    file.write_bytes(b"\n".join(lines))
    last.write_bytes(line(numbered(LOOKS)))
    lost = next(each for each in pieces_of(file) if each.span is not None)
    within = len(lost.texts())

    def paths() -> Iterator[Path]:
        yield file
        change(file)  # its spans are told, and no process is begun
        yield last

    report = _taken(store, paths(), 2, lambda _, file: file)

    is_gone = change is Path.unlink
    assert adds_up(report)
    assert report.new == len(lines) - within + 1
    assert (report.set_aside, report.passed_over) == ((0, 1) if is_gone else (1, 0))
    assert len(report.stuck) == (not is_gone)
    assert file.exists() is not is_gone
    assert not last.exists()


@pytest.mark.parametrize("change", CHANGES)
def test_a_file_that_changes_while_it_is_imported_is_accounted_for_once_a_visit(
    store: Store, tmp_path: Path, change: Callable[[Path], None]
) -> None:
    count = (34 << 20) // LINE  # what is written in one transaction, and three spans
    lines, file = every(count), tmp_path / "a.ndjson"
    lines[5] = b"bad"
    file.write_bytes(b"\n".join(lines))

    def says(*_: object) -> str:
        change(file)
        return "why"

    report = _taken(store, [file, file], 0, says)

    assert adds_up(report)
    assert (24 << 20) // LINE // 2 < report.new < count - 1
    if change is Path.unlink:
        assert (report.set_aside, report.passed_over, report.stuck) == (1, 2, [])
    if change is _replaced:
        assert (report.set_aside, report.passed_over, len(report.stuck)) == (4, 0, 2)
        assert file.exists()
