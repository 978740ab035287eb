# SPDX-License-Identifier: Apache-2.0
"""That a big file of lines, which is read in parts, is read as if each line were a file."""

import gzip
import io
import os
import sys
from collections.abc import Iterator
from contextlib import closing
from itertools import accumulate
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from cardtool.cli import main
from cardtool.fleet.store.bodies import unpack
from cardtool.fleet.store.database import Store
from cardtool.model.snapshot import SIZE_LIMIT_BYTES
from tests import desks
from tests.fleets import adds_up, everything, line, numbered, pieces_of, take
from tests.fleets import lines as every

LOOKS = 4000
PART = 1 << 18
"""Bytes that are read at once."""
LINE = len(line(numbered(nes=desks.nes())))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """Give an empty store: all of this is told before a database is asked."""
    with closing(Store(str(tmp_path / "fleet.db"))) as opened:
        yield opened


def _rows(store: Store) -> list[list[dict[str, Any]]]:
    """Return all rows; what stands around a text in its file is no part of it."""
    stations, snapshots, certificates = everything(store)
    for each in snapshots:
        each["body"] = unpack(each["body"]).strip()
    return [stations, snapshots, certificates]


@pytest.fixture(scope="module")
def apart(tmp_path_factory: pytest.TempPathFactory) -> list[list[dict[str, Any]]]:
    """Give the rows of snapshots that are a file each."""
    folder = tmp_path_factory.mktemp("apart")
    for number, text in enumerate(every(LOOKS)):
        (folder / f"{number}.json").write_bytes(text)
    with closing(Store(str(folder / "fleet.db"))) as store:
        report = take(store, folder)
        assert (report.new, report.set_aside) == (LOOKS, 0)
        return _rows(store)


@pytest.mark.parametrize("processes", [0, 2])
@pytest.mark.parametrize(
    ("begun", "between", "ended"),
    [
        (b"", b"\n", b"\n"),
        (b"", b"\n", b""),
        (b"", b"\r\n", b"\r\n"),
        (b"\xef\xbb\xbf", b"\n", b"\n"),
        (b"\n", b"\n\n", b"\n\n\n"),
        (b"\xef\xbb\xbf\r\n", b"\r\n \r\n", b""),
    ],
    ids=["plain", "open", "crlf", "mark", "blank", "all"],
)
def test_lines_of_a_big_file_give_the_rows_of_as_many_files(  # noqa: PLR0917 - all vary
    store: Store,
    tmp_path: Path,
    apart: list[list[dict[str, Any]]],
    begun: bytes,
    between: bytes,
    ended: bytes,
    processes: int,
) -> None:
    file = tmp_path / "a.ndjson"
    file.write_bytes(begun + between.join(every(LOOKS)) + ended)

    report = take(store, file, processes=processes)

    assert len(pieces_of(file)) >= file.stat().st_size // (PART + LINE)
    assert (report.read, report.new, report.set_aside) == (LOOKS, LOOKS, 0)
    assert _rows(store) == apart


def _across(file: Path) -> list[int]:
    """Return the numbers of the lines at which the bytes of a part were used up."""
    ends = accumulate(each.text.count(b"\n") for each in pieces_of(file))
    return list(ends)[:-2]


@pytest.mark.parametrize("processes", [0, 2])
@pytest.mark.parametrize("is_blank_between", [False, True])
def test_bad_lines_of_a_big_file_are_set_aside_under_their_numbers(
    store: Store, tmp_path: Path, processes: int, *, is_blank_between: bool
) -> None:
    lines = [
        each for text in every(LOOKS) for each in ((text, b"") if is_blank_between else (text,))
    ]
    file = tmp_path / "a.ndjson"
    file.write_bytes(b"\n".join(lines))
    across = [number for each in _across(file) for number in range(max(each - 2, 1), each + 3)]
    bad = {
        number
        for number in (1, 3, 701, *across, len(lines) - is_blank_between)
        if lines[number - 1]
    }
    for number in bad:
        lines[number - 1] = b"[" + lines[number - 1][1:]
    file.write_bytes(b"\n".join(lines).rstrip(b"\n"))
    other = tmp_path / "b.ndjson"
    other.write_bytes(line(numbered(LOOKS)) + b"\nbad")

    report = take(store, file, other, processes=processes)

    assert len(across) >= 10
    assert adds_up(report)
    assert (report.read, report.set_aside) == (LOOKS + 2, len(bad) + 1)
    assert [_numbers(each) for each in report.left] == [sorted(bad)[:20], [2]]


