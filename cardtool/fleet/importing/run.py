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
from sqlalchemy import Connection, inspect, select

from cardtool.fleet.asking.advance import bring_up
from cardtool.fleet.importing import rejected
from cardtool.fleet.importing.files import STANDARD_INPUT, Piece, Trouble
from cardtool.fleet.importing.folders import Folder, Spot
from cardtool.fleet.importing.judging import Block, Judged, JudgedBlock, Terms
from cardtool.fleet.importing.writing import write
from cardtool.fleet.store import judged_by
from cardtool.fleet.store.database import Store
from cardtool.fleet.store.tables import CERTIFICATE, SNAPSHOT, WORKSTATION
from cardtool.model.moments import to_us
from cardtool.model.snapshot import SIZE_LIMIT_BYTES

_WRITTEN = 8000
"""Snapshots in one transaction: a page of the database that many change is written once."""
_WRITTEN_BYTES = 24 * 1024 * 1024

_REPORTED = 20
"""Bad lines of a file that are reported with their number and reason."""

_OF_ARCHIVES = frozenset({"import-archive", "import-bomb", "import-rest", "utf16"})
"""Problems of a file from some place on, and not of one of its lines."""

STALE = 1000
"""After this many new snapshots the statistics for planning queries are made again."""

_TABLES = (WORKSTATION, SNAPSHOT, CERTIFICATE)
_SORTED_KB = 16_384
"""Memory in which SQLite sorts an index; it uses as much again, and the disk for the rest."""

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
    store: Store,
    judged: Iterable[JudgedBlock],
    terms: Terms,
    *,
    says: Wording,
    remove: bool = False,
) -> Report:
    """Import judged snapshots, and count what became of them.

    Files that were imported whole stay, or are removed if `remove`. At the end every workstation is
    judged again that is due or was judged by other rules or thresholds.

    Raises:
        Refused: the database cannot be written to; what was written before is kept.
    """
    by = judged_by.mine(terms.policy)
    judged_by.settle(store, by)
    files = _Files(terms.rejected, says, remove=remove)
    report = files.report
    with indexes_made_last(store), _without_garbage_collector():
        for blocks in _transactions(judged):
            results = [result for _, some in blocks for result in some]
            new = write(store, results, to_us(terms.at), by)
            report.new += new
            report.known += sum(len(result.rows) for result in results) - new
            for block, some in blocks:
                files.note(block, some)
    report.read = report.new + report.known + report.set_aside
    bring_up(store, terms.at, by)
    if report.new >= STALE:
        _analyse(store)
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


def _transactions(judged: Iterable[JudgedBlock]) -> Iterator[list[JudgedBlock]]:
    """Yield as many blocks as one transaction holds."""
    blocks: list[JudgedBlock] = []
    rows = size = 0
    for block, some in judged:
        blocks.append((block, some))
        rows += sum(len(result.rows) for result in some)
        size += block.size
        if rows >= _WRITTEN or size >= _WRITTEN_BYTES:
            yield blocks
            blocks, rows, size = [], 0, 0
    yield blocks


@contextmanager
def indexes_made_last(store: Store) -> Iterator[None]:
    """Write into an empty SQLite file without indexes, which is faster, and make them at the end.

    Every import makes the missing ones, so a killed run does no harm; after Ctrl-C no index is
    made. On PostgreSQL the indexes stay: dropping one would lock out everybody who asks then.
    """
    if not store.is_sqlite:
        yield
        return
    with store.reading() as connection:
        is_empty = _is_empty(connection)
    if is_empty:
        with store.writing() as connection:
            if _is_empty(connection):  # checked again under the lock
                for table in _TABLES:
                    for index in table.indexes:
                        index.drop(connection, checkfirst=True)
    try:
        yield
    except Exception:
        _make_indexes(store)
        raise
    _make_indexes(store)


def _is_empty(connection: Connection) -> bool:
    return connection.execute(select(WORKSTATION.c.id).limit(1)).first() is None


def _make_indexes(store: Store) -> None:
    with store.reading() as connection:
        tables = inspect(connection)
        known = {index["name"] for table in _TABLES for index in tables.get_indexes(table.name)}
    missing = [index for table in _TABLES for index in table.indexes if index.name not in known]
    if missing:
        with store.writing() as connection:
            connection.exec_driver_sql(f"PRAGMA cache_size = -{_SORTED_KB}")
            for index in missing:
                index.create(connection, checkfirst=True)


