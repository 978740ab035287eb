# SPDX-License-Identifier: Apache-2.0
"""Turns the texts of snapshots into rows of the tables, block by block, in several processes.

The processes start before the database is opened. They do not need it, and a forked process must
not hold a copy of a connection.
"""

import signal
import sys
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from itertools import chain, islice
from pathlib import Path
from types import FrameType

import msgspec
from msgspec.structs import replace

from cardtool.fleet.columns import Columns, SnapshotRow, columns
from cardtool.fleet.importing.files import STANDARD_INPUT, pieces
from cardtool.fleet.importing.pieces import Piece, Trouble
from cardtool.fleet.pool import AHEAD, end, results, started, usual_number
from cardtool.fleet.store.bodies import pack
from cardtool.model.refused import Refused
from cardtool.model.snapshot import SIZE_LIMIT_BYTES, NewerError, SnapshotError, decode_inside
from cardtool.model.surroundings import IdentityPolicy
from cardtool.rules.renewal import Policy

_BLOCK = 1000
"""Files that are judged together, or pieces of one."""
_BLOCK_BYTES = 1 << 20

MOST_TROUBLES = 1000
"""If this many lines of a piece are not snapshots, and most lines, the rest is not read."""

_STRICTER = tuple(IdentityPolicy)
"""In the order of declaration: each policy lets less through than the one before."""


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """How snapshots are judged, which are accepted, and where others go."""

    at: datetime
    policy: Policy
    identity: IdentityPolicy = IdentityPolicy.FULL
    """A snapshot that says more about people is rejected."""
    limit_s: float = 20.0
    """Seconds of processor time for one snapshot; one that takes longer is rejected."""
    rejected: Path | None = None
    """The folder for rejected files, which is not read; None: one beside each file."""


class Row(Columns, frozen=True, kw_only=True):
    """The rows of the tables that one snapshot gives."""

    place: int
    """Place of its text among the texts of the piece."""
    snapshot: SnapshotRow


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


class Block(msgspec.Struct, kw_only=True):
    """Snapshots that are judged together, and how many files were passed over meanwhile."""

    pieces: list[Piece] = []
    size: int = 0
    passed_over: int = 0
    """Files that were not read: links, devices, other names."""


JudgedBlock = tuple[Block, list[Judged]]
"""A block, with what became of each of its pieces."""


@contextmanager
def judged_blocks(
    paths: Iterable[Path], terms: Terms, processes: int | None = None
) -> Iterator[Iterator[JudgedBlock]]:
    """Give the blocks of files and folders as they are judged, in order; then end the processes.

    A single block is judged in this process.
    """
    number = usual_number() if processes is None else processes
    blocks, work = _blocks(pieces(paths, terms.rejected)), partial(judge, terms=terms)
    known, pool = list(islice(blocks, 2 if number else 0)), None
    if len(known) > 1:
        work(known[0].pieces[:1])  # loads the modules once, before this process is copied
        pool = started(number, copied=True)
    tasks = ((_without_texts(block), block.pieces) for block in chain(known, blocks))
    is_input = any(piece.file.named == STANDARD_INPUT for block in known for piece in block.pieces)
    try:
        # standard input may never end: open the database before waiting for more of it
        yield results(pool, work, tasks, len(known) if is_input else AHEAD)
    finally:
        if pool is not None:
            end(pool)


def _blocks(incoming: Iterator[Piece | None]) -> Iterator[Block]:
    block = Block()
    for piece in incoming:
        if piece is None:
            block.passed_over += 1
            continue
        block.pieces.append(piece)
        block.size += len(piece.text)
        if len(block.pieces) >= _BLOCK or block.size >= _BLOCK_BYTES:
            yield block
            block = Block()
    yield block


def _without_texts(block: Block) -> Block:
    """Return a block that takes no memory while it waits to be written."""
    return replace(block, pieces=[replace(piece, text=b"") for piece in block.pieces])


def judge(pieces: list[Piece], terms: Terms) -> list[Judged]:
    """Judge the texts of each piece; empty texts are skipped."""
    return [_judge(piece, terms) for piece in pieces]


def _judge(piece: Piece, terms: Terms) -> Judged:
    if piece.trouble is not None:
        return Judged(troubles={0: piece.trouble})
    if piece.lost is not None:
        return Judged(lost=piece.lost)
    texts = piece.texts()
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
    refused = partial(Trouble, text=text)
    if len(text) > SIZE_LIMIT_BYTES:
        return refused(code="snapshot-large")
    try:
        kept, snapshot = decode_inside(text)
        with _limited(terms.limit_s):
            made = columns(snapshot, terms.at, terms.policy)
    except Refused as error:
        return refused(code=error.code)
    except _LateError:
        return refused(code="import-late")
    except SnapshotError as error:
        code = "snapshot-newer" if isinstance(error, NewerError) else "snapshot-broken"
        return refused(code=code, detail=str(error))
    identity = snapshot.origin.identity if snapshot.origin else IdentityPolicy.FULL
    if identity in _STRICTER[: _STRICTER.index(terms.identity)]:
        return refused(code="import-identity")
    taken_us = made.workstation.taken_us
    return Row(
        place=place,
        workstation=made.workstation,
        snapshot=SnapshotRow(taken_us=taken_us, schema=snapshot.schema, body=pack(kept)),
        certificates=made.certificates,
    )


class _LateError(Exception):
    """Judging a snapshot took too long."""


@contextmanager
def _limited(seconds: float) -> Iterator[None]:
    """Raise an error inside the block after it has used this many seconds of processor time.

    The block can be interrupted anywhere in Python code, so it must be safe to stop and repeat.
    There is no limit outside the main thread, which alone can be interrupted, and on Windows,
    which has no such timer; the time grows with the snapshot's size alone.

    Raises:
        _LateError: the time is up.
    """
    if sys.platform == "win32" or threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGVTALRM, _end)
    try:
        signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def _end(_number: int, _frame: FrameType | None) -> None:
    raise _LateError
