# SPDX-License-Identifier: Apache-2.0
"""Output to streams of any encoding, and to files that are whole or not there."""

import io
import json
import os
import signal
import stat
import subprocess
import sys
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import TextIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardtool import console
from tests.rig import disk


def _stream(encoding: str) -> tuple[io.BytesIO, io.TextIOWrapper]:
    body = io.BytesIO()
    return body, io.TextIOWrapper(body, encoding=encoding)


def test_what_a_code_page_lacks_is_spelt_with_what_it_has() -> None:
    body, stream = _stream("ascii")

    console.write(["İĞÜŞÖÇ ığüşöç \u2013 “x” … → é\n"], stream)

    assert body.getvalue() == b'IGUSOC igusoc - "x" ... -> e\n'


def test_what_it_has_stays() -> None:
    body, stream = _stream("cp857")

    console.write(["İşğ ✓"], stream)

    assert body.getvalue().decode("cp857") == "İşğ ?"


@given(st.text(), st.sampled_from(["ascii", "cp857", "cp1254", "utf-8"]))
def test_no_text_is_too_odd_for_any_stream(text: str, encoding: str) -> None:
    body, stream = _stream(encoding)

    console.write([text + "\udcff"], stream)

    body.getvalue().decode(encoding)


@given(st.text())
def test_json_shows_nothing_that_hides(text: str) -> None:
    shown = console.visible_json(json.dumps([text], ensure_ascii=False, indent=2))

    kinds = {unicodedata.category(each) for each in shown.replace("\n", "")}
    assert not kinds & {"Cc", "Cf", "Cs", "Zl", "Zp"}
    assert json.loads(shown) == [text]


def test_bytes_that_are_no_text_are_not_its_business() -> None:
    with pytest.raises(UnicodeDecodeError):
        b"\xff".decode("ascii", "cardtool-transliterate")


def test_a_stream_says_what_it_can_encode() -> None:
    assert console.can_encode("✓✗", _stream("utf-8")[1])
    assert not console.can_encode("✓✗", _stream("cp857")[1])


def _text(stream: TextIO) -> None:
    console.write(["x"], stream)


def _bytes(stream: TextIO) -> None:
    console.write_bytes(b"x", stream)


@pytest.mark.parametrize("write", [_text, _bytes])
def test_a_reader_that_left_is_told_once_and_then_forgotten(
    write: Callable[[TextIO], None],
) -> None:
    ours, theirs = os.pipe()
    os.close(ours)
    with os.fdopen(theirs, "w", encoding="ascii") as stream:
        with pytest.raises(console.ClosedPipeError):
            write(stream)
        stream.write("closing this flushes it")


def test_a_file_is_replaced_whole(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"old")

    console.write_file(path, b"new")

    assert path.read_bytes() == b"new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [path]


_ENDED = """
import os, pathlib, signal, sys
from cardtool import console
signal.signal(signal.SIGHUP, getattr(signal, sys.argv[2]))
end = signal.Signals[sys.argv[3]]
sys.addaudithook(lambda event, _: event == "os.rename" and os.kill(os.getpid(), end))
console.write_file(pathlib.Path(sys.argv[1]), b"new")
"""


@pytest.mark.parametrize(
    ("hangup", "end", "left"),
    [
        ("SIG_DFL", "SIGTERM", b"old"),
        ("SIG_DFL", "SIGHUP", b"old"),
        ("SIG_IGN", "SIGHUP", b"new"),
    ],
)
def test_a_signal_that_ends_it_leaves_no_draft(
    tmp_path: Path, hangup: str, end: str, left: bytes
) -> None:
    """The signal comes when the draft is whole and about to take its place; nohup is obeyed."""
    path = tmp_path / "a"
    path.write_bytes(b"old")

    done = subprocess.run(
        [sys.executable, "-c", _ENDED, path, hangup, end],
        cwd=Path(__file__).parent.parent,
        check=False,
    )

    assert done.returncode == (0 if left == b"new" else -signal.Signals[end])
    assert path.read_bytes() == left
    assert list(tmp_path.iterdir()) == [path]


def test_what_was_there_stays_when_the_disk_has_no_room(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"old")
    if sys.platform != "win32":
        with pytest.raises(OSError, match="File too large"), disk.full(4096):
            console.write_file(path, bytes(1024 * 1024))

        assert path.read_bytes() == b"old"
        assert list(tmp_path.iterdir()) == [path]


def test_a_folder_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "kept").write_bytes(b"old")

    with pytest.raises(IsADirectoryError):
        console.write_file(tmp_path, b"new")

    assert [each.name for each in tmp_path.iterdir()] == ["kept"]
