# SPDX-License-Identifier: Apache-2.0
"""Reads what is imported, piece by piece: folders, files, lines, compressed or not.

Nothing here trusts a name or a size. Symbolic links inside a folder are never followed, even one
that replaces a file at the last moment (`folders`). A text is read only up to the largest size of a
snapshot, and an archive only as far as it grows like one of real snapshots.
"""

import codecs
import errno
import gzip
import io
import os
import stat
import sys
import zlib
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from cardtool.fleet.importing.folders import Folder, Spot, state_of
from cardtool.model.snapshot import SIZE_LIMIT_BYTES

STANDARD_INPUT = Path("-")
"""How the command line names standard input."""
REJECTED = "rejected"
"""Name of the folder for rejected files; a folder of this name is not read."""

_DEEPEST = 32
"""Folders inside folders that are read at most; each is opened step by step from the first."""

_LINES = (".ndjson", ".jsonl")
_ZIPPED = ".gz"

_SKIPPED_BYTES = 4 * SIZE_LIMIT_BYTES
"""Bytes of too long lines that are skipped in one file; after these the rest is not read."""
_AT_ONCE = 1 << 18
"""Bytes that are read of many lines."""
_SPAN = 3 << 20
"""Bytes of whole lines that the judging process reads from the file itself."""
_RATIO = 200
"""How many times larger an archive may become; snapshots become about 20 times larger."""

_GZIP = b"\x1f\x8b"
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)

_Stream = io.BufferedReader | gzip.GzipFile


class Trouble(msgspec.Struct, frozen=True, kw_only=True):
    """Why a text cannot be imported: the code of a refusal, and the decoder's reason."""

    code: str
    detail: str = ""
    text: bytes = b""


class Span(msgspec.Struct, frozen=True, kw_only=True):
    """Whole lines of a file, given by their place in it."""

    start: int
    size: int
    node: tuple[int, int]
    """Device and inode of the file: another file may get its name."""


class Piece(msgspec.Struct, frozen=True, kw_only=True):
    """The text of one snapshot, or of one snapshot a line, or why there is none."""

    file: Spot
    text: bytes = b""
    span: Span | None = None
    """Where the text stands in the file; `text` is then empty."""
    has_lines: bool = False
    """Each line is a text; empty lines are skipped."""
    trouble: Trouble | None = None
    """Why the text, or the file from here on, cannot be read."""
    lost: OSError | None = None
    """Why the rest of the file cannot be read."""
    is_last: bool = False
    """This is the last piece of its file."""

    @property
    def size(self) -> int:
        """Return the size of the text in bytes."""
        return len(self.text) if self.span is None else self.span.size

    def texts(self) -> list[bytes]:
        """Return the texts; those of a span are read from the file now.

        Raises:
            OSError: they are no longer there.
        """
        text = self.text if self.span is None else _read(self.file, self.span)
        if not self.has_lines:
            return [text]
        lines = text.split(b"\n")
        if not lines[-1]:
            lines.pop()
        return [b"" if line.isspace() else line for line in lines]


def pieces(paths: Iterable[Path], rejected: Path | None) -> Iterator[Piece | None]:
    """Yield the texts of files and folders; None for an entry of a folder that is passed over.

    Passed over are links, devices and other names; a file that a person named is read whatever its
    name. `rejected` is the folder for rejected files, which is not read.
    """
    for path in paths:
        if path != STANDARD_INPUT and path.is_dir():
            yield from _of_folder(path, rejected)
        else:
            yield from _or_lost(Spot(named=path))


def _of_folder(named: Path, rejected: Path | None) -> Iterator[Piece | None]:
    waiting: list[tuple[str, ...]] = [()]
    while waiting:
        way = waiting.pop()
        try:
            with Folder.reached(named, way) as here:
                for entry in here.entries():
                    if entry.name.startswith("."):  # somebody is still writing it
                        continue
                    if entry.is_dir(follow_symlinks=False):
                        if entry.name == REJECTED or here.path / entry.name == rejected:
                            continue
                        if len(way) < _DEEPEST:
                            waiting.append((*way, entry.name))
                            continue
                    if entry.is_file(follow_symlinks=False) and _is_named(entry.name):
                        yield from _or_lost(Spot(named=named, way=(*way, entry.name)), here)
                    else:
                        yield None
        except OSError:
            yield None


def _is_named(name: str) -> bool:
    return name.lower().removesuffix(_ZIPPED).endswith((*_LINES, ".json"))


def _or_lost(spot: Spot, folder: Folder | None = None) -> Iterator[Piece]:
    try:
        yield from of_file(spot, folder)
    except OSError as error:
        yield Piece(file=spot, lost=error, is_last=True)


def of_file(spot: Spot, folder: Folder | None = None) -> Iterator[Piece]:
    """Yield the texts of a file, in a folder that is open; only one that was named may be a link.

    Raises:
        OSError: it cannot be read.
    """
    if spot.named == STANDARD_INPUT:
        yield from _of_stream(spot, sys.stdin.buffer, ".ndjson")
        return
    number = _opened(spot) if folder is None else folder.open(spot.way[-1])
    with open(number, "rb", buffering=_AT_ONCE) as stream:  # noqa: PTH123 - it is open
        about = os.fstat(number)
        spot = msgspec.structs.replace(spot, state=state_of(about))
        if not stat.S_ISREG(about.st_mode):
            yield Piece(file=spot, trouble=Trouble(code="import-no-file"), is_last=True)
            return
        if not about.st_size and spot.way:  # somebody is still copying it here: leave it
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
        name = spot.path.name.lower().removesuffix(_ZIPPED)
        whole = Span(start=0, size=about.st_size, node=(about.st_dev, about.st_ino))
        yield from _of_stream(spot, stream, name, whole)


