# SPDX-License-Identifier: Apache-2.0
"""A register's file as rows of texts, whatever program wrote it.

Knows nothing of people or headings. If a text can be divided into columns in several ways, it
offers all of them.
"""

import csv
import io
import re
import zipfile
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec
import python_calamine

from cardtool.model.encodings import decoded
from cardtool.model.refused import Refused

LARGEST_BYTES = 256 * 1024 * 1024
_OLE = bytes.fromhex("D0CF11E0A1B11AE1")
"""Source: [MS-CFB] §2.2, the first bytes of the old Office formats, and of encrypted new ones."""
_ZIP = b"PK\x03\x04"
_DELIMITERS = (",", ";", "\t", "|")
_LONGEST_CELL = 1_000_000
_MOST_LINES = 50
"""Lines that one row of a text may take; if each row took all, time would grow with the square."""
_MOST_ROWS = 200_000
_MOST_CELLS = 5_000_000
"""Rows and cells of one sheet at most: no list of an institution's people has more."""

_OTHERS = (
    (re.compile(rb"<(!doctype html|html|table|head|body|meta|style)\b", re.IGNORECASE), "HTML"),
    (re.compile(rb"<\?xml|<!--|<workbook\b", re.IGNORECASE), "XML"),
    (re.compile(rb"mime-version:", re.IGNORECASE), "MHTML"),
    (re.compile(rb"\{\\rtf"), "RTF"),
    (re.compile(rb"%PDF-"), "PDF"),
    (re.compile(rb"[\[{]\s*[\[{\"]"), "JSON"),
)
"""Beginnings of files that programs save as `.xls` or `.csv` and that are neither."""

_TABLES = frozenset({"HTML", "XML", "MHTML"})
"""Those that a spreadsheet program can open."""

_BINARY = (
    (b"\xff\xd8\xff", "JPEG"),
    (b"\x89PNG\r\n", "PNG"),
    (b"GIF8", "GIF"),
    (b"Rar!", "RAR"),
    (b"7z\xbc\xaf", "7z"),
    (b"\x1f\x8b\x08", "GZIP"),
    (b"\0\1\0\0Standard ", "Access"),
)
_CERTIFICATE = re.compile(rb"\x30[\x80-\x84]|\s*-----BEGIN ")

_INSIDE = (("word/", "Word"), ("ppt/", "PowerPoint"))
"""Folders in the archives that documents are. Source: ECMA-376-1, the parts of each kind."""

_WRAPPED = re.compile(r'"(?:[^"]|"")*"')

_NO_VALUES = frozenset(
    [
        "#YOK",
        "#BAŞV!",
        "#DEĞER!",
        "#AD?",
        "#SAYI!",
        "#SAYI/0!",
        "#BOŞ!",
        "#TAŞMA!",
        "#N/A",
        "#REF!",
        "#VALUE!",
        "#NAME?",
        "#NUM!",
        "#DIV/0!",
        "#NULL!",
        "#SPILL!",
    ]
)

_BEGINNING = 4096
"""Characters that are read to recognise the kind of a file."""

_Rows = Iterable[tuple[int, tuple[str, ...]]]
"""The cells of each row with its number, counted from 1; empty rows are left out."""


class Grid(msgspec.Struct, frozen=True, kw_only=True):
    """One sheet."""

    sheet: str = ""
    rows: tuple[tuple[int, tuple[str, ...]], ...]


def grids(body: bytes, sheet: str | None = None) -> Iterator[tuple[Grid, ...]]:
    """Yield every way to read a file: the visible sheets of a workbook, or a text by delimiter.

    Raises:
        Refused: the file is neither, is too large or encrypted, or has no such sheet.
    """
    if len(body) > LARGEST_BYTES:
        raise Refused(code="register-large", limit=LARGEST_BYTES)
    if body.startswith((_OLE, _ZIP)):
        yield tuple(_sheets(body, sheet))
        return
    for mark, kind in _BINARY:
        if body.startswith(mark):
            raise Refused(code="register-other", kind=kind)
    if _CERTIFICATE.match(body):
        raise Refused(code="register-certificate")
    text = decoded(body)
    if not text.strip("\ufeff\0 \t\r\n"):
        raise Refused(code="register-blank")
    begins = text[:_BEGINNING].lstrip("\ufeff \t\r\n").encode()
    for pattern, kind in _OTHERS:
        if pattern.match(begins):
            raise Refused(code="register-kind" if kind in _TABLES else "register-other", kind=kind)
    text = _unwrapped(text)
    for delimiter in _DELIMITERS:
        yield (Grid(rows=_limited(_lines(text, delimiter))),)