def _analyse(store: Store) -> None:
    """Make the statistics again by which the database plans queries.

    All rows are counted, which takes 1 s for 1,000,000. With an estimate SQLite does not choose the
    index that holds all columns of a count.
    """
    with store.writing() as connection:
        for table in _TABLES:
            connection.exec_driver_sql(f"ANALYZE {table.name}")


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
    is_empty: bool = True
    """Nothing has stood in it so far, neither snapshots nor anything else."""


class _Files:
    """What becomes of the files of an import, and of lines that could not be imported."""

    def __init__(self, folder: Path | None, says: Wording, *, remove: bool) -> None:
        self.report = Report()
        self._folder = folder
        self._says = says
        self._remove = remove
        self._file = _OfFile()

    def note(self, block: Block, results: list[Judged]) -> None:
        """Note what could not be imported, and finish files that were read whole."""
        self.report.passed_over += block.passed_over
        for piece, judged in zip(block.pieces, results, strict=True):
            if judged.rows or judged.troubles or judged.lost:
                self._file.is_empty = False
            if judged.lost and not self._file.is_lost:
                self._unreadable(piece.file.path, judged.lost)
            for place, trouble in sorted(judged.troubles.items()):
                self._note(piece, place, trouble)
            self.report.set_aside += judged.unread
            self._file.bad += judged.unread
            self._file.line += max(judged.texts, 1)
            if piece.is_last:
                self._finish(piece.file)

    def _unreadable(self, file: Path, error: OSError) -> None:
        self._file.is_lost = True
        if isinstance(error, FileNotFoundError):  # another importer has imported it
            self.report.passed_over += 1
            return
        self.report.set_aside += 1
        self._stay(file, error)

    def _stay(self, file: Path, error: OSError) -> None:
        self.report.stuck.append(f"{file}: {error.strerror or error}")

    def _note(self, piece: Piece, place: int, trouble: Trouble) -> None:
        self.report.set_aside += 1
        if not piece.has_lines or trouble.code in _OF_ARCHIVES:
            self._file.trouble = trouble
            return
        self._file.bad += 1
        if len(self._file.reasons) < _REPORTED:
            reason = self._says(trouble, piece.file.path.name)
            self._file.reasons.append(f"{self._file.line + place}: {reason}")
            if piece.file.named == STANDARD_INPUT:
                self._file.texts.append(trouble.text)

    def _finish(self, file: Spot) -> None:
        is_input = file.named == STANDARD_INPUT
        if self._file.is_empty and not file.way and not is_input:
            self.report.set_aside += 1
            self._file.trouble = Trouble(code="import-empty")
        try:
            if self._file.trouble is not None or self._file.bad:
                self._reject(file)
            elif self._remove and not self._file.is_lost and not is_input:
                with Folder.of(file) as folder:
                    folder.remove(file.path.name, file.state)
        except FileNotFoundError:
            pass  # another importer has moved or removed it
        except OSError as error:
            self._stay(file.path, error)
        self._file = _OfFile()

    def _reject(self, file: Spot) -> None:
        """Move a file of a folder; one that a person named stays.

        Rejected lines of standard input are written to a file.
        """
        is_left = not file.way and not self._file.texts
        reason = self._reason(str(file.path) if is_left else file.path.name)
        if is_left:
            self.report.left.append(reason)
            return
        if file.way:
            place = rejected.move(file, self._folder, reason)
        else:
            text = _bounded(self._file.texts)
            place = rejected.write(file, self._folder, "standard-input.ndjson", text, reason)
        if str(place.parent) not in self.report.folders:
            self.report.folders.append(str(place.parent))

    def _reason(self, file: str) -> str:
        troubles = [] if self._file.trouble is None else [self._file.trouble]
        if self._file.bad:
            troubles.append(Trouble(code="import-lines", detail=str(self._file.bad)))
        return "\n".join([self._says(trouble, file) for trouble in troubles] + self._file.reasons)


def _bounded(texts: list[bytes]) -> bytes:
    """Join lines up to the size that one snapshot may have."""
    whole = b""
    for text in texts:
        if len(whole) + len(text) > SIZE_LIMIT_BYTES:
            break
        whole += text + b"\n"
    return whole