def _opened(spot: Spot) -> int:
    with Folder.of(spot) as folder:
        return folder.open(spot.path.name, follow=not spot.way)


def _read(spot: Spot, span: Span) -> bytes:
    with open(_opened(spot), "rb", buffering=_AT_ONCE) as stream:
        about = os.fstat(stream.fileno())
        stream.seek(span.start)
        text = stream.read(span.size)
        if (about.st_dev, about.st_ino) != span.node or len(text) < span.size:
            raise OSError(errno.ESTALE, os.strerror(errno.ESTALE))
        return text


class _Archive:
    """The stream that `gzip.GzipFile` reads; counts what is read, even from a pipe."""

    def __init__(self, stream: io.BufferedReader) -> None:
        self.seek = stream.seek
        self._stream = stream
        self._read = 0

    def read(self, size: int = -1) -> bytes:
        """Return some bytes, as `gzip` asks for them."""
        some = self._stream.read(size)
        self._read += len(some)
        return some

    def is_bomb(self, unpacked: int) -> bool:
        """Tell whether this many unpacked bytes are too many for what was read."""
        return unpacked > SIZE_LIMIT_BYTES + _RATIO * self._read


def _of_stream(file: Spot, source: Any, name: str, whole: Span | None = None) -> Iterator[Piece]:  # noqa: ANN401 - any stream of bytes
    """Yield the texts of a stream; `whole` says that they stand in a file, if not compressed."""
    packed = source if isinstance(source, io.BufferedReader) else io.BufferedReader(source)
    stream: _Stream = packed
    archive = None
    if packed.peek(2)[:2] == _GZIP:
        archive, whole = _Archive(packed), None
        stream = gzip.GzipFile(fileobj=archive, mode="rb")
    try:
        if not name.endswith(_LINES):
            first = stream.readline(SIZE_LIMIT_BYTES + 1)
            more = stream.read(1) if first.endswith(b"\n") else b""
            if not (more and _is_document(first)):
                yield _whole(file, stream, first + more)
                return
            stream.seek(0)
        yield from _lines(file, stream, archive, whole)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        trouble = Trouble(code="import-archive", detail=str(error))
        yield Piece(file=file, trouble=trouble, is_last=True)


def _is_document(line: bytes) -> bool:
    try:
        msgspec.json.decode(line.removeprefix(codecs.BOM_UTF8), type=dict[str, msgspec.Raw])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False
    return True


def _whole(file: Spot, stream: _Stream, begun: bytes) -> Piece:
    text = begun + stream.read(SIZE_LIMIT_BYTES + 1 - min(len(begun), SIZE_LIMIT_BYTES))
    if len(text) > SIZE_LIMIT_BYTES:
        return Piece(file=file, trouble=Trouble(code="snapshot-large"), is_last=True)
    if text.startswith(_UTF16):
        return Piece(file=file, trouble=Trouble(code="utf16"), is_last=True)
    return Piece(file=file, text=text.removeprefix(codecs.BOM_UTF8), is_last=True)


def _lines(
    file: Spot, stream: _Stream, archive: _Archive | None, whole: Span | None
) -> Iterator[Piece]:
    """Yield the lines, many at once; for one that is too long, a piece with that problem."""
    piece = partial(Piece, file=file, has_lines=True)
    first = stream.readline(SIZE_LIMIT_BYTES + 1)
    if first.startswith(_UTF16):
        yield piece(trouble=Trouble(code="utf16"), is_last=True)
        return
    start, first = len(first), first.removeprefix(codecs.BOM_UTF8)
    if first.strip() == b"{":  # one document on many lines
        yield _whole(file, stream, first)
        return
    if whole is not None and first.endswith(b"\n"):
        yield piece(text=first)
        first = b""
        yield from (piece(span=span) for span in _spans(stream, start, whole))
    read = skipped = 0
    while first or (first := stream.read1(_AT_ONCE)):
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


def _spans(stream: _Stream, start: int, whole: Span) -> Iterator[Span]:
    """Yield spans of many lines, not read here; stop before the last lines or a too long one."""
    while start + _SPAN < whole.size:
        stream.seek(start + _SPAN)
        rest = stream.readline(SIZE_LIMIT_BYTES + 1)
        if not rest.endswith(b"\n"):
            break
        span = Span(start=start, size=_SPAN + len(rest), node=whole.node)
        yield span
        start += span.size
    stream.seek(start)


def _to_the_end_of_a_line(begun: bytes, stream: _Stream) -> tuple[bytes, bytes]:
    """Return whole lines, and the beginning of a last line if that is too long."""
    end = begun.rfind(b"\n") + 1
    if end == len(begun):
        return begun, b""
    rest = stream.readline(SIZE_LIMIT_BYTES + 1)
    if len(begun) - end + len(rest) - rest.endswith(b"\n") > SIZE_LIMIT_BYTES:
        return begun[:end], begun[end:] + rest
    return begun + rest, b""
