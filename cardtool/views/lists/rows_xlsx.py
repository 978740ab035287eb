# SPDX-License-Identifier: Apache-2.0
"""Rows of plain values as an Excel workbook: as `views.xlsx` does, for other lists."""

import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from xlsxwriter import Workbook
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from cardtool.text import Text
from cardtool.views.harmless import escape
from cardtool.views.lists.rows import Value
from cardtool.views.lists.xlsx import CHUNK, FIRST_YEAR, OPTIONS

_WIDTH = 18


def render(heading: Sequence[str], rows: Iterable[Iterable[Value]], text: Text) -> Iterator[bytes]:
    """Yield the workbook, one sheet with a heading that stays in sight."""
    with io.BytesIO() as place:
        workbook = Workbook(place, OPTIONS)
        try:
            _fill(workbook, heading, rows, text)
        finally:  # else the rows stay behind as files
            workbook.close()
        place.seek(0)
        while part := place.read(CHUNK):
            yield part


def _fill(
    workbook: Workbook, heading: Sequence[str], rows: Iterable[Iterable[Value]], text: Text
) -> None:
    bold = workbook.add_format({"bold": True, "bottom": 1})
    moment = workbook.add_format({"num_format": text.label("list-excel-moment")})
    sheet = workbook.add_worksheet(text.label("list-name"))
    sheet.set_column(0, len(heading) - 1, _WIDTH)
    sheet.freeze_panes(1, 0)
    for column, name in enumerate(heading):
        sheet.write_string(0, column, name, bold)
    number = 0
    for number, row in enumerate(rows, 1):
        for column, value in enumerate(row):
            _write(sheet, number, column, value, moment, text)
    sheet.autofilter(0, 0, number, len(heading) - 1)


def _write(  # noqa: PLR0913, PLR0917 - a cell
    sheet: Worksheet, row: int, column: int, value: Value, moment: Format, text: Text
) -> None:
    match value:
        case None | "":
            return
        case bool():
            sheet.write_string(row, column, text.label("yes" if value else "no"))
        case int() | float():
            sheet.write_number(row, column, value)
        case datetime():
            shown = text.local(value).replace(tzinfo=None, microsecond=0)
            if shown.year < FIRST_YEAR:
                sheet.write_string(row, column, shown.isoformat(sep=" "))
            else:
                sheet.write_datetime(row, column, shown, moment)
        case _:
            sheet.write_string(row, column, escape(value))
