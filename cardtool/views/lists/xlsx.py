# SPDX-License-Identifier: Apache-2.0
"""Lists as Excel workbooks: real dates, a filter, colours, and never a formula.

Rows go to a file as they come, so that a million take no more memory than ten. Every text is
written as a text, so Excel computes nothing. Sources: ECMA-376-1 §18.3.1.40 and §18.18.11 (cells),
Excel's limits of 1,048,576 rows and of 32,767 characters in a cell, dates from 1900 to 9999.
"""

import io
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from typing import BinaryIO

from xlsxwriter import Workbook

from cardtool.model.diagnosis import Severity
from cardtool.model.lists import Order, ReaderState, Summary
from cardtool.text import Text
from cardtool.views.harmless import escape
from cardtool.views.lists import orders as order_rows

ROWS = 1_048_576
"""Of a sheet, with its heading."""

_FIRST = ("host", "unit", "severity", "verdict", "not_after_at", "days_left", "reader", "taken_at",
          "card_seen_at", "opens_at", "apply_by_at", "holder", "person", "user", "issuer",
          "readers", "codes", "not_before_at", "sha256", "host_id", "at")  # fmt: skip
"""Columns in the order that people want; a column that is not named here comes after them."""

COLUMNS = (*_FIRST, *(name for name in Summary.__struct_fields__ if name not in _FIRST))

_WIDTH = 18
_WIDTHS = {"host": 20, "days_left": 10, "reader": 10, "verdict": 24, "holder": 24, "issuer": 30,
           "readers": 30, "codes": 30}  # fmt: skip
"""Column -> characters; every other column is as wide as a moment."""

_COLOURS = {
    Severity.OK: ("#C6EFCE", "#006100"),
    Severity.UNKNOWN: ("#E4DFEC", "#403151"),
    Severity.WARNING: ("#FFEB9C", "#7F6000"),
    Severity.CRITICAL: ("#FFC7CE", "#9C0006"),
}
"""Ground and letters."""

_OPTIONS = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_numbers": False,
    "strings_to_urls": False,
}

_FIRST_YEAR = 1901  # in 1900 Excel counts a 29 February that there was not

_CHUNK = 1 << 16


def render(
    summaries: Iterable[Summary],
    text: Text,
    spool: Callable[[], BinaryIO] = io.BytesIO,
    rows: int = ROWS,
) -> Iterator[bytes]:
    """Yield the workbook; `spool` makes the place where it is put together.

    A sheet has at most `rows` rows; further rows go to the next sheet.
    """
    columns = {text.label(f"list-{name}"): _WIDTHS.get(name, _WIDTH) for name in COLUMNS}
    values = ([getattr(line, name) for name in COLUMNS] for line in summaries)
    return _workbook(columns, values, text, spool, rows)


def render_orders(orders: Iterable[Order], text: Text) -> Iterator[bytes]:
    """Yield the workbook of the readers to order."""
    columns = dict.fromkeys(order_rows.titles(text), _WIDTH)
    return _workbook(columns, (order_rows.in_words(order, text) for order in orders), text)


def _workbook(
    columns: Mapping[str, int],
    lines: Iterable[Iterable[object]],
    text: Text,
    spool: Callable[[], BinaryIO] = io.BytesIO,
    rows: int = ROWS,
) -> Iterator[bytes]:
    """Yield a workbook whose columns are named and as wide as `columns` says."""
    with spool() as place:
        workbook = Workbook(place, _OPTIONS)
        workbook.set_properties({"created": datetime(2000, 1, 1), "author": "cardtool"})  # noqa: DTZ001 - Excel has no zones
        try:
            pen = _Pen(workbook, columns, text)
            for line in lines:
                if pen.row == rows - 1:
                    pen.end()
                    pen.begin()
                pen.write(line)
            pen.end()
        finally:  # else the rows stay behind as files
            workbook.close()
        place.seek(0)
        while part := place.read(_CHUNK):
            yield part


class _Pen:
    """Writes one row after the other, sheet by sheet."""

    def __init__(self, workbook: Workbook, columns: Mapping[str, int], text: Text) -> None:
        self._book, self._columns, self._text = workbook, columns, text
        self._heading = workbook.add_format({"bold": True, "bottom": 1})
        self._moment = workbook.add_format({"num_format": text.label("list-excel-moment")})
        self._severities = {
            severity: workbook.add_format({"bg_color": ground, "font_color": letters})
            for severity, (ground, letters) in _COLOURS.items()
        }
        self.begin()

    def begin(self) -> None:
        """Begin a sheet with its headings; widths must be set before the first row."""
        number, name = len(self._book.worksheets()) + 1, self._text.label("list-name")
        self._sheet = self._book.add_worksheet(name if number == 1 else f"{name} {number}")
        for column, (title, width) in enumerate(self._columns.items()):
            self._sheet.set_column(column, column, width)
            self._sheet.write_string(0, column, title, self._heading)
        host = list(self._columns).index(self._text.label("list-host"))
        self._sheet.freeze_panes(1, host + 1)
        self.row = 0

    def end(self) -> None:
        """Let the reader of a sheet filter its rows."""
        self._sheet.autofilter(0, 0, self.row, len(self._columns) - 1)

    def write(self, line: Iterable[object]) -> None:
        """Write a row; what is not known leaves its cell empty."""
        self.row += 1
        for column, value in enumerate(line):
            match value:
                case datetime():
                    self._write_moment(column, self._text.local(value))
                case int() if not isinstance(value, bool):
                    self._sheet.write_number(self.row, column, value)
                case _ if words := _words(value, self._text):
                    colours = self._severities[value] if isinstance(value, Severity) else None
                    self._sheet.write_string(self.row, column, words, colours)

    def _write_moment(self, column: int, moment: datetime) -> None:
        """Write a moment of the zone as a date, or as a text if Excel has no such date."""
        shown = moment.replace(tzinfo=None, microsecond=0)
        if shown.year < _FIRST_YEAR:
            self._sheet.write_string(self.row, column, shown.isoformat(sep=" "))
        else:
            self._sheet.write_datetime(self.row, column, shown, self._moment)


def _words(value: object, text: Text) -> str:
    """Return the text of a cell; nothing where nothing is known."""
    match value:
        case Severity():
            return text.label(f"list-state-{value.value}")
        case ReaderState():
            return text.label(f"list-reader-{value.value}")
        case bool():
            return text.label("yes" if value else "no")
        case _:
            return escape(", ".join(value) if isinstance(value, tuple) else str(value or ""))
