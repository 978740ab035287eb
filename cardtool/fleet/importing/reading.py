# SPDX-License-Identifier: Apache-2.0
"""Turns the texts of snapshots into rows of the tables; runs in the processes that judge."""

import msgspec

from cardtool.fleet.columns import (
    CertificateRow,
    SnapshotRow,
    UnfitError,
    WorkstationRow,
    columns,
)
from cardtool.fleet.importing.deadline import LateError, deadline
from cardtool.fleet.importing.files import Piece
from cardtool.fleet.pool import Terms
from cardtool.fleet.store.bodies import pack
from cardtool.model.snapshot import SIZE_LIMIT_BYTES, NewerError, SnapshotError, inside
from cardtool.model.surroundings import IdentityPolicy


class Trouble(msgspec.Struct, frozen=True, kw_only=True):
    """Why a text cannot be imported: the code of a refusal, and the decoder's reason."""

    code: str
    detail: str = ""
    text: bytes = b""


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """The rows of the tables that one snapshot gives."""

    place: int
    """Place of its text among the texts of the piece."""
    workstation: WorkstationRow
    snapshot: SnapshotRow
    certificates: tuple[CertificateRow, ...]


class Judged(msgspec.Struct, kw_only=True):
    """The rows and the problems that the texts of a piece gave."""

    texts: int = 0
    """How many there are, empty ones among them."""
    rows: list[Row] = []
    troubles: dict[int, Trouble] = {}
    """By place among the texts."""
    unread: int = 0
    """Texts that were not read, and count as bad, because most texts before them are bad."""
    lost: OSError | None = None
    """Why the piece could not be read."""


MOST_TROUBLES = 1000
"""If this many lines of a piece are not snapshots, and most lines, the rest is not read."""

_CODES = {LateError: "import-late", NewerError: "snapshot-newer"}

_STRICTER = tuple(IdentityPolicy)
"""In the order of declaration: each policy lets less through than the one before."""


def judge(pieces: list[Piece], terms: Terms) -> list[Judged]:
    """Judge the texts of each piece; empty texts are skipped."""
    return [_judge(piece, terms) for piece in pieces]


def _judge(piece: Piece, terms: Terms) -> Judged:
    if piece.problem:
        return Judged()
    try:
        texts = piece.texts()
    except OSError as error:
        return Judged(lost=error)
    judged = Judged(texts=len(texts))
    for place, text in enumerate(texts):
        if not text:
            continue
        if len(judged.troubles) >= max(MOST_TROUBLES, len(judged.rows) + 1):
            judged.unread = sum(map(bool, texts[place:]))
            break
        result = _row(place, text, terms)
        if isinstance(result, Row):
            judged.rows.append(result)
        else:
            judged.troubles[place] = result
    return judged


def _row(place: int, text: bytes, terms: Terms) -> Row | Trouble:
    """Return the row of a text, or why there is none."""
    if len(text) > SIZE_LIMIT_BYTES:
        return Trouble(code="snapshot-large", text=text)
    try:
        kept, snapshot = inside(text)
        with deadline(terms.limit_s):
            made = columns(snapshot, terms.at, terms.policy)
    except UnfitError as error:
        return Trouble(code=error.code, text=text)
    except (LateError, SnapshotError) as error:
        code = _CODES.get(type(error), "snapshot-broken")
        return Trouble(code=code, detail=str(error), text=text)
    identity = snapshot.origin.identity if snapshot.origin else IdentityPolicy.FULL
    if identity in _STRICTER[: _STRICTER.index(terms.identity)]:
        return Trouble(code="import-identity", text=text)
    return Row(
        place=place,
        workstation=made.workstation,
        snapshot=SnapshotRow(
            taken_us=made.workstation.taken_us, schema=snapshot.schema, body=pack(kept)
        ),
        certificates=made.certificates,
    )
