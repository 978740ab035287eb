# SPDX-License-Identifier: Apache-2.0
"""A piece of what is imported: the text of one snapshot, or many lines with a snapshot each."""

import errno
import os

import msgspec

from cardtool.fleet.importing.folders import Spot, opened


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


def _read(spot: Spot, span: Span) -> bytes:
    with open(opened(spot), "rb") as stream:  # noqa: PTH123 - it is open
        about = os.fstat(stream.fileno())
        stream.seek(span.start)
        text = stream.read(span.size)
        if (about.st_dev, about.st_ino) != span.node or len(text) < span.size:
            raise OSError(errno.ESTALE, os.strerror(errno.ESTALE))
        return text
