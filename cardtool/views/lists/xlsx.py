# SPDX-License-Identifier: Apache-2.0
"""The list as an Excel workbook: real dates, a filter, colours, and never a formula.

Rows go to a file as they come, so that a million take no more memory than ten. Every text is
written as a text, whatever it looks like; Excel computes nothing of it.
Sources: ECMA-376-1 §18.3.1.40 and §18.18.11 (cells), Excel's limits of 1,048,576 rows and of
32,767 characters in a cell, dates from 1900 to 9999.
"""

import io
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from typing import BinaryIO

from xlsxwriter import Workbook
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from cardtool.model.diagnosis import Severity
from cardtool.model.summary import Summary
from cardtool.text import Text
from cardtool.views.harmless import escape
from cardtool.views.moments import utc

ROWS = 1_048_576
"""Of a sheet, with its heading."""

WIDTHS = {
    "host": 20,
    "unit": 16,
    "severity": 12,
    "verdict": 24,
    "not_after_at": 18,
    "days_left": 10,
    "reader": 10,
    "taken_at": 18,
    "card_seen_at": 18,
    "opens_at": 18,
    "apply_by_at": 18,
    "holder": 24,
    "person": 16,
    "user": 16,
    "issuer": 30,
    "readers": 30,
    "codes": 30,
    "not_before_at": 18,
    "sha256": 20,
    "host_id": 20,
    "at": 18,
    "practice": 12,
}
"""Field of the line -> width of its column in characters, in the order of the columns."""

_COLOURS = {
    Severity.OK: ("#C6EFCE", "#006100"),
    Severity.UNKNOWN: ("#E4DFEC", "#403151"),
    Severity.WARNING: ("#FFEB9C", "#7F6000"),
    Severity.CRITICAL: ("#FFC7CE", "#9C0006"),
}
"""Ground and letters."""

OPTIONS = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_numbers": False,
    "strings_to_urls": False,
}

FIRST_YEAR = 1901  # in 1900 Excel counts a 29 February that there was not

CHUNK = 1 << 16


def render(
    summaries: Iterable[Summary],
    text: Text,
    spool: Callable[[], BinaryIO] = io.BytesIO,
    rows: int = ROWS,
) -> Iterator[bytes]:
    """Yield the workbook; `spool` makes the place where it is put together.

    `rows` are those of one sheet; the next sheet has what goes beyond.
    """
    with spool() as place:
        workbook = Workbook(place, OPTIONS)
        try:
            _fill(workbook, summaries, text, rows)
        finally:  # else the rows stay behind as files
            workbook.close()
        place.seek(0)
        while part := place.read(CHUNK):
            yield part


def _fill(workbook: Workbook, summaries: Iterable[Summary], text: Text, rows: int) -> None:
    formats = _Formats(workbook, text)
    sheet, row, made_at = _begun(workbook, text, formats), 1, datetime(2000, 1, 1, tzinfo=UTC)
    for line in summaries:
        if row == rows:
            sheet.autofilter(0, 0, row - 1, len(WIDTHS) - 1)
            sheet, row = _begun(workbook, text, formats), 1
        _write(sheet, row, line, text, formats)
        row, made_at = row + 1, line.at
    sheet.autofilter(0, 0, row - 1, len(WIDTHS) - 1)
    workbook.set_properties({"created": utc(made_at).replace(tzinfo=None), "author": "cardtool"})


class _Formats:
    """How the cells of a workbook look."""

    def __init__(self, workbook: Workbook, text: Text) -> None:
        self.heading: Format = workbook.add_format({"bold": True, "bottom": 1})
        self.moment: Format = workbook.add_format({"num_format": text.label("list-excel-moment")})
        self.severity: dict[Severity, Format] = {
            severity: workbook.add_format({"bg_color": ground, "font_color": letters})
            for severity, (ground, letters) in _COLOURS.items()
        }


def _begun(workbook: Workbook, text: Text, formats: _Formats) -> Worksheet:
    """Return a new sheet with its headings; widths stand before the first row."""
    number = len(workbook.worksheets()) + 1
    name = text.label("list-name")
    sheet = workbook.add_worksheet(name if number == 1 else f"{name} {number}")
    for column, width in enumerate(WIDTHS.values()):
        sheet.set_column(column, column, width)
    for column, field in enumerate(WIDTHS):
        sheet.write_string(0, column, text.label(f"list-{field}"), formats.heading)
    sheet.freeze_panes(1, 1)
    return sheet


def _write(sheet: Worksheet, row: int, line: Summary, text: Text, formats: _Formats) -> None:
    for column, field in enumerate(WIDTHS):
        value = getattr(line, field)
        if isinstance(value, Severity):
            word = text.label(f"list-state-{value.value}")
            sheet.write_string(row, column, word, formats.severity[value])
        elif field == "reader":
            sheet.write_string(row, column, text.label(f"list-reader-{value.value}"))
        elif isinstance(value, datetime):
            _write_moment(sheet, row, column, text.local(value), formats)
        elif isinstance(value, int):
            sheet.write_number(row, column, value)
        elif value:
            joined = value if isinstance(value, str) else ", ".join(value)
            sheet.write_string(row, column, escape(joined))


def _write_moment(
    sheet: Worksheet, row: int, column: int, moment: datetime, formats: _Formats
) -> None:
    """Write a moment of the shown zone as a date; one that Excel has no date for as a text."""
    shown = moment.replace(tzinfo=None, microsecond=0)
    if shown.year < FIRST_YEAR:
        sheet.write_string(row, column, shown.isoformat(sep=" "))
    else:
        sheet.write_datetime(row, column, shown, formats.moment)
