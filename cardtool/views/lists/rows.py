# SPDX-License-Identifier: Apache-2.0
"""Rows of plain values as CSV or as a JSON list, for lists of other things than workstations.

What a cell of a spreadsheet may hold is `views.csv`'s to say.
"""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

import msgspec

from cardtool.model.moments import iso
from cardtool.views.lists.csv import inert
from cardtool.views.lists.ndjson import render as lines

if TYPE_CHECKING:  # a program that wants data does not wait for words
    from cardtool.text import Text

Value = str | int | float | bool | datetime | None


def render_csv(heading: Sequence[str], rows: Iterable[Iterable[Value]]) -> Iterator[str]:
    """Yield the heading and the rows, with a byte order mark."""
    line = io.StringIO(newline="")
    writer = csv.writer(line, lineterminator="\r\n")
    writer.writerow(heading)
    yield "\ufeff" + line.getvalue()
    for row in rows:
        line.seek(0)
        line.truncate()
        writer.writerow(map(_cell, row))
        yield line.getvalue()


def render_json(records: Iterable[msgspec.Struct], text: "Text | None" = None) -> Iterator[str]:
    """Yield a list of records, one on a line."""
    del text
    before = "["
    for line in lines(records):
        yield before + "\n" + line.rstrip("\n")
        before = ","
    yield "[]\n" if before == "[" else "\n]\n"


def _cell(value: Value) -> str | int | float:
    match value:
        case None:
            return ""
        case bool():
            return str(value).lower()
        case datetime():
            return iso(value)
        case str():
            return inert(value)
        case _:
            return value
