# SPDX-License-Identifier: Apache-2.0
"""Reads a TOML file that a person wrote, and says what keeps it from being read.

What its keys mean is for those who asked for it.
"""

import codecs
import stat
import tomllib
from pathlib import Path
from typing import Any

_SIZE_LIMIT_BYTES = 1024 * 1024
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class HandwrittenError(ValueError):
    """A file that cannot be used: the code of a refusal, and its facts."""

    def __init__(self, *, code: str, **facts: str | int) -> None:
        """Say which sentence of `[refusal]` is meant, and what goes into it."""
        super().__init__(code, facts)
        self.code = code
        self.facts = facts


def read(path: Path) -> dict[str, Any]:
    """Return what stands in a file.

    Raises:
        FileNotFoundError: there is none.
        HandwrittenError: it is no file of text in TOML, or may not be read.
    """
    where = str(path)
    try:
        body = _body(path)
    except FileNotFoundError:
        raise
    except (OSError, ValueError) as error:
        if isinstance(error, HandwrittenError):
            raise
        reason = getattr(error, "strerror", None) or str(error)
        raise HandwrittenError(code="file-unreadable", file=where, reason=reason) from error
    if len(body) > _SIZE_LIMIT_BYTES:
        raise HandwrittenError(code="file-large", file=where, limit=_SIZE_LIMIT_BYTES)
    if body.startswith(_UTF16):
        raise HandwrittenError(code="utf16", file=where)
    try:
        return tomllib.loads(body.removeprefix(codecs.BOM_UTF8).decode())
    except UnicodeDecodeError as error:
        line = body[: error.start].count(b"\n") + 1
        raise HandwrittenError(code="file-encoding", file=where, line=line) from error
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise HandwrittenError(code="file-syntax", file=where, reason=str(error)) from error


def _body(path: Path) -> bytes:
    if not stat.S_ISREG(path.stat().st_mode):  # opening a pipe would wait for its other end
        raise HandwrittenError(code="file-not-file", file=str(path))
    with path.open("rb") as file:
        return file.read(_SIZE_LIMIT_BYTES + 1)
