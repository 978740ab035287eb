# SPDX-License-Identifier: Apache-2.0
"""The list for people: a line a workstation, in columns whose widths are known beforehand.

So a million lines go by without one being kept, and every page keeps its width.
"""

from collections import Counter
from collections.abc import Iterable, Iterator

import msgspec
from rich.cells import cell_len, set_cell_size
from rich.text import Text as Line

from cardtool.model.diagnosis import Severity
from cardtool.model.lists import ReaderState, Summary
from cardtool.text import Text
from cardtool.views.harmless import escape
from cardtool.views.paper import Paper

_WIDE = 76
"""Columns from which on there is room for the unit, the state in words and the last check."""

_DAY = 10
_UNIT = 10
_DAYS = 5
_DRAWER = "*"


class _Column(msgspec.Struct, frozen=True, kw_only=True):
    """What one is called, if anything, and how many columns of the page it takes."""

    label: str
    width: int
    is_right: bool = False


def render(summaries: Iterable[Summary], text: Text, paper: Paper | None = None) -> Iterator[str]:
    """Yield the heading, the lines, and how many there were of each state."""
    sheet = paper or Paper()
    columns = _columns(text, sheet)
    marks = {severity: _mark(severity, columns[0].width, text, sheet) for severity in Severity}
    nothing, counts = text.label("list-nothing"), Counter[Severity]()
    has_drawer = False
    for line in summaries:
        if not counts:
            heads = (text.label(column.label) if column.label else "" for column in columns)
            fitted = (_fitted(*cell, sheet) for cell in zip(heads, columns, strict=True))
            yield sheet.print([Line(" ".join(fitted).rstrip(), style="bold")])
        counts[line.severity] += 1
        in_drawer = line.card_seen_at is not None and line.card_seen_at < line.taken_at
        has_drawer |= in_drawer
        cells = _cells(line, text, is_wide=sheet.width >= _WIDE, in_drawer=in_drawer)
        fitted = (_fitted(*cell, sheet) for cell in zip(cells, columns[1:], strict=True))
        yield f"{marks[line.severity]} {' '.join(fitted)}".rstrip() + "\n"
    if has_drawer:
        yield "\n" + sheet.print([Line(text.label("list-drawer"), style="dim")])
    yield sheet.print([Line(), Line(_total(counts, text))] if counts else [Line(nothing)])


def _columns(text: Text, paper: Paper) -> tuple[_Column, ...]:
    """Return the columns; the name of the workstation has what the others leave."""
    is_wide = paper.width >= _WIDE
    states = (_state(severity, text) for severity in Severity)
    readers = (text.label(f"list-reader-{state.value}") for state in ReaderState)
    mark = max(cell_len(paper.symbol(severity).plain) for severity in Severity)
    state = mark + 1 + max(map(cell_len, states)) if is_wide else mark
    reader = max(map(cell_len, (*readers, text.label("list-reader"))))
    after = [
        _Column(label="list-not_after_at", width=_DAY + len(_DRAWER)),
        _Column(label="list-days-short", width=_DAYS, is_right=True),
        _Column(label="list-reader", width=reader),
    ]
    if is_wide:
        unit = _Column(label="list-unit", width=_UNIT)
        taken = max(_DAY, cell_len(text.label("list-taken_at")))
        after = [unit, *after, _Column(label="list-taken_at", width=taken)]
    rest = paper.width - state - sum(1 + column.width for column in after) - 1
    head = _Column(label="list-severity" if is_wide else "", width=state)
    return (head, _Column(label="list-host", width=rest), *after)


def _cells(line: Summary, text: Text, *, is_wide: bool, in_drawer: bool) -> Iterator[str]:
    yield escape(line.host)
    if is_wide:
        yield escape(line.unit)
    ends = "-" if line.not_after_at is None else text.short_day(line.not_after_at)
    yield ends + _DRAWER if in_drawer else ends
    yield "-" if line.days_left is None else str(line.days_left)
    yield text.label(f"list-reader-{line.reader.value}")
    if is_wide:
        yield text.short_day(line.taken_at)


def _fitted(value: str, column: _Column, paper: Paper) -> str:
    """Return a text of exactly the column's width; what is cut off shows as such."""
    width = column.width
    if value.isascii() and len(value) <= width:
        return value.rjust(width) if column.is_right else value.ljust(width)
    if cell_len(value) > width:
        return set_cell_size(value, width - 1) + ("…" if paper.symbols else "~")
    return set_cell_size(value, width)


def _mark(severity: Severity, width: int, text: Text, paper: Paper) -> str:
    """Return the mark and, where there is room, the word of a severity, as wide as its column."""
    mark = paper.symbol(severity)
    plain = mark.plain
    if paper.width >= _WIDE:
        wide = max(cell_len(paper.symbol(other).plain) for other in Severity)
        plain = f"{set_cell_size(plain, wide)} {_state(severity, text)}"
    shown = paper.print([Line(plain, style=mark.style)]).rstrip("\n")
    return shown + " " * (width - cell_len(plain))


def _state(severity: Severity, text: Text) -> str:
    return text.label(f"list-state-{severity.value}")


def _total(counts: Counter[Severity], text: Text) -> str:
    worst_first = sorted(counts, key=lambda severity: severity.rank, reverse=True)
    states = [f"{_state(severity, text)}: {counts[severity]}" for severity in worst_first]
    return ", ".join([f"{text.label('list-lines')}: {counts.total()}", *states])
