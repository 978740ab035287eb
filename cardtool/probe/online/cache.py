# SPDX-License-Identifier: Apache-2.0
"""Keeps revocation lists and issuers' certificates in a folder of the user until they expire.

`CARDTOOL_CACHE` names another folder; if it is empty, nothing is kept. Whatever is found in it is
verified again as if the network had brought it, so a damaged or forged file gains nothing.
"""

import hashlib
import os
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from cardtool import files, places

_LIMIT_BYTES = 64 * 1024 * 1024  # of the whole folder; the oldest files go first


class _Head(msgspec.Struct, frozen=True, kw_only=True):
    """The first line of a file; the bytes themselves follow."""

    url: str
    until: datetime
    sha256: str


_HEAD = msgspec.json.Decoder(_Head)


def recall(url: str) -> bytes | None:
    """Return what is kept of an address, if it is still valid."""
    # TypeError: a time without a zone
    with suppress(OSError, ValueError, TypeError, RecursionError):
        if file := _file(url):
            head, _, body = files.read_own(file, _LIMIT_BYTES).partition(b"\n")
            kept = _HEAD.decode(head)
            is_whole = kept.url == url and kept.sha256 == hashlib.sha256(body).hexdigest()
            if is_whole and kept.until > datetime.now(UTC):
                return body
            file.unlink()
    return None


def remember(url: str, body: bytes, until: datetime) -> None:
    """Keep what an address gave; if that fails, it is fetched again the next time."""
    with suppress(OSError):
        if (file := _file(url)) is None or len(body) > _LIMIT_BYTES:
            return
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        head = _Head(url=url, until=until, sha256=hashlib.sha256(body).hexdigest())
        files.write(file, [msgspec.json.encode(head), b"\n", body])
        total = 0
        for kept in sorted(file.parent.iterdir(), key=lambda kept: -kept.stat().st_mtime):
            total += kept.stat().st_size
            if total > _LIMIT_BYTES:
                kept.unlink(missing_ok=True)


def forget(url: str) -> None:
    """Remove what turned out to be useless."""
    with suppress(OSError):
        if file := _file(url):
            file.unlink(missing_ok=True)


def _file(url: str) -> Path | None:
    named = os.environ.get("CARDTOOL_CACHE")
    if named == "":
        return None
    folder = Path(named or places.folder("user_cache")) / "online"
    return folder / hashlib.sha256(url.encode()).hexdigest()
