# SPDX-License-Identifier: Apache-2.0
"""Reads files and folders of snapshots and judges them, block by block, in processes of their own.

These begin before a database is opened: they need none, and no copy of it may exist twice.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from itertools import chain, islice
from pathlib import Path
from typing import Self

import msgspec

from cardtool.fleet.importing.files import STANDARD_INPUT, Found, Piece, files, pieces
from cardtool.fleet.importing.reading import Rows, rows_of
from cardtool.fleet.pool import Terms, begun, start, usual_number

_BLOCK = 1000
"""Files that are judged together, or pieces of one."""
_BLOCK_BYTES = 3 << 20

_AHEAD = 8
"""Blocks that are judged or wait to be, while earlier ones are written."""

_OF_INPUT = 2
"""Blocks of standard input that are waited for at a time, while others could be written."""


class Block(msgspec.Struct, kw_only=True):
    """Snapshots that are judged together, and what was met on the way."""

    pieces: list[Piece] = []
    size: int = 0
    passed_over: int = 0
    """Files that were not read: links, devices, other names."""

    @property
    def is_of_input(self) -> bool:
        """Tell whether its last text came from standard input."""
        return bool(self.pieces) and self.pieces[-1].file.named == STANDARD_INPUT

    def add(self, piece: Piece) -> None:
        """Add a text, or several lines of them."""
        self.pieces.append(piece)
        self.size += piece.size

    def join(self, other: "Block") -> None:
        """Add what another one holds."""
        self.pieces += other.pieces
        self.size += other.size
        self.passed_over += other.passed_over


class JudgedBlocks:
    """Yields the blocks of files and folders with their rows; while it is open, processes judge."""

    def __init__(
        self,
        paths: Iterable[Path],
        terms: Terms,
        *,
        rejected: Path | None = None,
        processes: int | None = None,
    ) -> None:
        """Say what is read; `rejected` is the folder for what is set aside, which is not."""
        self.terms = terms
        self.rejected = rejected
        self._blocks = _blocks(files(iter(paths), rejected))
        self._processes = usual_number() if processes is None else processes
        self._pool: ProcessPoolExecutor | None = None
        self._waiting: deque[tuple[Block, Future[Rows]]] = deque()

    def __enter__(self) -> Self:
        """Begin to judge; where there is little, no process is begun."""
        known = list(islice(self._blocks, 2 if self._processes else 0))
        self._blocks = chain(known, self._blocks)
        start(self.terms)
        if len(known) < 2:  # noqa: PLR2004 - a first and a second
            return self
        rows_of(known[0].pieces[:1])  # loads what a copy need not
        self._pool = begun(self.terms, self._processes, copied=True)
        if self._pool is not None:
            self._submit(self._pool)
        return self

    def __exit__(self, *_: object) -> None:
        """End the processes."""
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)

    def __iter__(self) -> Iterator[tuple[Block, Rows]]:
        """Yield each block with its rows, in order."""
        while self._pool is not None and self._waiting:
            block, future = self._waiting.popleft()
            rows = future.result()
            self._submit(self._pool)
            yield block, rows
        for block in self._blocks:
            yield block, rows_of(block.pieces)

    def _submit(self, pool: ProcessPoolExecutor) -> None:
        room = self._processes + _AHEAD - len(self._waiting)
        for number, block in enumerate(islice(self._blocks, room), 1):
            self._waiting.append((block, pool.submit(rows_of, block.pieces)))
            if number >= _OF_INPUT and block.is_of_input:
                break


def _blocks(found: Iterator[Found]) -> Iterator[Block]:
    block = Block(pieces=[])
    for file in found:
        if not file.is_file:
            block.passed_over += 1
            continue
        try:
            for piece in pieces(file):
                block.add(piece)
                if len(block.pieces) >= _BLOCK or block.size >= _BLOCK_BYTES:
                    yield block
                    block = Block(pieces=[])
        except OSError as error:
            block.add(Piece(file=file.spot, lost=error, is_last=True))
    yield block
