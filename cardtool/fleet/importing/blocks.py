# SPDX-License-Identifier: Apache-2.0
"""Reads files and folders of snapshots, and has processes judge them block by block.

The processes start before the database is opened. They do not need it, and a forked process must
not hold a copy of a connection.
"""

from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from itertools import chain, islice
from pathlib import Path
from typing import Self

import msgspec

from cardtool.fleet.importing.files import STANDARD_INPUT, Found, Piece, files, pieces
from cardtool.fleet.importing.reading import Judged, judge
from cardtool.fleet.pool import AHEAD, Terms, end, results, started, usual_number

_BLOCK = 1000
"""Files that are judged together, or pieces of one."""
_BLOCK_BYTES = 3 << 20


class Block(msgspec.Struct, kw_only=True):
    """Snapshots that are judged together, and how many files were passed over meanwhile."""

    pieces: list[Piece] = []
    size: int = 0
    passed_over: int = 0
    """Files that were not read: links, devices, other names."""


class JudgedBlocks:
    """Yields judged blocks of files and folders; the processes judge while it is open."""

    def __init__(
        self,
        paths: Iterable[Path],
        terms: Terms,
        *,
        rejected: Path | None = None,
        processes: int | None = None,
    ) -> None:
        """Say what to read; the folder `rejected`, for rejected files, is not read."""
        self.terms = terms
        self.rejected = rejected
        self._blocks = _blocks(files(iter(paths), rejected))
        self._processes = usual_number() if processes is None else processes
        self._pool: ProcessPoolExecutor | None = None
        self._judged: Iterator[tuple[Block, list[Judged]]] = iter(())

    def __enter__(self) -> Self:
        """Begin to judge; a single block is judged in this process."""
        work = partial(judge, terms=self.terms)
        known = list(islice(self._blocks, 2 if self._processes else 0))
        if len(known) > 1:
            work(known[0].pieces[:1])  # loads the modules once, before this process is copied
            self._pool = started(self._processes, copied=True)
        tasks = ((block, block.pieces) for block in chain(known, self._blocks))
        is_input = any(
            piece.file.named == STANDARD_INPUT for block in known for piece in block.pieces
        )
        # standard input may never end: open the database before waiting for more of it
        begin_with = len(known) if is_input else AHEAD
        self._judged = results(self._pool, work, tasks, begin_with)
        return self

    def __exit__(self, *_: object) -> None:
        """End the processes."""
        if self._pool is not None:
            end(self._pool)

    def __iter__(self) -> Iterator[tuple[Block, list[Judged]]]:
        """Yield each block with what became of its pieces, in order."""
        return self._judged


def _blocks(found: Iterator[Found]) -> Iterator[Block]:
    block = Block()
    for file in found:
        if not file.is_file:
            block.passed_over += 1
            continue
        try:
            for piece in pieces(file):
                block.pieces.append(piece)
                block.size += piece.size
                if len(block.pieces) >= _BLOCK or block.size >= _BLOCK_BYTES:
                    yield block
                    block = Block()
        except OSError as error:
            block.pieces.append(Piece(file=file.spot, lost=error, is_last=True))
    yield block
