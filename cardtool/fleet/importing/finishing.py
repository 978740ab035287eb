# SPDX-License-Identifier: Apache-2.0
"""Counts what was imported, and leaves, removes or moves each file after its last piece."""

from collections.abc import Callable
from pathlib import Path

import msgspec

from cardtool.fleet.importing import rejected
from cardtool.fleet.importing.files import STANDARD_INPUT
from cardtool.fleet.importing.folders import Folder, Location
from cardtool.fleet.importing.judging import Block, Judged
from cardtool.fleet.importing.pieces import Piece, Trouble
from cardtool.model.snapshot import SIZE_LIMIT_BYTES

_REPORTED = 20
"""Bad lines of a file that are reported with their number and reason."""

_OF_ARCHIVES = frozenset({"import-archive", "import-bomb", "import-rest", "utf16"})
"""Problems that concern the rest of a file and not a single line."""

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


class Files:
    """What becomes of the files of an import, and of lines that could not be imported."""

    def __init__(self, folder: Path | None, says: Wording, *, remove: bool) -> None:
        """Take the folder for rejected files, and whether to remove those imported whole."""
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

    def _finish(self, file: Location) -> None:
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

    def _reject(self, file: Location) -> None:
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
