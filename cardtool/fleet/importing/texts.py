# SPDX-License-Identifier: Apache-2.0
"""Divides what stands in a file into pieces: one document, or lines; compressed or not.

A text is read only up to the largest size of a snapshot, and an archive only as far as it grows
like one of real snapshots.
"""

import codecs
import gzip
import io
import zlib
from collections.abc import Iterator
from functools import partial
from typing import Any

import msgspec

from cardtool.fleet.importing.folders import Location
from cardtool.fleet.importing.pieces import Piece, Trouble
from cardtool.model.snapshot import SIZE_LIMIT_BYTES

LINES = (".ndjson", ".jsonl")
"""Ends of the names of files with a snapshot in each line."""

_SKIPPED_BYTES = 4 * SIZE_LIMIT_BYTES
"""Bytes of too long lines that are skipped in one file; after these the rest is not read."""
AT_ONCE = 1 << 18
"""Bytes that are read of many lines."""
_RATIO = 200
"""How many times larger an archive may become; snapshots become about 20 times larger."""

_GZIP = b"\x1f\x8b"
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)

_Stream = io.BufferedReader | gzip.GzipFile


class _Archive:
    """The stream that `gzip.GzipFile` reads; counts what is read, even from a pipe."""

    def __init__(self, stream: io.BufferedReader) -> None:
        self.seek = stream.seek
        self._stream = stream
        self._read = 0

    def read(self, size: int = -1) -> bytes:
        """Return some bytes, as `gzip` asks for them."""
        part = self._stream.read(size)
        self._read += len(part)
        return part

    def is_bomb(self, unpacked: int) -> bool:
        """Tell whether this many unpacked bytes are too many for what was read."""
        return unpacked > SIZE_LIMIT_BYTES + _RATIO * self._read


def of_stream(file: Location, source: Any, name: str) -> Iterator[Piece]:  # noqa: ANN401 - any stream of bytes
    """Yield the texts of a stream; `name` is the file's in small letters, without `.gz`."""
    packed = source if isinstance(source, io.BufferedReader) else io.BufferedReader(source)
    stream: _Stream = packed
    archive = None
    if packed.peek(2)[:2] == _GZIP:
        archive = _Archive(packed)
        stream = gzip.GzipFile(fileobj=archive, mode="rb")
    try:
        if not name.endswith(LINES):
            first = stream.readline(SIZE_LIMIT_BYTES + 1)
            more = stream.read(1) if first.endswith(b"\n") else b""
            if not (more and _is_document(first)):
                yield _whole(file, stream, first + more)
                return
            stream.seek(0)
        yield from _lines(file, stream, archive)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        trouble = Trouble(code="import-archive", detail=str(error))
        yield Piece(file=file, trouble=trouble, is_last=True)


def _is_document(line: bytes) -> bool:
    try:
        msgspec.json.decode(line.removeprefix(codecs.BOM_UTF8), type=dict[str, msgspec.Raw])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False
    return True


def _whole(file: Location, stream: _Stream, begun: bytes) -> Piece:
    text = begun + stream.read(SIZE_LIMIT_BYTES + 1 - min(len(begun), SIZE_LIMIT_BYTES))
    if len(text) > SIZE_LIMIT_BYTES:
        return Piece(file=file, trouble=Trouble(code="snapshot-large"), is_last=True)
    if text.startswith(_UTF16):
        return Piece(file=file, trouble=Trouble(code="utf16"), is_last=True)
    return Piece(file=file, text=text.removeprefix(codecs.BOM_UTF8), is_last=True)


def _lines(file: Location, stream: _Stream, archive: _Archive | None) -> Iterator[Piece]:
    """Yield the lines, many at once; for one that is too long, a piece with that problem."""
    piece = partial(Piece, file=file, has_lines=True)
    first = stream.readline(SIZE_LIMIT_BYTES + 1)
    if first.startswith(_UTF16):
        yield piece(trouble=Trouble(code="utf16"), is_last=True)
        return
    first = first.removeprefix(codecs.BOM_UTF8)
    if first.strip() == b"{":  # one document on many lines
        yield _whole(file, stream, first)
        return
    read = skipped = 0
    while first or (first := stream.read1(AT_ONCE)):
        text, long = _to_the_end_of_a_line(first, stream)
        first = b""
        read += len(text) + len(long)
        if archive is not None and archive.is_bomb(read):
            yield piece(trouble=Trouble(code="import-bomb"), is_last=True)
            return
        if text:
            yield piece(text=text)
        if long:
            yield piece(trouble=Trouble(code="snapshot-large"))
        while long and not long.endswith(b"\n"):
            long = stream.readline(SIZE_LIMIT_BYTES)
            read += len(long)
            skipped += len(long)
            is_bomb = archive is not None and archive.is_bomb(read)
            if is_bomb or skipped > _SKIPPED_BYTES:
                code = "import-bomb" if is_bomb else "import-rest"
                yield piece(trouble=Trouble(code=code), is_last=True)
                return
    yield piece(is_last=True)


def _to_the_end_of_a_line(begun: bytes, stream: _Stream) -> tuple[bytes, bytes]:
    """Return whole lines, and the beginning of a last line if that is too long."""
    end = begun.rfind(b"\n") + 1
    if end == len(begun):
        return begun, b""
    rest = stream.readline(SIZE_LIMIT_BYTES + 1)
    if len(begun) - end + len(rest) - rest.endswith(b"\n") > SIZE_LIMIT_BYTES:
        return begun[:end], begun[end:] + rest
    return begun + rest, b""
