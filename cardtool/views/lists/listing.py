# SPDX-License-Identifier: Apache-2.0
"""Workstations for people: a line each, or a table of how many share a value.

The widths of the columns are known beforehand, so a list of a million lines keeps none of them in
memory.
"""

import textwrap
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import NamedTuple

from rich.cells import cell_len, set_cell_size
from rich.table import Table
from rich.text import Text as Line

from cardtool.model.diagnosis import Severity
from cardtool.model.lists import ReaderState, Summary
from cardtool.text import Text
from cardtool.views.data.json import document
from cardtool.views.harmless import escape
from cardtool.views.lists import csv
from cardtool.views.paper import PAPER, Paper

Tally = Mapping[str, Counter[str]]
"""Counts by the shared value, then by severity."""

_WIDE = 76
"""From so many columns there is room for the unit, the state in words and the last check."""

_DAY = 10
_UNIT = 10
_DAYS = 5
_DRAWER = "*"
_GAP = 2
_INDENT = "  "
_WORST_FIRST = tuple(reversed(Severity))


class _Column(NamedTuple):
    """A column: its title, its width on the page, and the function that gives its cells."""

    title: str
    width: int
    cell: Callable[[Summary], str]
    is_right: bool = False


def render(summaries: Iterable[Summary], text: Text, paper: Paper = PAPER) -> Iterator[str]:
    """Yield the heading, the lines, and the number of lines of each state."""
    width, marks = _marks(text, paper)
    columns = _columns(paper.width - width, text, is_wide=paper.width >= _WIDE)
    counts = Counter[Severity]()
    has_drawer = False
    for line in summaries:
        if not counts:
            first = text.label("list-severity") if paper.width >= _WIDE else ""
            titles = (_fitted(column.title, column, paper) for column in columns)
            heading = " ".join((set_cell_size(first, width), *titles)).rstrip()
            yield paper.print([Line(heading, style="bold")])
        counts[line.severity] += 1
        has_drawer |= _is_in_drawer(line)
        cells = (_fitted(column.cell(line), column, paper) for column in columns)
        yield " ".join((marks[line.severity], *cells)).rstrip() + "\n"
    if has_drawer:
        yield "\n" + paper.print([Line(text.label("list-drawer"), style="dim")])
    if counts:
        states = (
            f"{_state(severity, text)}: {counts[severity]}"
            for severity in _WORST_FIRST
            if counts[severity]
        )
        total = ", ".join((f"{text.label('list-lines')}: {counts.total()}", *states))
        yield paper.print([Line(), Line(total)])
    else:
        yield paper.print([Line(text.label("list-nothing"))])


def tally(counts: Tally, text: Text, paper: Paper = PAPER, *, by: str) -> Iterator[str]:
    """Yield a table of counts, the largest first."""
    if not counts:
        yield text.label("list-nothing") + "\n"
        return
    heading = [text.label("list-codes" if by == "code" else f"list-{by}"), text.label("list-count")]
    heading += (_state(severity, text) for severity in _WORST_FIRST)
    rows = [
        [_shared(key, text, by), *map(str, numbers.values())] for key, numbers in _numbers(counts)
    ]
    widths = [max(map(len, column)) for column in zip(heading, *rows, strict=True)]
    if sum(widths) + _GAP * (len(widths) - 1) > paper.width:
        yield "".join(_stacked(heading, row, paper) for row in rows)
        return
    table = Table(box=None, pad_edge=False)
    for place, name in enumerate(heading):
        table.add_column(name, justify="right" if place else "left")
    for row in rows:
        table.add_row(*row)
    yield paper.print([table])


def tally_csv(counts: Tally, _text: Text | None = None, *, by: str) -> Iterator[str]:
    """Yield the table as CSV, with names for programs."""
    heading = (by, "workstations", *(severity.value for severity in _WORST_FIRST))
    return csv.rows(heading, ((key, *numbers.values()) for key, numbers in _numbers(counts)))


def tally_json(counts: Tally, _text: Text | None = None, *, by: str) -> Iterator[str]:
    """Yield the table as a list of objects."""
    yield document([{by: key, **numbers} for key, numbers in _numbers(counts)])


