# SPDX-License-Identifier: Apache-2.0
"""Where output goes: a terminal of any encoding, a pipe that closes, a file written whole.

Knows nothing of cards: text and bytes in, no layout and no judgement.
"""

import codecs
import os
import unicodedata
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import TextIO

_PLAIN = str.maketrans(
    {
        "\u0131": "i", "\u00a0": " ", "\u00b7": "-", "\u00d7": "x", "\u2010": "-", "\u2011": "-",
        "\u2012": "-", "\u2013": "-", "\u2014": "-", "\u2018": "'", "\u2019": "'", "\u201c": '"',
        "\u201d": '"', "\u2022": "*", "\u2026": "...", "\u2192": "->", "\u2212": "-", "\u2500": "-",
    }
)  # fmt: skip
"""What stands for a character where the console's code page lacks it."""


class ClosedPipeError(Exception):
    """Whoever read the output has stopped reading."""


def _transliterated(error: UnicodeError) -> tuple[str | bytes, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    text = unicodedata.normalize("NFKD", error.object[error.start : error.end].translate(_PLAIN))
    letters = "".join(each for each in text.translate(_PLAIN) if not unicodedata.combining(each))
    return letters.encode("ascii", "replace").decode("ascii"), error.end


def _json_escaped(error: UnicodeError) -> tuple[str | bytes, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    units = error.object[error.start : error.end].encode("utf-16-be", "surrogatepass")
    pairs = (units[place : place + 2].hex() for place in range(0, len(units), 2))
    return "".join(f"\\u{pair}" for pair in pairs), error.end


codecs.register_error("cardtool-transliterate", _transliterated)
codecs.register_error("cardtool-json", _json_escaped)


def can_encode(text: str, stream: TextIO) -> bool:
    """Say whether a stream's encoding has all of these characters."""
    try:
        text.encode(stream.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def write(parts: Iterable[str], stream: TextIO, *, is_json: bool = False) -> None:
    """Write texts as they come; what the encoding lacks is spelt with what it has.

    JSON is escaped instead, so that every encoding carries all of it.

    Raises:
        ClosedPipeError: the reader has gone; nothing more can be written.
    """
    errors = "cardtool-json" if is_json else "cardtool-transliterate"
    encoding = stream.encoding or "ascii"
    try:
        stream.writelines(part.encode(encoding, errors).decode(encoding) for part in parts)
        stream.flush()
    except BrokenPipeError as error:
        _let_go(stream)
        raise ClosedPipeError from error


def write_bytes(body: bytes, stream: TextIO) -> None:
    """Write bytes as they are to a stream's own buffer.

    Raises:
        ClosedPipeError: the reader has gone.
    """
    try:
        stream.flush()
        stream.buffer.write(body)
        stream.buffer.flush()
    except BrokenPipeError as error:
        _let_go(stream)
        raise ClosedPipeError from error


def write_file(path: Path, body: bytes) -> None:
    """Write a file whole or not at all, readable by its owner only.

    A link keeps pointing where it points; a device or a pipe is written to as it is.

    Raises:
        OSError: it could not be written; what was there before is untouched.
    """
    import tempfile  # noqa: PLC0415 - what is not written to a file should not wait for it

    place = path.resolve()
    if place.exists() and not place.is_file():
        place.write_bytes(body)
        return
    handle, draft = tempfile.mkstemp(prefix=".cardtool-", dir=place.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(body)
            file.flush()
            os.fsync(file.fileno())
        Path(draft).replace(place)
    except BaseException:
        with suppress(OSError):
            Path(draft).unlink()
        raise


def _let_go(stream: TextIO) -> None:
    """Point the stream at nothing, so that the interpreter's last flush stays quiet."""
    with suppress(OSError, ValueError), Path(os.devnull).open("wb") as nothing:
        os.dup2(nothing.fileno(), stream.fileno())
