# SPDX-License-Identifier: Apache-2.0
"""One line a workstation for spreadsheets: UTF-8 with a byte order mark, no formula ever.

The columns are the fields of `Summary` by their names, in their order, and new ones come last.
Lists are joined by blanks, names of readers, which hold blanks themselves, by ` | `. Moments are
in UTC, numbers bare. Source: RFC 4180.
"""

import functools
import re
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from typing import Any, get_type_hints

import msgspec

from cardtool.model.moments import iso
from cardtool.model.summary import Summary
from cardtool.text import Text
from cardtool.views.harmless import escape

_SECONDS = len("2026-11-23T06:30:00")
_LONG = 1000

_SIGNS = r"=+\-@⁺⁼₊₌⩵⩶﬩﹢﹣﹦﹫＋－＝＠"  # noqa: RUF001 - lookalikes on purpose
"""What a formula begins with, and all that compatibility makes one of. Source: UAX #15, NFKC."""

_FORMULA = re.compile(rf"((?:^|[;,|])[\s\"']*)(?=[{_SIGNS}])")
"""Where a formula could begin: in front, and after what a spreadsheet may take for the next cell.

With Turkish settings that is `;`, and quotation marks protect nothing there.
"""

_PLAIN = re.compile(r"(?:[\w~][\w .:/()*~-]{0,999})?")
"""Most values: nothing in them needs a second look. What `\\w` matches is never category C."""


HEADING = "\ufeff" + ",".join(Summary.__struct_fields__) + "\r\n"


def render(summaries: Iterable[Summary], text: Text) -> Iterator[str]:
    """Yield the heading and a line for each workstation."""
    del text
    yield HEADING
    yield from map(line, summaries)


def inert(value: str) -> str:
    """Return a text that no spreadsheet computes.

    What is hidden goes (`harmless.escape`), and an apostrophe comes before each sign that could
    begin a formula: taking that apostrophe away there gives the text back.
    """
    return _FORMULA.sub(r"\1'", escape(value))


def line(summary: Summary) -> str:
    """Return the line of a workstation."""
    values = zip(_CELLS, msgspec.structs.astuple(summary), strict=True)
    return ",".join([made(value) for made, value in values]) + "\r\n"


def _at(moment: datetime | None) -> str:
    if moment is None:
        return ""
    # a list has hundreds of thousands of them: without `iso`, which is for any offset
    return f"{moment.isoformat()[:_SECONDS]}Z" if moment.tzinfo is UTC else iso(moment)


def joined(names: Iterable[str]) -> str:
    """Return names, which may have blanks in them, as one cell."""
    return known(" | ".join(names))


def cell(value: str) -> str:
    """Return a text as a cell."""
    if len(value) < _LONG and value.isalnum():
        return value
    return value if _PLAIN.fullmatch(value) else _quoted(inert(value))


known = functools.lru_cache(maxsize=4096)(cell)
"""The same for what many lines have in common."""


_SHARED = {"unit", "verdict", "issuer", "practice"}
"""Texts that many lines have in common."""


def _made_by(field: str, kind: object) -> Callable[[Any], str]:
    """Return what makes a cell of a field of `Summary`, by its type."""
    if kind is str:
        return known if field in _SHARED else cell
    if kind == tuple[str, ...]:
        return joined if field == "readers" else _codes
    if kind == int | None:
        return _number
    return str if isinstance(kind, type) and issubclass(kind, str) else _at


def _codes(codes: tuple[str, ...]) -> str:
    return known(" ".join(codes))


def _number(value: int | None) -> str:
    return "" if value is None else str(value)


_CELLS = tuple(_made_by(*each) for each in get_type_hints(Summary).items())
"""What makes each cell, in the order of the fields."""


def _quoted(value: str) -> str:
    """Return a cell without a line break as it stands between commas."""
    if "," not in value and '"' not in value:
        return value
    return '"' + value.replace('"', '""') + '"'
