# SPDX-License-Identifier: Apache-2.0
"""Reads a TOML file that a person wrote, and says what keeps it from being read.

The callers know what its keys mean.
"""

import codecs
import re
import stat
import tomllib
from pathlib import Path
from typing import Any

from cardtool.model.refused import Refused

_SIZE_LIMIT_BYTES = 64 * 1024
_DOTS_LIMIT = 100
"""Dots of one line, a row of them counted once: tomllib takes the square of a key's parts."""

_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def read(path: Path) -> dict[str, Any]:
    """Return what stands in a file.

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
        return tomllib.loads(_shallow(body.removeprefix(codecs.BOM_UTF8).decode()))
    except UnicodeDecodeError as error:
        line = body[: error.start].count(b"\n") + 1
        raise Refused(code="file-encoding", file=where, line=line) from error
    except (ValueError, RecursionError) as error:
        raise Refused(code="file-syntax", file=where, reason=str(error)) from error


def _shallow(text: str) -> str:
    for number, line in enumerate(text.split("\n"), 1):
        if len(re.findall(r"\.+", line)) > _DOTS_LIMIT:
            reason = f"more than {_DOTS_LIMIT} dots (at line {number})"
            raise ValueError(reason)
    return text


def _body(path: Path) -> bytes:
    if not stat.S_ISREG(path.stat().st_mode):  # opening a pipe would wait for its other end
        raise Refused(code="file-not-file", file=str(path))
    with path.open("rb") as file:
        return file.read(_SIZE_LIMIT_BYTES + 1)
