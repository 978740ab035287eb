# SPDX-License-Identifier: Apache-2.0
"""The snapshot inside a saved diagnosis or a described workstation."""

from contextlib import suppress

import msgspec

from cardtool.model.snapshot import Snapshot, SnapshotError, decode


class _Document(msgspec.Struct, frozen=True, kw_only=True):
    snapshot: msgspec.Raw = msgspec.Raw()


_DOCUMENT = msgspec.json.Decoder(_Document)


def inside(body: bytes) -> tuple[bytes, Snapshot]:
    """Read a snapshot, or the one inside a document, and return its text too.

    Raises:
        SnapshotError: there is none.
    """
    try:
        return body, decode(body)
    except SnapshotError:
        with suppress(msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            if text := bytes(_DOCUMENT.decode(body).snapshot):
                return text, decode(text)
        raise
