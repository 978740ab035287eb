# SPDX-License-Identifier: Apache-2.0
"""Reads the saved snapshots that are named on the command line, or refuses them."""

import codecs
import logging
import sys
from contextlib import AbstractContextManager, nullcontext
from typing import BinaryIO

from cardtool import files
from cardtool.cli.asked import Asked
from cardtool.cli.refusal import Refusal
from cardtool.model.snapshot import (
    SIZE_LIMIT_BYTES,
    NewerError,
    Snapshot,
    SnapshotError,
    inside,
)
from cardtool.views.harmless import escape

STANDARD_INPUT = "-"

_LOG = logging.getLogger(__name__)

_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def read_snapshot(asked: Asked, file: str) -> Snapshot:
    """Read a snapshot, or that of a saved diagnosis, from a file or standard input.

    Raises:
        Refusal: it cannot be read, or is not a snapshot.
    """
    name = asked.text.label("standard-input") if file == STANDARD_INPUT else file
    _LOG.debug("reading %s", "standard input" if file == STANDARD_INPUT else escape(file))
    try:
        with _opened(file) as stream:
            body = stream.read(SIZE_LIMIT_BYTES + 1)
    except OSError as error:
        reason = error.strerror or str(error)
        raise Refusal(code="snapshot-unreadable", file=name, reason=reason) from error
    if len(body) > SIZE_LIMIT_BYTES:
        raise Refusal(code="snapshot-large", file=name, limit=SIZE_LIMIT_BYTES)
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
    return nullcontext(sys.stdin.buffer) if file == STANDARD_INPUT else files.opened(file)
