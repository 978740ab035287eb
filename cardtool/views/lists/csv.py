# SPDX-License-Identifier: Apache-2.0
"""Rows for spreadsheets: UTF-8 with a byte order mark, and never a formula.

The columns of a list of workstations are the fields of `Summary` by their names, in their order;
new ones come last. Codes are joined by blanks, names of readers, which hold blanks themselves, by
` | `. Moments are in UTC, numbers bare. Source: RFC 4180.
"""

import functools
import re
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from types import NoneType
from typing import Any

import msgspec

from cardtool.model.lists import Summary
from cardtool.model.moments import iso
from cardtool.text import Text
from cardtool.views.harmless import escape

Value = str | int | float | bool | datetime | tuple[str, ...] | None

_READERS = Summary.__struct_fields__.index("readers")
_LONG = 1000

_SIGNS = r"=+\-@⁺⁼₊₌⩵⩶﬩﹢﹣﹦﹫＋－＝＠"  # noqa: RUF001 - lookalikes on purpose
"""The signs that begin a formula, and their variants in Unicode. Source: UAX #15, NFKC."""

_FORMULA = re.compile(rf"((?:^|[;,|])[\s\"']*)(?=[{_SIGNS}])")
"""Where a formula could begin: at the start, or after what a spreadsheet may take for the end of a
cell. With Turkish settings that is `;`, and quotation marks do not protect it.
"""

_PLAIN = re.compile(r"(?:[\w~][\w .:/()*~-]{0,999})?")
"""Most values, which need no further check. No character that `\\w` matches is of category C."""


def render(summaries: Iterable[Summary], _text: Text | None = None) -> Iterator[str]:
    """Yield the heading and a line for each workstation."""
    return rows(Summary.__struct_fields__, map(_values, summaries))


def rows(heading: Iterable[str], lines: Iterable[Iterable[Value]]) -> Iterator[str]:
    """Yield the heading and a line for each row."""
    yield "\ufeff" + _line(heading)
    yield from map(_line, lines)


def inert(value: str) -> str:
    """Return a text that no spreadsheet computes.

    Hidden characters are removed (`harmless.escape`), and an apostrophe is put before each sign
    that could begin a formula; without these apostrophes it is the same text.
    """
    return _FORMULA.sub(r"\1'", escape(value))


def _values(summary: Summary) -> Iterable[Value]:
    values = list(msgspec.structs.astuple(summary))
    values[_READERS] = " | ".join(summary.readers)
    return values


def _line(values: Iterable[Value]) -> str:
    cells = [_CELLS.get(type(value), _text_cell)(value) for value in values]
    return ",".join(cells) + "\r\n"


def _text_cell(value: str) -> str:
    """Return a text without line breaks as a cell between commas."""
    if not value or (len(value) < _LONG and value.isalnum()) or _PLAIN.fullmatch(value):
        return value
    shown = inert(value)
    return '"' + shown.replace('"', '""') + '"' if "," in shown or '"' in shown else shown


@functools.lru_cache(maxsize=4096)  # many lines have the same
def _codes(codes: tuple[str, ...]) -> str:
    return _text_cell(" ".join(codes))


_CELLS: dict[type, Callable[[Any], str]] = {
    NoneType: lambda _: "",
    bool: lambda value: str(value).lower(),
    int: str,
    float: str,
    datetime: iso,
    tuple: _codes,
}
"""Type of a value -> function that makes its cell; any other value is a text."""
