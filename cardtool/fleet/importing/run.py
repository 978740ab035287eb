# SPDX-License-Identifier: Apache-2.0
"""Imports collected snapshots: several processes judge them, this one writes them.

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
"""Snapshots in one transaction: a page of the database that many change is written once."""
_WRITTEN_BYTES = 24 * 1024 * 1024

_REPORTED = 20
"""Bad lines of a file that are reported with their number and reason."""

_OF_ARCHIVES = frozenset({"import-archive", "import-bomb", "import-rest", "utf16"})
"""Problems of a file from some place on, and not of one of its lines."""

Wording = Callable[[Trouble, str], str]
"""Returns the sentence that says why a file, or a line of it, was rejected."""


class Report(msgspec.Struct, kw_only=True):
    """Counts of an import: `read` is the sum of `new`, `known` and `set_aside`."""

    read: int = 0
    """Snapshots, and everything else that stood in the place of one."""
    new: int = 0
    known: int = 0
    set_aside: int = 0
    passed_over: int = 0
    """Files that were not read: links, devices, other names, files that were removed meanwhile."""
    stuck: list[str] = []
    """Rejected files that could not be moved: they stay where they were."""
    left: list[str] = []
    """Why files that a person named were not imported whole: they stay where they were."""
    folders: list[str] = []
    """Folders that rejected files were moved to."""


def import_judged(
    store: Store, judged: JudgedBlocks, *, says: Wording, remove: bool = False
) -> Report:
    """Import judged snapshots, and count what became of them.

    Files that were imported whole stay, or are removed if `remove`. At the end every workstation is
    judged again that is due or was judged by other rules or thresholds.

    Raises:
        Refused: the database cannot be written to; what was written before is kept.
    """
    report, now_us = Report(), to_us(judged.terms.at)
    by = judged_by.mine(judged.terms.policy)
    judged_by.settle(store, by)
    rejected = Rejected(judged.rejected)
    run = _Run(
        store=store,
        report=report,
        rejected=rejected,
        says=says,
        now_us=now_us,
        by=by,
        remove=remove,
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
        rows += sum(len(judged_piece.rows) for judged_piece in some)
        if rows >= _WRITTEN or whole.size >= _WRITTEN_BYTES:
            yield whole, results
            whole, results, rows = Block(), [], 0
    yield whole, results


class _OfFile(msgspec.Struct, kw_only=True):
    """What is known so far of the file that is being read."""

    trouble: Trouble | None = None
    """Why the whole file is rejected."""
    bad: int = 0
    """How many of its lines could not be imported."""
    reasons: list[str] = []
    """Numbers and reasons of the first of these lines."""
    texts: list[bytes] = []
    """These lines themselves if they came from standard input: no file has them."""
    line: int = 1
    """Number of the next line."""
    is_lost: bool = False
    """A part of it could not be read. That was counted, and the file must stay."""


class _Run(msgspec.Struct, kw_only=True):
    """One import."""

    store: Store
    report: Report
    rejected: Rejected
    says: Wording
    now_us: int
    by: JudgedBy
    remove: bool
    file: _OfFile = msgspec.field(default_factory=_OfFile)

    def keep(self, block: Block, results: list[Judged]) -> None:
        """Write the good rows, note the bad ones, and finish files that were read whole."""
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
        """Count a file that cannot be read; if it is gone, another importer has imported it."""
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
                self._reject(file)
            elif self.remove and not self.file.is_lost and file.named != STANDARD_INPUT:
                with Folder.of(file) as folder:
                    folder.remove(file.path.name, file.state)
        except FileNotFoundError:
            pass  # another importer has moved or removed it
        except OSError as error:
            self.report.stuck.append(f"{file.path}: {error.strerror or error}")
        self.file = _OfFile()

    def _reject(self, file: Spot) -> None:
        """Reject a file: one found in a folder is moved, one that a person named stays.

        Rejected lines of standard input are written to a file.

        Raises:
            OSError: it could not be moved or written.
        """
        is_left = not file.way and not self.file.texts
        reason = "\n".join(self._reason(str(file.path) if is_left else file.path.name))
        if file.way:
            place = self.rejected.file(file, reason)
        elif self.file.texts:
            text = _bounded(self.file.texts)
            place = self.rejected.text(file, "standard-input.ndjson", text, reason)
        else:
            self.report.left.append(reason)
            return
        if str(place.parent) not in self.report.folders:
            self.report.folders.append(str(place.parent))

    def _reason(self, file: str) -> Iterator[str]:
        if self.file.trouble is not None:
            yield self.says(self.file.trouble, file)
        if self.file.bad:
            yield self.says(Trouble(code="import-lines", detail=str(self.file.bad)), file)
        yield from self.file.reasons


def _bounded(texts: list[bytes]) -> bytes:
    """Join lines up to the size that one snapshot may have."""
    whole = b""
    for text in texts:
        if len(whole) + len(text) > SIZE_LIMIT_BYTES:
            break
        whole += text + b"\n"
    return whole
