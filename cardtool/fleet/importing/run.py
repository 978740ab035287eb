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

from cardtool.fleet.asking.advance import bring_up
from cardtool.fleet.importing.blocks import Block, JudgedBlocks
from cardtool.fleet.importing.files import STANDARD_INPUT, Piece
from cardtool.fleet.importing.folders import Folder, Spot
from cardtool.fleet.importing.indexes import STALE, analyse, indexes_made_last
from cardtool.fleet.importing.reading import Rows, Trouble, joined
from cardtool.fleet.importing.rejected import Rejected
from cardtool.fleet.importing.writing import write
from cardtool.fleet.store import judged_by
from cardtool.fleet.store.database import Store
from cardtool.fleet.store.judged_by import JudgedBy
from cardtool.model.moments import to_us
from cardtool.model.snapshot import SIZE_LIMIT_BYTES

_WRITTEN = 8000
"""Snapshots of one transaction, at most by a block: a page that many of them touch moves once."""
_WRITTEN_BYTES = 24 * 1024 * 1024

_TOLD = 20
"""Lines of a file whose numbers and reasons are written down."""

_OF_ARCHIVES = frozenset({"import-archive", "import-bomb", "import-rest", "utf16"})
"""What is wrong with all of a file from some place on, not with one of its lines."""

Says = Callable[[Trouble, Path], str]
"""Words the reason why a file, or a line of one, was set aside."""


class Report(msgspec.Struct, kw_only=True):
    """Counts of an import: `read` is the sum of `new`, `known` and `set_aside`."""

    read: int = 0
    """Snapshots, and whatever stood where one should."""
    new: int = 0
    known: int = 0
    set_aside: int = 0
    passed_over: int = 0
    """Files that were not read: links, devices, other names, gone meanwhile."""
    stuck: list[str] = []
    """Files that could not be moved to where they are set aside: they lie as they lay."""
    left: list[str] = []
    """Why files that were themselves named were not taken in whole: they lie as they lay."""
    folders: list[str] = []
    """Where things were set aside."""


def take_in(store: Store, judged: JudgedBlocks, *, says: Says, remove: bool = False) -> Report:
    """Import what was judged, and say what became of each snapshot.

    Files that were taken in whole stay, or are removed. What is due in the store, or was judged by
    other rules or thresholds, is judged again at the end.

    Raises:
        Refused: the database cannot be written to; what was written before is kept.
    """
    report, now_us = Report(), to_us(judged.terms.at)
    by = judged_by.mine(judged.terms.policy)
    judged_by.settle(store, by)
    aside = Rejected(judged.rejected)
    run = _Run(
        store=store, report=report, aside=aside, says=says, now_us=now_us, by=by, remove=remove
    )
    with indexes_made_last(store), _without_garbage_collector():
        for block, rows in _transactions(judged):
            run.keep(block, rows)
    bring_up(store, judged.terms.at, by)
    if report.new >= STALE:
        analyse(store)
    return report


@contextmanager
def _without_garbage_collector() -> Iterator[None]:
    """Turn the garbage collector off: rows hold no cycles, and there are many."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _transactions(judged: Iterable[tuple[Block, Rows]]) -> Iterator[tuple[Block, Rows]]:
    """Yield blocks joined until they are large enough for one transaction."""
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
    aside: Rejected
    says: Says
    now_us: int
    by: JudgedBy
    remove: bool
    trouble: Trouble | None = None
    """Why the file that is being read must be set aside, but for lines of it."""
    bad: int = 0
    """How many lines of it could not be taken in."""
    reasons: list[str] = []
    """Why, of the first of them, with their numbers."""
    texts: list[bytes] = []
    """Themselves, where they came from standard input: they lie nowhere."""
    line: int = 1
    """The next of the file that is being read."""
    is_kept: bool = False
    """Something of the file that is being read could not be set aside: it must stay."""
    is_lost: bool = False
    """Some of the file that is being read could not be read: this has been counted."""

    def keep(self, block: Block, rows: Rows) -> None:
        """Write the good rows, set the rest aside, and finish files that were read whole."""
        self.report.passed_over += block.passed_over
        written = write(self.store, rows, self.now_us, self.by)
        self.report.new += written.new
        self.report.known += len(rows.places) - written.new - len(written.refused)
        self.report.read += len(rows.places) + len(rows.troubles)
        troubles = deque(sorted({**rows.troubles, **written.refused}.items()))
        first = 0
        for number, (piece, count) in enumerate(zip(block.pieces, rows.counts, strict=True)):
            if piece.problem:
                self.report.read += 1
                self._note(piece, 0, Trouble(code=piece.problem, detail=piece.detail))
            if (error := piece.lost or rows.lost.get(number)) and not self.is_lost:
                self._unreadable(piece.file.path, error)
                self.is_kept = self.is_lost = True
            while troubles and troubles[0][0] < first + count:
                place, trouble = troubles.popleft()
                self._note(piece, place - first, trouble)
            if unread := rows.unread.get(number, 0):
                self.report.read += unread
                self.report.set_aside += unread
                self.bad += unread
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

    def _note(self, piece: Piece, place: int, trouble: Trouble) -> None:
        self.report.set_aside += 1
        if not piece.has_lines or trouble.code in _OF_ARCHIVES:
            self.trouble = trouble
            return
        self.bad += 1
        if len(self.reasons) < _TOLD:
            self.reasons.append(f"{self.line + place}: {self.says(trouble, piece.file.path)}")
            if piece.file.named == STANDARD_INPUT:
                self.texts.append(trouble.text)

    def _finish(self, file: Spot) -> None:
        try:
            if self.trouble is not None or self.bad:
                self._set_aside(file)
            elif self.remove and not self.is_kept and file.named != STANDARD_INPUT:
                with Folder.of(file) as folder:
                    folder.remove(file.path.name, file.state)
        except FileNotFoundError:
            pass  # another importer has done so
        except OSError as error:
            self.report.stuck.append(f"{file.path}: {error.strerror or error}")
        self.trouble, self.line = None, 1
        self.bad, self.reasons, self.texts = 0, [], []
        self.is_kept = self.is_lost = False

    def _set_aside(self, file: Spot) -> None:
        """Move a file that was found, write out lines of standard input, and leave what was named.

        Raises:
            OSError: it could not be moved or written.
        """
        reason = "\n".join(self._reason(file.path))
        if file.way:
            lies = self.aside.file(file, reason)
        elif self.texts:
            lies = self.aside.text(file, "standard-input.ndjson", _bounded(self.texts), reason)
        else:
            self.report.left.append(f"{file.path}: {reason}")
            return
        if str(lies.parent) not in self.report.folders:
            self.report.folders.append(str(lies.parent))

    def _reason(self, file: Path) -> Iterator[str]:
        if self.trouble is not None:
            yield self.says(self.trouble, file)
        if self.bad:
            yield self.says(Trouble(code="import-lines", detail=str(self.bad)), file)
        yield from self.reasons


def _bounded(texts: list[bytes]) -> bytes:
    """Join lines as long as they are no more than one snapshot may be."""
    whole = b""
    for each in texts:
        if len(whole) + len(each) > SIZE_LIMIT_BYTES:
            break
        whole += each + b"\n"
    return whole
