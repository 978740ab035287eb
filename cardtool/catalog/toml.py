# SPDX-License-Identifier: Apache-2.0
"""Reads TOML: the files of the catalogue, and those that a person wrote.

The callers know what the keys mean.
"""

import codecs
import pkgutil
import re
import stat
import tomllib
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from cardtool.model.refused import Refused

_T = TypeVar("_T")

_SIZE_LIMIT_BYTES = 64 * 1024
_DOTS_LIMIT = 100
"""Dots of one line, a row of dots counted once: tomllib's time grows with their square."""

_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def shipped(name: str, kind: type[_T]) -> _T:
    """Return what a file of the catalogue holds; `name` is its path below this folder."""
    # importlib.resources does the same and costs every start 8 ms more (Python 3.11, Debian 12).
    body = pkgutil.get_data(__package__, name) or b""
    return msgspec.convert(tomllib.loads(body.decode()), kind)


def rows(name: str, kind: type[_T]) -> tuple[_T, ...]:
    """Return the rows of a file of the catalogue that holds one kind of rows alone."""
    (found,) = shipped(name, dict[str, tuple[kind, ...]]).values()  # type: ignore[valid-type]
    return found


def handwritten(path: Path) -> dict[str, Any]:
    """Return what stands in a file that a person wrote.

    Raises:
        FileNotFoundError: there is none.
        Refused: it is no file of text in TOML, or may not be read.
    """
    where = str(path)
    try:
        body = _body(path)
    except (FileNotFoundError, Refused):
        raise
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise Refused(code="file-unreadable", file=where, reason=reason) from error
    if len(body) > _SIZE_LIMIT_BYTES:
        raise Refused(code="file-large", file=where, limit=_SIZE_LIMIT_BYTES)
    if body.startswith(_UTF16):
        raise Refused(code="utf16", file=where)
    try:
        text = body.removeprefix(codecs.BOM_UTF8).decode()
        for number, line in enumerate(text.split("\n"), 1):
            if len(re.findall(r"\.+", line)) > _DOTS_LIMIT:
                reason = f"more than {_DOTS_LIMIT} dots (at line {number})"
                raise Refused(code="file-syntax", file=where, reason=reason)
        return tomllib.loads(text)
    except UnicodeDecodeError as error:
        wrong_line = body[: error.start].count(b"\n") + 1
        raise Refused(code="file-encoding", file=where, line=wrong_line) from error
    except (ValueError, RecursionError) as error:
        raise Refused(code="file-syntax", file=where, reason=str(error)) from error


def _body(path: Path) -> bytes:
    if not stat.S_ISREG(path.stat().st_mode):  # opening a pipe would wait for its other end
        raise Refused(code="file-not-file", file=str(path))
    with path.open("rb") as file:
        return file.read(_SIZE_LIMIT_BYTES + 1)
