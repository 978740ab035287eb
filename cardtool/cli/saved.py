# SPDX-License-Identifier: Apache-2.0
"""Reads files that were saved: snapshots, diagnoses, certificates, other programs' output."""

import codecs
import logging
import re
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from typing import BinaryIO

from cardtool.cli.asked import Asked
from cardtool.cli.refusal import Refusal
from cardtool.files import opened
from cardtool.model.snapshot import (
    SIZE_LIMIT_BYTES,
    NewerError,
    Snapshot,
    SnapshotError,
    decode_inside,
)
from cardtool.probe import pasted
from cardtool.probe.pasted.files import MOST, TooManyError
from cardtool.probe.pasted.files import kind as other_kind
from cardtool.views.harmless import escape

_STANDARD_INPUT = "-"
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)

_LOG = logging.getLogger(__name__)


def snapshots(asked: Asked, files: tuple[str, ...], refused: list[Refusal]) -> Iterator[Snapshot]:
    """Return what is in each file; of one that holds none, show why and add that to `refused`."""
    return (snapshot for _, snapshot in numbered(asked, files, refused))


def numbered(
    asked: Asked, files: tuple[str, ...], refused: list[Refusal]
) -> Iterator[tuple[int, Snapshot]]:
    """Return what is in each file, as `snapshots` does, with its place in their order, from 0."""
    if files.count(_STANDARD_INPUT) > 1:
        asked.misuse("standard input can be read once: name - once.")

    def read() -> Iterator[tuple[int, Snapshot]]:
        for number, file in enumerate(files):
            try:
                yield number, _snapshot(asked, file)
            except Refusal as refusal:
                refusal.show()
                refused.append(refusal)

    return read()


def _snapshot(asked: Asked, file: str) -> Snapshot:
    """Read a snapshot, that of a saved diagnosis, or what else `pasted` knows.

    Raises:
        Refusal: it cannot be read, or is none of them.
    """
    name = asked.text.label("standard-input") if file == _STANDARD_INPUT else file
    _LOG.debug("reading %s", "standard input" if file == _STANDARD_INPUT else escape(file))
    try:
        with _opened(file) as stream:
            body = stream.read(SIZE_LIMIT_BYTES + 1)
    except OSError as error:
        reason = error.strerror or str(error)
        raise Refusal(code="snapshot-unreadable", file=name, reason=reason) from error
    if len(body) > SIZE_LIMIT_BYTES:
        raise Refusal(code="snapshot-large", file=name, limit=SIZE_LIMIT_BYTES)
    try:
        if body[:1] != b"{" and (snapshot := pasted.read(body, asked.moment)):
            return snapshot
    except TooManyError as error:
        raise Refusal(code="certificates-many", file=name, limit=MOST) from error
    if body.startswith(_UTF16):  # as PowerShell writes what `>` sends to a file
        body = body.decode("utf-16", "replace").encode()
    body = body.removeprefix(codecs.BOM_UTF8)
    if not body.lstrip().startswith(b"{"):
        raise _other(asked, body, name)
    try:
        return decode_inside(body)[1]
    except NewerError as error:
        raise Refusal(code="snapshot-newer", file=name) from error
    except SnapshotError as error:
        raise Refusal(code="snapshot-broken", file=name, reason=str(error)) from error


def _other(asked: Asked, body: bytes, name: str) -> Refusal:
    """Return what is said of a file that holds nothing that is judged."""
    if not body.strip():
        return Refusal(code="file-empty", file=name)
    if program := pasted.program(body):
        return Refusal(code="file-program", file=name, program=program)
    if kind := other_kind(body):
        return Refusal(code="file-other", file=name, kind=asked.text.label(f"file-{kind}"))
    return Refusal(
        code="pem-broken" if re.search(rb"-BEGIN|BEGIN CERT", body) else "file-unknown", file=name
    )


def _opened(file: str) -> AbstractContextManager[BinaryIO]:
    return nullcontext(sys.stdin.buffer) if file == _STANDARD_INPUT else opened(file)
