# SPDX-License-Identifier: Apache-2.0
"""A table of counts: how many workstations share a value, and how many of each severity."""

import textwrap
from collections import Counter
from collections.abc import Iterator, Mapping

from rich.table import Table

from cardtool.model.diagnosis import Severity
from cardtool.text import Text
from cardtool.views.data.json import document
from cardtool.views.harmless import escape
from cardtool.views.lists import csv
from cardtool.views.paper import Paper

Tally = Mapping[str, Counter[str]]
"""Counts by the shared value, then by severity."""

_ORDER = tuple(reversed(Severity))
_GAP = 2
_INDENT = "  "


def render(tally: Tally, text: Text, paper: Paper | None = None, *, by: str) -> Iterator[str]:
    """Yield the table, the largest count first."""
    sheet = paper or Paper()
    heading = [text.label("list-codes" if by == "code" else f"list-{by}"), text.label("list-count")]
    heading += (text.label(f"list-state-{severity.value}") for severity in _ORDER)
    rows = [
        [
            _name(key, text, by),
            *map(str, (counts.total(), *(counts[severity.value] for severity in _ORDER))),
        ]
        for key, counts in _sorted(tally)
    ]
    widths = [max(map(len, column)) for column in zip(heading, *rows, strict=True)]
    if not tally:
        yield text.label("list-nothing") + "\n"
    elif sum(widths) + _GAP * (len(widths) - 1) > sheet.width:
        yield "".join(_stacked(heading, row, sheet) for row in rows)
    else:
        table = Table(box=None, pad_edge=False)
        for place, name in enumerate(heading):
            table.add_column(name, justify="right" if place else "left")
        for row in rows:
            table.add_row(*row)
        yield sheet.print([table])


def _stacked(heading: list[str], row: list[str], paper: Paper) -> str:
    """Return a row as lines of its own, for a paper that is too narrow for the columns."""
    counts = ", ".join(
        f"{name}: {count}" for name, count in zip(heading[1:], row[1:], strict=True) if count != "0"
    )
    lines = textwrap.wrap(row[0], paper.width) or ["-"]
    lines += textwrap.wrap(counts, paper.width, initial_indent=_INDENT, subsequent_indent=_INDENT)
    return "".join(f"{line}\n" for line in lines)


def render_csv(tally: Tally, _text: Text | None = None, *, by: str) -> Iterator[str]:
    """Yield the table with names for programs."""
    heading = (by, "workstations", *(severity.value for severity in _ORDER))
    return csv.rows(heading, (row.values() for row in _rows(tally, by)))


def render_json(tally: Tally, _text: Text | None = None, *, by: str) -> Iterator[str]:
    """Yield the table as a list of objects."""
    yield document(list(_rows(tally, by)))


def _rows(tally: Tally, by: str) -> Iterator[dict[str, str | int]]:
    for key, counts in _sorted(tally):
        numbers = {severity.value: counts[severity] for severity in _ORDER}
        yield {by: key, "workstations": counts.total(), **numbers}


def _sorted(tally: Tally) -> list[tuple[str, Counter[str]]]:
    return sorted(tally.items(), key=lambda item: (-item[1].total(), item[0]))


def _name(key: str, text: Text, by: str) -> str:
    if by == "severity":
        return text.label(f"list-state-{key}")
    return text.label(f"list-reader-{key}") if by == "reader" else escape(key)
