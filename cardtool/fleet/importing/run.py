# SPDX-License-Identifier: Apache-2.0
"""Takes collected snapshots into the store: judged in processes of their own, written in one.

A transaction holds some blocks of snapshots, so a run that was killed has imported whole blocks,
and the next run imports the rest. A snapshot is identified by its workstation and moment: importing
a file twice changes nothing, the order of the files does not matter, and several importers may run
at once.
"""

import gc
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from cardtool.fleet.asking.advance import bring_up
from cardtool.fleet.importing.blocks import Block, JudgedBlocks
from cardtool.fleet.importing.files import STANDARD_INPUT, Piece
from cardtool.fleet.importing.folders import Folder, Spot
from cardtool.fleet.importing.indexes import STALE, analyse, indexes_made_last
from cardtool.fleet.importing.reading import Judged, Trouble
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

_REPORTED = 20
"""Bad lines of a file of which the number and the reason are written down."""

_OF_ARCHIVES = frozenset({"import-archive", "import-bomb", "import-rest", "utf16"})
"""What is wrong with all of a file from some place on, not with one of its lines."""

Says = Callable[[Trouble, str], str]
"""Words the reason why a file, or a line of one, was set aside."""


class Report(msgspec.Struct, kw_only=True):
    """Counts of an import: `read` is the sum of `new`, `known` and `set_aside`."""

    read: int = 0
    """Snapshots, and whatever stood where one should."""
    new: int = 0
    known: int = 0
    set_aside: int = 0
    passed_over: int = 0
    """Files that were not read: links, devices, other names, files that were removed meanwhile."""
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
        for block, results in _transactions(judged):
            run.keep(block, results)
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


def _transactions(
    judged: Iterable[tuple[Block, list[Judged]]],
) -> Iterator[tuple[Block, list[Judged]]]:
    """Yield blocks joined until they are large enough for one transaction."""
    whole, results, rows = Block(), [], 0
    for block, some in judged:
        whole.pieces += block.pieces
        whole.size += block.size
        whole.passed_over += block.passed_over
        results += some
        rows += sum(len(each.rows) for each in some)
        if rows >= _WRITTEN or whole.size >= _WRITTEN_BYTES:
            yield whole, results
            whole, results, rows = Block(), [], 0
    yield whole, results


class _OfFile(msgspec.Struct, kw_only=True):
    """What is known of the file that is being read."""

    trouble: Trouble | None = None
    """Why all of it must be set aside."""
    bad: int = 0
    """How many lines of it could not be taken in."""
    reasons: list[str] = []
    """Why, of the first of them, with their numbers."""
    texts: list[bytes] = []
    """These lines, where they came from standard input: they lie nowhere else."""
    line: int = 1
    """Number of the next line."""
    is_lost: bool = False
    """Some of it could not be read, which has been counted: it must stay."""


class _Run(msgspec.Struct, kw_only=True):
    """One import."""

    store: Store
    report: Report
    aside: Rejected
    says: Says
    now_us: int
    by: JudgedBy
    remove: bool
    file: _OfFile = msgspec.field(default_factory=_OfFile)

    def keep(self, block: Block, results: list[Judged]) -> None:
        """Write the good rows, set the rest aside, and finish files that were read whole."""
        report = self.report
        report.passed_over += block.passed_over
        new = write(self.store, results, self.now_us, self.by)
        report.new += new
        report.known -= new
        for piece, judged in zip(block.pieces, results, strict=True):
            report.known += len(judged.rows)
            report.read += len(judged.rows)
            if piece.problem:
                self._note(piece, 0, Trouble(code=piece.problem, detail=piece.detail))
            if (error := piece.lost or judged.lost) and not self.file.is_lost:
                self._unreadable(piece.file.path, error)
                self.file.is_lost = True
            for place, trouble in sorted(judged.troubles.items()):
                self._note(piece, place, trouble)
            report.read += judged.unread
            report.set_aside += judged.unread
            self.file.bad += judged.unread
            self.file.line += max(judged.texts, 1)
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
        self.report.read += 1
        self.report.set_aside += 1
        if not piece.has_lines or trouble.code in _OF_ARCHIVES:
            self.file.trouble = trouble
            return
        self.file.bad += 1
        if len(self.file.reasons) < _REPORTED:
            reason = self.says(trouble, piece.file.path.name)
            self.file.reasons.append(f"{self.file.line + place}: {reason}")
            if piece.file.named == STANDARD_INPUT:
                self.file.texts.append(trouble.text)

    def _finish(self, file: Spot) -> None:
        try:
            if self.file.trouble is not None or self.file.bad:
                self._set_aside(file)
            elif self.remove and not self.file.is_lost and file.named != STANDARD_INPUT:
                with Folder.of(file) as folder:
                    folder.remove(file.path.name, file.state)
        except FileNotFoundError:
            pass  # another importer has done so
        except OSError as error:
            self.report.stuck.append(f"{file.path}: {error.strerror or error}")
        self.file = _OfFile()

    def _set_aside(self, file: Spot) -> None:
        """Move a file that was found, write out lines of standard input, and leave what was named.

        Raises:
            OSError: it could not be moved or written.
        """
        is_left = not file.way and not self.file.texts
        reason = "\n".join(self._reason(str(file.path) if is_left else file.path.name))
        if file.way:
            lies = self.aside.file(file, reason)
        elif self.file.texts:
            text = _bounded(self.file.texts)
            lies = self.aside.text(file, "standard-input.ndjson", text, reason)
        else:
            self.report.left.append(reason)
            return
        if str(lies.parent) not in self.report.folders:
            self.report.folders.append(str(lies.parent))

    def _reason(self, file: str) -> Iterator[str]:
        if self.file.trouble is not None:
            yield self.says(self.file.trouble, file)
        if self.file.bad:
            yield self.says(Trouble(code="import-lines", detail=str(self.file.bad)), file)
        yield from self.file.reasons


def _bounded(texts: list[bytes]) -> bytes:
    """Join lines as long as they are no more than one snapshot may be."""
    whole = b""
    for each in texts:
        if len(whole) + len(each) > SIZE_LIMIT_BYTES:
            break
        whole += each + b"\n"
    return whole
