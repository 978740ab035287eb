# SPDX-License-Identifier: Apache-2.0
"""From the texts of snapshots to the rows of the tables; runs in the processes that judge."""

import msgspec

from cardtool.fleet.columns import (
    CertificateRow,
    SnapshotRow,
    UnfitError,
    WorkstationRow,
    columns,
    identity_of,
)
from cardtool.fleet.importing.deadline import LateError, deadline
from cardtool.fleet.importing.files import Piece
from cardtool.fleet.pool import current_terms
from cardtool.fleet.store.bodies import pack
from cardtool.model.origin import IdentityPolicy
from cardtool.model.snapshot import SIZE_LIMIT_BYTES, NewerError, Snapshot, SnapshotError, decode


class Trouble(msgspec.Struct, frozen=True, kw_only=True):
    """Why a text cannot be taken in: the code of a refusal, and what the decoder said."""

    code: str
    detail: str = ""
    text: bytes = b""


class Rows(msgspec.Struct, kw_only=True):
    """What becomes of a block of texts."""

    places: list[int] = []
    """Which of the texts each row is of: `workstations` and `snapshots` have one for each."""
    counts: list[int] = []
    """How many texts each piece has, empty ones among them."""
    lost: dict[int, OSError] = {}
    """Pieces that could not be read."""
    workstations: list[WorkstationRow] = []
    snapshots: list[SnapshotRow] = []
    certificates: list[tuple[CertificateRow, ...]] = []
    """Those of each snapshot."""
    troubles: dict[int, Trouble] = {}
    unread: dict[int, int] = {}
    """By piece, how many more of its texts are counted as bad, for most that were read are."""

    def key(self, number: int) -> str:
        """Return what tells the workstation of a row from others."""
        return self.workstations[number].host_key


class _Document(msgspec.Struct, frozen=True, kw_only=True):
    """A document that holds a snapshot: a saved diagnosis, a described desk."""

    snapshot: msgspec.Raw = msgspec.Raw()


MOST_TROUBLES = 1000
"""Of one piece: where so many lines are no snapshots, and few are, the rest is not read."""

_STRICTER = tuple(IdentityPolicy)
"""In the order in which they are declared: each says less than the one before."""


def rows_of(pieces: list[Piece]) -> Rows:
    """Judge a block; rows are in the order of the texts, and an empty one stands for nothing."""
    rows = Rows()
    first = 0
    for number, piece in enumerate(pieces):
        try:
            texts = [] if piece.problem else piece.texts()
        except OSError as error:
            rows.lost[number] = error
            texts = []
        if unread := _judge(rows, texts, first):
            rows.unread[number] = unread
        rows.counts.append(len(texts))
        first += len(texts)
    return rows


def _judge(rows: Rows, texts: list[bytes], first: int) -> int:
    """Judge the texts of a piece, and return how many were left unread."""
    good, bad = len(rows.places), len(rows.troubles)
    for place, text in enumerate(texts, first):
        if not text:
            continue
        troubles = len(rows.troubles) - bad
        if troubles >= MOST_TROUBLES and troubles > len(rows.places) - good:
            return sum(map(bool, texts[place - first :]))
        if trouble := _add(rows, place, text):
            rows.troubles[place] = trouble
    return 0


def _add(rows: Rows, place: int, text: bytes) -> Trouble | None:
    """Add the rows of a text, or return why it has none."""
    terms = current_terms()
    if len(text) > SIZE_LIMIT_BYTES:
        return Trouble(code="snapshot-large", text=text)
    try:
        kept, snapshot = _read(text)
        with deadline(terms.limit_s):
            made = columns(snapshot, terms.at, terms.policy)
    except (LateError, NewerError) as error:
        is_late = isinstance(error, LateError)
        return Trouble(code="import-late" if is_late else "snapshot-newer", text=text)
    except UnfitError as error:
        return Trouble(code=error.code, text=text)
    except SnapshotError as error:
        return Trouble(code="snapshot-broken", detail=str(error), text=text)
    if identity_of(snapshot) in _STRICTER[: _STRICTER.index(terms.identity)]:
        return Trouble(code="import-identity", text=text)
    row = SnapshotRow(taken_us=made.workstation.taken_us, schema=snapshot.schema, body=pack(kept))
    rows.places.append(place)
    rows.workstations.append(made.workstation)
    rows.snapshots.append(row)
    rows.certificates.append(made.certificates)
    return None


def joined(blocks: list[Rows]) -> Rows:
    """Join blocks."""
    whole = Rows()
    first = 0
    for rows in blocks:
        whole.places += [first + place for place in rows.places]
        whole.lost.update({len(whole.counts) + at: what for at, what in rows.lost.items()})
        whole.unread.update({len(whole.counts) + at: what for at, what in rows.unread.items()})
        whole.counts += rows.counts
        whole.workstations += rows.workstations
        whole.snapshots += rows.snapshots
        whole.certificates += rows.certificates
        whole.troubles.update({first + at: what for at, what in rows.troubles.items()})
        first += sum(rows.counts)
    return whole


def _read(text: bytes) -> tuple[bytes, Snapshot]:
    """Read a snapshot, or the one inside a document, and return its text too.

    Raises:
        SnapshotError: it is none.
    """
    try:
        return text, decode(text)
    except SnapshotError:
        if not (inner := _inner(text)):
            raise
        return inner, decode(inner)


def _inner(text: bytes) -> bytes:
    """Return the snapshot inside a document; empty: there is none."""
    try:
        return bytes(msgspec.json.decode(text, type=_Document).snapshot)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return b""
