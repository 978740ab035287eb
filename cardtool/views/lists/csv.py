# SPDX-License-Identifier: Apache-2.0
"""Rows for spreadsheets: UTF-8 with a byte order mark, and never a formula.

The columns of a list of workstations are the fields of `Summary` by their names, in their order;
new ones come last. Codes are joined by blanks, names of readers, which hold blanks themselves, by
` | `. Moments are in UTC, numbers bare. Source: RFC 4180.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import Any

from msgspec.structs import astuple

from cardtool.model.lists import Summary
from cardtool.model.moments import iso
from cardtool.text import Text
from cardtool.views.harmless import escape

Value = str | int | float | bool | datetime | tuple[str, ...] | None

_BETWEEN = {"readers": " | "}
"""Column -> what stands between the texts of one cell, where that is not a blank."""

_AT_ONCE = 500
"""Lines that are made together, column by column, which is several times as fast as one by one."""

_SIGNS = r"=+\-@⁺⁼₊₌⩵⩶﬩﹢﹣﹦﹫＋－＝＠"  # noqa: RUF001 - lookalikes on purpose
"""The signs that begin a formula, and their variants in Unicode. Source: UAX #15, NFKC."""

_FORMULA = re.compile(rf"((?:^|[;,|])[\s\"']*)(?=[{_SIGNS}])")
"""Where a formula could begin: at the start, or after what a spreadsheet may take for the end of a
cell. With Turkish settings that is `;`, and quotation marks do not protect it.
"""

_PLAIN = re.compile(r"(?:[\w~][\w .:/()*~-]{0,999})?")
"""Most values, which need no further check. No character that `\\w` matches is of category C."""


def render(summaries: Iterable[Summary], _text: Text | None = None) -> Iterator[str]:
    """Yield the heading, then the lines of the workstations, many at once."""
    return rows(Summary.__struct_fields__, map(astuple, summaries))


def rows(heading: Sequence[str], lines: Iterable[Iterable[Value]]) -> Iterator[str]:
    """Yield the heading, then a line for each row, many at once; a column has values of one type.

    A value may also be None.
    """
    yield f"\ufeff{','.join(heading)}\r\n"
    between = [_BETWEEN.get(name, " ") for name in heading]
    waiting = iter(lines)
    while part := list(islice(waiting, _AT_ONCE)):
        columns = map(_cells, zip(*part, strict=True), between)
        yield "".join(f"{','.join(line)}\r\n" for line in zip(*columns, strict=True))


def inert(value: str) -> str:
    """Return a text that no spreadsheet computes.

    Hidden characters are removed (`harmless.escape`), and an apostrophe is put before each sign
    that could begin a formula; without these apostrophes it is the same text.
    """
    return _FORMULA.sub(r"\1'", escape(value))


def _cells(column: Sequence[Any], between: str) -> Sequence[str]:
    """Return the cells of a column, so that a value that comes again is written once."""
    kinds = set(map(type, column))
    if datetime in kinds:
        return [iso(value) if isinstance(value, datetime) else "" for value in column]
    values = set(column)
    if kinds == {str} and all(map(_PLAIN.fullmatch, values)):
        return column
    cells = {value: _cell(value, between) for value in values}
    return [cells[value] for value in column]


def _cell(value: Value, between: str) -> str:
    """Return a cell without line breaks, as it stands between commas."""
    match value:
        case None:
            return ""
        case bool():
            return str(value).lower()
        case str() | tuple():
            shown = inert(value if isinstance(value, str) else between.join(value))
            return '"' + shown.replace('"', '""') + '"' if "," in shown or '"' in shown else shown
        case _:
            return str(value)