def _sheets(body: bytes, wanted: str | None) -> Iterator[Grid]:
    try:
        if body.startswith(_ZIP):
            with zipfile.ZipFile(io.BytesIO(body)) as archive:
                if sum(entry.file_size for entry in archive.infolist()) > 4 * LARGEST_BYTES:
                    raise Refused(code="register-large", limit=4 * LARGEST_BYTES)
        with python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(body)) as book:
            visible = [
                entry.name
                for entry in book.sheets_metadata
                if entry.visible is python_calamine.SheetVisibleEnum.Visible
                and entry.typ is python_calamine.SheetTypeEnum.WorkSheet
            ]
            if wanted is not None and wanted not in visible:
                raise Refused(code="register-sheet", sheet=wanted, found=", ".join(visible))
            for name in visible if wanted is None else [wanted]:
                yield Grid(sheet=name, rows=_limited(_cells(book.get_sheet_by_name(name))))
    except python_calamine.PasswordError as error:
        raise Refused(code="register-locked") from error
    except (python_calamine.CalamineError, zipfile.BadZipFile) as error:
        if kind := _archive(body):
            raise Refused(code="register-other", kind=kind) from error
        raise Refused(code="register-broken", reason=str(error)) from error


def _archive(body: bytes) -> str:
    """Return the kind of an archive that is no workbook; empty: it may be a damaged one."""
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            names = archive.namelist()
    except zipfile.BadZipFile:
        return ""
    if any(name.startswith("xl/") for name in names):
        return ""
    of = (kind for folder, kind in _INSIDE if any(name.startswith(folder) for name in names))
    return next(of, "ZIP")


def _limited(rows: _Rows) -> tuple[tuple[int, tuple[str, ...]], ...]:
    """Return the rows; refuse more of them, or more cells, than a register may have."""
    kept, cells = [], 0
    for row in rows:
        kept.append(row)
        cells += len(row[1])
        if len(kept) > _MOST_ROWS or cells > _MOST_CELLS:
            raise Refused(code="register-long", rows=_MOST_ROWS, cells=_MOST_CELLS)
    return tuple(kept)


def _cells(sheet: python_calamine.CalamineSheet) -> _Rows:
    """Yield the rows of a sheet; every part of a merged cell gets the text of the whole."""
    rows = [[_as_text(cell) for cell in row] for row in sheet.to_python(skip_empty_area=False)]
    for (top, left), (bottom, right) in sheet.merged_cell_ranges or ():
        if top < len(rows) and left < len(rows[top]):
            for row in rows[top : bottom + 1]:
                row[left : right + 1] = [rows[top][left]] * len(row[left : right + 1])
    for number, row in enumerate(rows, 1):
        if any(row):
            yield number, tuple(row)


def _as_text(value: Any) -> str:  # noqa: ANN401 - as the library reads it
    """Return the text of a cell; a whole number without the `.0` that Excel stores."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return _plain(str(value))


def _plain(text: str) -> str:
    """Return a cell's text on one line, without the character NUL, which databases refuse.

    What Excel writes in place of a value that it could not find is no text.
    """
    text = " ".join(text.replace("\0", " ").replace("\ufeff", "").split())
    return "" if text in _NO_VALUES else text


def _unwrapped(text: str) -> str:
    """Return a text without the quotes around whole rows.

    Excel writes them where it did not divide the rows of a CSV: each is one cell with delimiters.
    """
    lines = text.splitlines()
    quoted = [line for line in lines if line.startswith('"')]
    if not quoted or not all(map(_WRAPPED.fullmatch, quoted)):
        return text
    return "\n".join(
        line[1:-1].replace('""', '"') if line.startswith('"') else line for line in lines
    )


def _lines(text: str, delimiter: str) -> _Rows:
    """Yield the rows of a text.

    A line with a quote that is not closed soon, or closed within a cell, has no quotes: one that
    was forgotten would make a single cell of the rows that follow.
    """
    csv.field_size_limit(_LONGEST_CELL)
    lines = list(io.StringIO(text, newline=""))
    first = 0
    while first < len(lines):
        reader = csv.reader(lines[first : first + _MOST_LINES], delimiter=delimiter, strict=True)
        try:
            row, taken = next(reader), reader.line_num
        except csv.Error as error:
            if len(lines[first]) > _LONGEST_CELL:
                raise Refused(code="register-broken", reason=str(error)) from error
            row, taken = lines[first].replace('"', "").split(delimiter), 1
        yield from _filled(first + 1, row)
        first += taken


def _filled(number: int, row: list[str]) -> _Rows:
    """Yield a row unless it is empty."""
    cells = tuple(map(_plain, row))
    if any(cells):
        yield number, cells
