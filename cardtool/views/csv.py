# SPDX-License-Identifier: Apache-2.0
"""One line a workstation for spreadsheets: UTF-8 with a byte order mark, no formula ever.

The columns are the fields of `Summary` by their names, in their order, and new ones come last.
Lists are joined by blanks, names of readers, which hold blanks themselves, by ` | `. Moments are
in UTC, numbers bare. Source: RFC 4180.
"""

import functools
import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

import msgspec

from cardtool.model.summary import Summary
from cardtool.text import Text
from cardtool.views.harmless import escape
from cardtool.views.moments import iso

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
    # fmt: off
    (host, host_id, unit, user, at, taken_at, severity, verdict, codes, reader, readers, holder,
     person, issuer, sha256, not_before_at, not_after_at, days_left, card_seen_at, opens_at,
     apply_by_at, practice) = msgspec.structs.astuple(summary)
    cells = (
        cell(host), cell(host_id), known(unit), cell(user), iso(at), _at(taken_at), severity,
        known(verdict), known(" ".join(codes)), reader, joined(readers),
        cell(holder), cell(person), known(issuer), cell(sha256), _at(not_before_at),
        _at(not_after_at), "" if days_left is None else str(days_left), _at(card_seen_at),
        _at(opens_at), iso(apply_by_at) if apply_by_at else "", f"{known(practice)}\r\n",
    )
    # fmt: on
    return ",".join(cells)


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


def _quoted(value: str) -> str:
    """Return a cell without a line break as it stands between commas."""
    if "," not in value and '"' not in value:
        return value
    return '"' + value.replace('"', '""') + '"'
