# SPDX-License-Identifier: Apache-2.0
"""From the texts of snapshots to the rows of the tables; runs in a process of its own.

A process is told once for which moment and by which policy it judges (`start`).
"""

import gc
import os
import signal
import threading
from datetime import datetime
from multiprocessing import parent_process

import msgspec

from cardtool.fleet.bodies import pack
from cardtool.fleet.intake import Piece
from cardtool.fleet.judging import STATION, Row, UnfitError, judge
from cardtool.fleet.shapes import Shapes
from cardtool.model.origin import IdentityPolicy
from cardtool.model.snapshot import SIZE_LIMIT_BYTES, NewerError, SnapshotError, decode
from cardtool.rules.policy import Policy

_KEY, _TAKEN = map(STATION.index, ("host_key", "taken_us"))


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
    workstations: list[Row] = []
    snapshots: list[Row] = []
    """taken_us, schema, body."""
    certificates: list[tuple[Row, ...]] = []
    """Those of each snapshot."""
    troubles: dict[int, Trouble] = {}
    unread: dict[int, int] = {}
    """By piece, how many more of its texts are counted as bad, for most that were read are."""

    def key(self, number: int) -> str:
        """Return what tells the workstation of a row from others."""
        found: str = self.workstations[number][_KEY]
        return found


class _Document(msgspec.Struct, frozen=True, kw_only=True):
    """A document that holds a snapshot: a saved diagnosis, a described desk."""

    snapshot: msgspec.Raw = msgspec.Raw()


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """How looks are judged, and which are taken."""

    at: datetime
    policy: Policy
    identity: IdentityPolicy = IdentityPolicy.FULL
    """A look that says more of people is not taken."""


MOST_TROUBLES = 1000
"""Of one piece: where so many lines are no snapshots, and few are, the rest is not read."""

_LARGEST_SHAPE = 128 * 1024
"""Bytes of a text whose shape is worth remembering; a real one is under 100 kB."""

_TOLD: list[tuple[Shapes, IdentityPolicy]] = []

_STRICTER = tuple(IdentityPolicy)
"""In the order in which they are declared: each says less than the one before."""


def start(terms: Terms) -> None:
    """Say for which moment and by which policy this process judges from here on."""
    _TOLD[:] = [(Shapes(terms.at, terms.policy), terms.identity)]


def start_process(terms: Terms) -> None:
    """Begin a process that does nothing else: it makes no cycles, so none are looked for.

    It ends with the one that began it, however that ends, and not by a key that is meant for that.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    gc.disable()
    if not _TOLD:  # else it is a copy of one that knows
        start(terms)


def _end_with_parent() -> None:
    if (parent := parent_process()) is not None:
        parent.join()
        os._exit(1)


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
    ((shapes, identity),) = _TOLD
    if len(text) > SIZE_LIMIT_BYTES:
        return Trouble(code="snapshot-large", text=text)
    try:
        kept, line = text, shapes.line(text) if len(text) <= _LARGEST_SHAPE else None
        if line is None:
            kept = _inner(text)  # the snapshot alone
            line = judge(decode(kept), shapes.at, shapes.policy)
    except NewerError:
        return Trouble(code="snapshot-newer", text=text)
    except UnfitError as error:
        return Trouble(code=error.code, text=text)
    except SnapshotError as error:
        return Trouble(code="snapshot-broken", detail=str(error), text=text)
    if line.identity in _STRICTER[: _STRICTER.index(identity)]:
        return Trouble(code="import-identity", text=text)
    station = line.workstation
    rows.places.append(place)
    rows.workstations.append(station)
    rows.snapshots.append((station[_TAKEN], line.schema, pack(kept)))
    rows.certificates.append(line.certificates)
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


def _inner(text: bytes) -> bytes:
    """Return the snapshot inside a document, or the text where it is none."""
    try:
        return bytes(msgspec.json.decode(text, type=_Document).snapshot) or text
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return text
