# SPDX-License-Identifier: Apache-2.0
"""`cardtool diagnose`: judges saved snapshots, and refuses files that hold none."""

import codecs
import logging
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from typing import BinaryIO

import click

from cardtool.cli.asked import Asked, settings
from cardtool.cli.judging import judge
from cardtool.cli.options import AT, KEEP, OUTPUT, SHOWING, PathName
from cardtool.cli.refusal import UNKNOWN, Refusal
from cardtool.cli.showing import show
from cardtool.files import opened
from cardtool.model.diagnosis import Diagnosis
from cardtool.model.snapshot import (
    SIZE_LIMIT_BYTES,
    NewerError,
    Snapshot,
    SnapshotError,
    inside,
)
from cardtool.probe import pasted
from cardtool.views.harmless import escape

_STANDARD_INPUT = "-"
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)

_LOG = logging.getLogger(__name__)


@click.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE...", type=PathName())
@settings(OUTPUT, *SHOWING, AT, KEEP)
def diagnose(asked: Asked, files: tuple[str, ...]) -> int:
    """Judge saved snapshots or diagnoses; needs no reader.  FILE may be - for standard input.

    It may be a certificate too (DER, PEM, PKCS#7), or what pcsc_scan, opensc-tool, pkcs11-tool -L
    or certutil -scinfo printed: what these do not show stays unknown.
    """
    if files.count(_STANDARD_INPUT) > 1:
        asked.misuse("standard input can be read once: name - once.")
    refused = []

    def judged() -> Iterator[Diagnosis]:
        for file in files:
            try:
                yield judge(asked, _read_snapshot(asked, file))
            except Refusal as refusal:
                refusal.show()
                refused.append(refusal)

    status = show(asked, judged(), titled=len(files) > 1)
    return UNKNOWN if refused else status


def _read_snapshot(asked: Asked, file: str) -> Snapshot:
    """Read a snapshot, or that of a saved diagnosis, from a file or standard input.

    Raises:
        Refusal: it cannot be read, or is not a snapshot.
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
    if body[:1] != b"{" and (made := pasted.read(body, asked.moment)):
        return made
    if body.startswith(_UTF16):
        raise Refusal(code="utf16", file=name)
    body = body.removeprefix(codecs.BOM_UTF8)
    try:
        return inside(body)[1]
    except NewerError as error:
        raise Refusal(code="snapshot-newer", file=name) from error
    except SnapshotError as error:
        raise Refusal(code="snapshot-broken", file=name, reason=str(error)) from error


def _opened(file: str) -> AbstractContextManager[BinaryIO]:
    return nullcontext(sys.stdin.buffer) if file == _STANDARD_INPUT else opened(file)
