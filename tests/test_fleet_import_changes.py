# SPDX-License-Identifier: Apache-2.0
"""That a file which changes while it is imported is accounted for: nothing is lost silently."""

import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from cardtool.fleet.importing.finishing import Report
from cardtool.fleet.importing.judging import Terms, judged_blocks
from cardtool.fleet.importing.run import import_judged
from cardtool.fleet.store.database import Store
from cardtool.rules.renewal import Policy
from tests import desks
from tests.fleets import adds_up, line, numbered
from tests.fleets import lines as every

TERMS = Terms(at=desks.AT, policy=Policy())
LOOKS = 4000
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
    os.truncate(file, file.stat().st_size // 20)


CHANGES = [_replaced, _truncated, Path.unlink]


def _taken(
    store: Store, paths: Iterable[Path], processes: int, says: Callable[[object, str], str]
) -> Report:
    with judged_blocks(paths, TERMS, processes) as judged:
        return import_judged(store, judged, TERMS, says=says, remove=True)


@pytest.mark.parametrize("change", CHANGES)
def test_a_file_that_changes_while_it_is_imported_is_accounted_for_once_a_visit(
    store: Store, tmp_path: Path, change: Callable[[Path], None]
) -> None:
    count = (34 << 20) // LINE  # more than is written in one transaction
    lines, file = every(count), tmp_path / "a.ndjson"
    lines[5] = b"bad"
    file.write_bytes(b"\n".join(lines))

    def says(*_: object) -> str:
        change(file)
        return "why"

    report = _taken(store, [file, file], 0, says)

    assert adds_up(report)
    if change is _replaced:
        assert (report.new, report.known, len(report.left)) == (count - 1, count - 1, 2)
        assert file.exists()
    elif change is _truncated:
        assert (24 << 20) // LINE // 2 < report.new < count - 1
    else:
        assert (report.new, report.set_aside, report.passed_over) == (count - 1, 1, 1)


def test_what_replaced_a_file_after_it_was_read_is_not_removed(
    store: Store, tmp_path: Path
) -> None:
    file, last = tmp_path / "a.ndjson", tmp_path / "z.json"
    file.write_bytes(b"\n".join(every(3)))
    last.write_bytes(line(numbered(9)))

    def paths() -> Iterator[Path]:
        yield file
        _replaced(file)
        yield last

    report = _taken(store, paths(), 0, lambda _, name: name)

    assert (report.new, report.set_aside) == (4, 0)
    assert (file.exists(), last.exists()) == (True, False)
