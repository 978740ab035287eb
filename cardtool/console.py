# SPDX-License-Identifier: Apache-2.0
"""Writes output: to a terminal of any encoding, to a pipe that may close, or to a whole file.

Knows nothing of cards, and lays nothing out.
"""

import codecs
import errno
import os
import re
import sys
import unicodedata
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TextIO

from cardtool import files

_PLAIN = str.maketrans(
    {
        "\u0131": "i", "\u00a0": " ", "\u00b7": "-", "\u00d7": "x", "\u2010": "-", "\u2011": "-",
        "\u2012": "-", "\u2013": "-", "\u2014": "-", "\u2018": "'", "\u2019": "'", "\u201c": '"',
        "\u201d": '"', "\u2022": "*", "\u2026": "...", "\u2192": "->", "\u2212": "-", "\u2500": "-",
    }
)  # fmt: skip
"""Replacements of characters that the console's encoding does not have."""


_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Characters that a terminal obeys or that change how others look. Source: UAX #44."""

_BEYOND_ASCII = re.compile(r"[^\n\x20-\x7e]")


class ClosedPipeError(Exception):
    """The program that read the output has stopped reading."""


def _transliterated(error: UnicodeError) -> tuple[str | bytes, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    text = unicodedata.normalize("NFKD", error.object[error.start : error.end].translate(_PLAIN))
    letters = "".join(
        letter for letter in text.translate(_PLAIN) if not unicodedata.combining(letter)
    )
    return letters.encode("ascii", "replace").decode("ascii"), error.end


def _units(text: str) -> str:
    r"""Return a text as JSON's \uXXXX, two for what lies beyond 16 bits. Source: RFC 8259 §7."""
    units = text.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[place : place + 2].hex()}" for place in range(0, len(units), 2))


codecs.register_error("cardtool-transliterate", _transliterated)


def can_encode(text: str, stream: TextIO) -> bool:
    """Say whether a stream's encoding has all of these characters."""
    try:
        text.encode(stream.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def visible_json(text: str) -> str:
    """Return JSON with everything hidden in it escaped, but for the line breaks of its layout."""
    return _BEYOND_ASCII.sub(
        lambda match: _units(match[0]) if unicodedata.category(match[0]) in _HIDDEN else match[0],
        text,
    )


def write(parts: Iterable[str], stream: TextIO) -> None:
    """Write texts for people part by part; replace letters that the encoding does not have.

    Raises:
        ClosedPipeError: the reader has gone; nothing more can be written.
    """
    encoding = stream.encoding or "ascii"
    with _read_by_somebody(stream):
        stream.writelines(
            part.encode(encoding, "cardtool-transliterate").decode(encoding) for part in parts
        )
        stream.flush()


def write_bytes(body: bytes, stream: TextIO) -> None:
    """Write bytes as they are to a stream's own buffer.

    Raises:
        ClosedPipeError: the reader has gone.
    """
    with _read_by_somebody(stream):
        stream.flush()
        stream.buffer.write(body)
        stream.buffer.flush()


@contextmanager
def _read_by_somebody(stream: TextIO) -> Iterator[None]:
    """Turn the error of a pipe without a reader into ours, and redirect the stream to nowhere.

    So the interpreter's last flush stays quiet. On Windows, Python reports such a pipe as an
    invalid argument. Source: CPython issue 79935.
    """
    try:
        yield
    except OSError as error:
        is_invalid = error.errno == errno.EINVAL and error.filename is None
        if not (isinstance(error, BrokenPipeError) or (sys.platform == "win32" and is_invalid)):
            raise
        with suppress(OSError, ValueError), Path(os.devnull).open("wb") as nothing:
            os.dup2(nothing.fileno(), stream.fileno())
        raise ClosedPipeError from error


def gathered(parts: Iterable[bytes], size_bytes: int = 1 << 16) -> Iterator[bytes]:
    """Yield the same bytes in fewer parts; all but the last have at least this size."""
    waiting = bytearray()
    for part in parts:
        waiting += part
        if len(waiting) >= size_bytes:
            yield bytes(waiting)
            waiting.clear()
    if waiting:
        yield bytes(waiting)


def write_file(path: Path, body: bytes | Iterable[bytes]) -> None:
    """Write a file whole or not at all, part by part, readable only by its owner.

    A pipe, a device, and an open descriptor such as /dev/stdout are written to directly.

    Raises:
        OSError: it could not be written; what was there before is untouched.
    """
    parts = (body,) if isinstance(body, bytes) else body
    if opened := files.outlet(path):
        with opened as outlet:
            outlet.writelines(parts)
    elif path.is_dir():  # also a link to one, which a file would replace
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    else:
        files.write(path, parts)
