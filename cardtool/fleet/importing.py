# SPDX-License-Identifier: Apache-2.0
"""Takes collected snapshots into the store: judged in processes of their own, written in one.

Some blocks of snapshots are one transaction, so a run that was killed has taken in whole blocks,
and the next run finishes. One snapshot is told by its workstation and moment: again is harmless, in
any order, and beside other importers. The result does not depend on the order.
"""

import gc
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from cardtool.fleet.aside import Aside
from cardtool.fleet.folders import Folder, Spot
from cardtool.fleet.indexes import STALE, look_again, made_late
from cardtool.fleet.intake import STANDARD_INPUT, Piece
from cardtool.fleet.judged import Block, Judged
from cardtool.fleet.judging import to_us
from cardtool.fleet.rows import Rows, Trouble, joined
from cardtool.fleet.store import Store
from cardtool.fleet.writing import write

_WRITTEN = 8000
"""Snapshots of one transaction, at most by a block: a page that many of them touch moves once."""
_WRITTEN_BYTES = 24 * 1024 * 1024

Says = Callable[[Trouble, Path], str]
"""Puts into words why something of a file is set aside."""


class Report(msgspec.Struct, kw_only=True):
    """What became of all that was there: `read` is the sum of `new`, `known` and `set_aside`."""

    read: int = 0
    """Snapshots, and whatever stood where one should."""
    new: int = 0
    known: int = 0
    set_aside: int = 0
    passed_over: int = 0
    """Files that were not read: links, devices, other names, gone meanwhile."""
    stuck: list[str] = []
    """Files and lines that could not be moved to where they are set aside: they lie as they lay."""


def take_in(store: Store, judged: Judged, *, says: Says, remove: bool = False) -> Report:
    """Import what was judged, and say what became of each snapshot.

    Files that were taken in whole stay, or are removed.

    Raises:
        StoreError: the database cannot be written to; what was written before is kept.
    """
    report, now_us = Report(), to_us(judged.terms.at)
    aside = Aside(judged.rejected)
    run = _Run(store=store, report=report, aside=aside, says=says, now_us=now_us, remove=remove)
    with made_late(store), _no_cycles():
        for block, rows in _together(judged):
            run.keep(block, rows)
    if report.new >= STALE:
        look_again(store)
    return report


@contextmanager
def _no_cycles() -> Iterator[None]:
    """Look for no cycles: rows make none, and are many."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _together(judged: Iterable[tuple[Block, Rows]]) -> Iterator[tuple[Block, Rows]]:
    """Join blocks to what is written in one transaction."""
    whole = Block(pieces=[])
    found: list[Rows] = []
    for block, rows in judged:
        found.append(rows)
        whole.join(block)
        if sum(len(each.places) for each in found) >= _WRITTEN or whole.size >= _WRITTEN_BYTES:
            yield whole, joined(found)
            whole, found = Block(pieces=[]), []
    if found:
        yield whole, joined(found)


class _Run(msgspec.Struct, kw_only=True):
    """One import, and what it knows of the file that is being read."""

    store: Store
    report: Report
    aside: Aside
    says: Says
    now_us: int
    remove: bool
    trouble: Trouble | None = None
    """Why the file that is being read must be set aside as a whole."""
    line: int = 1
    """The next of the file that is being read."""
    is_kept: bool = False
    """Something of the file that is being read could not be set aside: it must stay."""
    is_lost: bool = False
    """Some of the file that is being read could not be read: this has been counted."""

    def keep(self, block: Block, rows: Rows) -> None:
        """Write what is good, set aside what is not, and let go of files that are done."""
        self.report.passed_over += block.passed_over
        written = write(self.store, rows, self.now_us)
        self.report.new += written.new
        self.report.known += len(rows.places) - written.new - len(written.refused)
        self.report.read += len(rows.places) + len(rows.troubles)
        troubles = deque(sorted({**rows.troubles, **written.refused}.items()))
        first = 0
        for number, (piece, count) in enumerate(zip(block.pieces, rows.counts, strict=True)):
            if piece.problem:
                self.report.read += 1
                self._set_aside(piece, 0, Trouble(code=piece.problem, detail=piece.detail))
            if (error := piece.lost or rows.lost.get(number)) and not self.is_lost:
                self._unreadable(piece.file.path, error)
                self.is_kept = self.is_lost = True
            while troubles and troubles[0][0] < first + count:
                place, trouble = troubles.popleft()
                self._set_aside(piece, place - first, trouble)
            first += count
            self.line += max(count, 1)
            if piece.is_last:
                self._finish(piece.file)

    def _unreadable(self, file: Path, error: OSError) -> None:
        """Count a file that cannot be read; one that is gone, another importer has taken in."""
        if isinstance(error, FileNotFoundError):
            self.report.passed_over += 1
            return
        self.report.read += 1
        self.report.set_aside += 1
        self.report.stuck.append(f"{file}: {error.strerror or error}")

    def _set_aside(self, piece: Piece, place: int, trouble: Trouble) -> None:
        self.report.set_aside += 1
        if piece.has_lines and not piece.problem:
            number = self.line + place
            try:
                reason = self.says(trouble, piece.file.path)
                self.aside.line(piece.file, number, trouble.text, reason)
            except OSError as error:
                self._is_stuck(f"{piece.file.path}:{number}", error)
        else:
            self.trouble = trouble

    def _finish(self, file: Spot) -> None:
        is_file = file.named != STANDARD_INPUT
        try:
            if self.trouble is not None and is_file:
                self.aside.file(file, self.says(self.trouble, file.path))
            elif self.remove and not self.is_kept and is_file:
                with Folder.of(file) as folder:
                    folder.remove(file.path.name, file.state)
        except FileNotFoundError:
            pass  # another importer has done so
        except OSError as error:
            self._is_stuck(str(file.path), error)
        self.trouble, self.line = None, 1
        self.is_kept = self.is_lost = False

    def _is_stuck(self, what: str, error: OSError) -> None:
        self.is_kept = True
        self.report.stuck.append(f"{what}: {error.strerror or error}")
