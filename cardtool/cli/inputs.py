# SPDX-License-Identifier: Apache-2.0
"""What is named on the command line, read or refused: saved snapshots and PKCS#11 modules."""

import codecs
import logging
import sys
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import BinaryIO

import msgspec

from cardtool import regularfile
from cardtool.cli.refusal import Refusal, words
from cardtool.model.snapshot import (
    SIZE_LIMIT_BYTES,
    Failure,
    NewerError,
    Snapshot,
    SnapshotError,
    decode,
)
from cardtool.views.harmless import escape

STANDARD_INPUT = "-"

_LOG = logging.getLogger(__name__)

_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)

_MODULE_REFUSALS = {
    "ENOENT": "module-missing",
    "EISDIR": "module-folder",
    "EINVAL": "module-not-file",
    "ENOEXEC": "module-not-library",
}


class _Envelope(msgspec.Struct, frozen=True, kw_only=True):
    """A document that holds a snapshot: a saved diagnosis, a described desk."""

    snapshot: msgspec.Raw = msgspec.Raw()


def read_snapshot(file: str) -> Snapshot:
    """Read a snapshot, or that of a saved diagnosis, from a file or standard input.

    Raises:
        Refusal: it cannot be read, or is not a snapshot.
    """
    _LOG.debug("reading %s", "standard input" if file == STANDARD_INPUT else escape(file))
    try:
        with _opened(file) as stream:
            body = stream.read(SIZE_LIMIT_BYTES + 1)
    except OSError as error:
        reason = error.strerror or str(error)
        raise Refusal(code="snapshot-unreadable", file=_name(file), reason=reason) from error
    if len(body) > SIZE_LIMIT_BYTES:
        raise Refusal(code="snapshot-large", file=_name(file), limit=SIZE_LIMIT_BYTES)
    if body.startswith(_UTF16):
        raise Refusal(code="utf16", file=_name(file))
    body = body.removeprefix(codecs.BOM_UTF8)
    try:
        return decode(_inner(body) or body)
    except NewerError as error:
        raise Refusal(code="snapshot-newer", file=_name(file)) from error
    except SnapshotError as error:
        raise Refusal(code="snapshot-broken", file=_name(file), reason=str(error)) from error


def usable_module(path: str) -> str:
    """Return the absolute path of a module that this process could load.

    Raises:
        Refusal: it is none.
    """
    from cardtool.probe import host  # noqa: PLC0415 - `diagnose` looks at nothing
    from cardtool.probe.binary import read_library  # noqa: PLC0415

    try:
        path.encode()
    except UnicodeEncodeError as error:
        raise Refusal(code="module-name", module=path) from error
    library, machine = read_library(path), host.look()
    if isinstance(library, Failure):
        code = _MODULE_REFUSALS.get(library.name, "module-unreadable")
        raise Refusal(code=code, module=path, reason=library.detail)
    if library.bits != machine.bits and machine.machine not in library.machines:
        raise Refusal(
            code="module-bits",
            module=path,
            bits=library.bits,
            machines=", ".join(library.machines),
            own_bits=machine.bits,
            own_machine=machine.machine,
        )
    return str(Path(path).absolute())  # a link stays one: its name tells which module it is


def _opened(file: str) -> AbstractContextManager[BinaryIO]:
    return nullcontext(sys.stdin.buffer) if file == STANDARD_INPUT else regularfile.opened(file)


def _name(file: str) -> str:
    return words().label("standard-input") if file == STANDARD_INPUT else file


def _inner(body: bytes) -> bytes:
    """Return the snapshot inside a document, empty where there is none."""
    try:
        return bytes(msgspec.json.decode(body, type=_Envelope).snapshot)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return b""