def _columns(room: int, text: Text, *, is_wide: bool) -> list[_Column]:
    """Return the columns after the mark; the name of the workstation gets the remaining width."""

    def end(line: Summary) -> str:
        day = "-" if line.not_after_at is None else text.short_day(line.not_after_at)
        return day + _DRAWER if _is_in_drawer(line) else day

    def days(line: Summary) -> str:
        return "-" if line.days_left is None else str(line.days_left)

    readers = {state: text.label(f"list-reader-{state.value}") for state in ReaderState}
    reader = max(map(cell_len, (*readers.values(), text.label("list-reader"))))
    columns = [
        _Column(text.label("list-not_after_at"), _DAY + len(_DRAWER), end),
        _Column(text.label("list-days-short"), _DAYS, days, is_right=True),
        _Column(text.label("list-reader"), reader, lambda line: readers[line.reader]),
    ]
    if is_wide:
        title = text.label("list-taken_at")
        taken = max(_DAY, cell_len(title))
        columns = [
            _Column(text.label("list-unit"), _UNIT, lambda line: escape(line.unit)),
            *columns,
            _Column(title, taken, lambda line: text.short_day(line.taken_at)),
        ]
    rest = room - sum(1 + column.width for column in columns) - 1
    return [_Column(text.label("list-host"), rest, lambda line: escape(line.host)), *columns]


def _is_in_drawer(line: Summary) -> bool:
    """Tell whether the card was seen earlier, and is not in a reader now."""
    return line.card_seen_at is not None and line.card_seen_at < line.taken_at


def _fitted(value: str, column: _Column, paper: Paper) -> str:
    """Return a text of exactly the column's width; an ellipsis marks a text that was cut."""
    width = column.width
    if value.isascii() and len(value) <= width:
        return value.rjust(width) if column.is_right else value.ljust(width)
    if cell_len(value) > width:
        return set_cell_size(value, width - 1) + ("…" if paper.symbols else "~")
    return set_cell_size(value, width)


def _marks(text: Text, paper: Paper) -> tuple[int, dict[Severity, str]]:
    """Return the width of all marks, and each severity's mark, with its word if there is room."""
    symbols = {severity: paper.symbol(severity) for severity in Severity}
    width = max(cell_len(symbol.plain) for symbol in symbols.values())
    if paper.width >= _WIDE:
        for severity, symbol in symbols.items():
            symbol.pad_right(width - symbol.cell_len)
            symbol.append(f" {_state(severity, text)}")
        width = max(symbol.cell_len for symbol in symbols.values())
    marks = {}
    for severity, symbol in symbols.items():
        padding = " " * (width - symbol.cell_len)
        marks[severity] = paper.print([symbol]).rstrip("\n") + padding
    return width, marks


def _state(severity: Severity, text: Text) -> str:
    return text.label(f"list-state-{severity.value}")


def _numbers(counts: Tally) -> Iterator[tuple[str, dict[str, int]]]:
    """Yield each value with its counts by name for programs, the largest first."""
    for key, of_key in sorted(counts.items(), key=lambda item: (-item[1].total(), item[0])):
        severities = {severity.value: of_key[severity] for severity in _WORST_FIRST}
        yield key, {"workstations": of_key.total(), **severities}


def _shared(key: str, text: Text, by: str) -> str:
    """Return the words for a value that workstations share."""
    if by == "severity":
        return text.label(f"list-state-{key}")
    return text.label(f"list-reader-{key}") if by == "reader" else escape(key)


def _stacked(heading: list[str], row: list[str], paper: Paper) -> str:
    """Return a row as lines of its own, for a paper that is too narrow for the columns."""
    counts = ", ".join(
        f"{name}: {count}" for name, count in zip(heading[1:], row[1:], strict=True) if count != "0"
    )
    lines = textwrap.wrap(row[0], paper.width) or ["-"]
    lines += textwrap.wrap(counts, paper.width, initial_indent=_INDENT, subsequent_indent=_INDENT)
    return "".join(f"{line}\n" for line in lines)