def _numbers(reason: str) -> list[int]:
    """Return the numbers of the lines that a reason names."""
    return [int(each.partition(":")[0]) for each in reason.splitlines()[1:]]


LONG = b"x" * (SIZE_LIMIT_BYTES + 1)


@pytest.mark.parametrize("processes", [0, 2])
@pytest.mark.parametrize(
    ("before", "after", "length"),
    [
        (0, 1500, len(LONG)),
        (700, 1500, len(LONG)),  # begins within a part
        (1500, 1500, len(LONG)),
        (700, 1500, SIZE_LIMIT_BYTES + PART + 1000),  # its rest is too long
        (PART // LINE, 1500, 2 * SIZE_LIMIT_BYTES),
        (2 * (PART // LINE), 0, len(LONG)),
        (700, 0, 2 * SIZE_LIMIT_BYTES),
    ],
)
def test_a_line_that_is_too_long_is_one_thing_set_aside(  # noqa: PLR0917 - all vary
    store: Store, tmp_path: Path, before: int, after: int, length: int, processes: int
) -> None:
    lines = every(before + after + 1)
    lines[before] = b"x" * length
    lines[-1 if after else 0] = b"bad" if after or before else lines[0]
    file = tmp_path / "a.ndjson"
    file.write_bytes(b"\n".join(lines))

    report = take(store, file, processes=processes)

    assert adds_up(report)
    assert (report.read, report.new, report.set_aside) == (len(lines), len(lines) - 2, 2)
    broken = f"{len(lines) if after else 1}: a.ndjson snapshot-broken"
    large = f"{before + 1}: a.ndjson snapshot-large"
    (left,) = report.left
    assert set(left.splitlines()[1:]) == {broken, large}


@pytest.mark.parametrize("before", [0, 50, 1500])
@pytest.mark.parametrize("name", ["a.ndjson", "a.ndjson.gz"])
def test_a_line_that_is_as_long_as_it_may_be_is_read(
    store: Store, tmp_path: Path, before: int, name: str
) -> None:
    lines = every(before + 3)
    lines[before] = lines[before][:-1].ljust(SIZE_LIMIT_BYTES - 1) + b"}"
    text = b"\n".join(lines)
    (tmp_path / name).write_bytes(gzip.compress(text, 1) if name.endswith("gz") else text)

    report = take(store, tmp_path / name)

    assert (report.new, report.set_aside) == (len(lines), 0)


@pytest.mark.parametrize("processes", [0, 2])
def test_a_big_archive_gives_the_same_rows(
    store: Store, tmp_path: Path, apart: list[list[dict[str, Any]]], processes: int
) -> None:
    file = tmp_path / "a.ndjson.gz"
    file.write_bytes(gzip.compress(b"\n".join(every(LOOKS)), 0))

    report = take(store, file, processes=processes)

    assert (report.new, report.set_aside) == (LOOKS, 0)
    assert _rows(store) == apart


def test_a_big_standard_input_is_read(tmp_path: Path) -> None:
    lines = every(LOOKS)
    lines[3000] = b"bad"
    options = ["--database", str(tmp_path / "f.db"), "--rejected", str(tmp_path / "aside")]

    run = CliRunner().invoke(
        main,
        ["fleet", "import", "-", *options, "--format", "json"],
        input=io.BytesIO(b"\n".join(lines)),
    )

    assert '"read": 4000' in run.stdout
    assert '"new": 3999' in run.stdout
    assert (tmp_path / "aside" / "standard-input.ndjson").read_bytes() == b"bad\n"
    assert "3001:" in (tmp_path / "aside" / "standard-input.ndjson.reason.txt").read_text()


def test_what_was_named_and_is_no_file_is_named_once(store: Store, tmp_path: Path) -> None:
    pipe = tmp_path / "boru"
    if sys.platform != "win32":  # whose pipes are not among files
        os.mkfifo(pipe)

        report = take(store, pipe)

        assert report.left == [f"{pipe} import-no-file"]
