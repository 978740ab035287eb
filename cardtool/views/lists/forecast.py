# SPDX-License-Identifier: Apache-2.0
"""The renewals ahead: as a table with bars, as a picture, or as rows."""

from collections.abc import Iterable, Iterator

import msgspec
from rich.table import Table
from rich.text import Text as Line

from cardtool.model.lists import Forecast, Renewals
from cardtool.text import Text
from cardtool.views.harmless import escape
from cardtool.views.lists import csv
from cardtool.views.paper import Paper

_YEAR = 12


def render(forecast: Forecast, text: Text, paper: Paper | None = None) -> Iterator[str]:
    """Yield the months with a bar each, or the units with their years."""
    sheet = paper or Paper()
    table = _by_unit(forecast, text) if forecast.by_unit else _by_month(forecast, text, sheet)
    total = sum(line.count for line in forecast.lines)
    last = f"{text.label('forecast-total')}: {total}{_price(forecast, text)}"
    yield sheet.print([table, Line(), Line(last)])


def render_csv(forecast: Forecast, _text: Text | None = None) -> Iterator[str]:
    """Yield a row for each month and unit; without a price there is no column of costs."""
    fields = [*Renewals.__struct_fields__, "currency"]
    if not _has_cost(forecast):
        fields = [name for name in fields if name not in ("cost", "currency")]
    rows = (
        msgspec.structs.asdict(line) | {"currency": forecast.currency} for line in forecast.lines
    )
    return csv.rows(fields, ([row[name] for name in fields] for row in rows))


def named(line: Renewals, text: Text) -> str:
    """Return what a line is called."""
    return line.month if line.when == "month" else text.label(f"forecast-{line.when}")


def _has_cost(forecast: Forecast) -> bool:
    return any(line.cost is not None for line in forecast.lines)


def by_month(forecast: Forecast) -> list[Renewals]:
    """Return a line for each month, whatever the units, and others where there is something."""
    sums: dict[tuple[str, str], Renewals] = {}
    for line in forecast.lines:
        key = (line.when, line.month)
        known = sums.get(key)
        if known is None:
            sums[key] = msgspec.structs.replace(line, unit="")
        else:
            cost = None if line.cost is None else (known.cost or 0) + line.cost
            sums[key] = msgspec.structs.replace(known, count=known.count + line.count, cost=cost)
    return [line for line in sums.values() if line.when == "month" or line.count]


def money(amount: float | None, currency: str, text: Text) -> str:
    """Return an amount as its language writes it; nothing where there is none."""
    if amount is None:
        return ""
    marks = str.maketrans(",.", text.label("forecast-marks"))
    return f"{amount:,.2f}".translate(marks) + f" {escape(currency)}"


def _grid() -> Table:
    return Table(box=None, padding=(0, 1, 0, 0), header_style="bold", pad_edge=False)


def _by_month(forecast: Forecast, text: Text, paper: Paper) -> Table:
    lines = by_month(forecast)
    most = max((line.count for line in lines), default=0) or 1
    costs = [money(line.cost, forecast.currency, text) for line in lines]
    names = [named(line, text) for line in lines]
    used = max(map(len, [*names, text.label("forecast-month")])) + 8 + max(map(len, costs)) + 3
    room = max(5, paper.width - used)
    table = _grid()
    table.add_column(text.label("forecast-month"), no_wrap=True)
    table.add_column(text.label("forecast-count"), justify="right", no_wrap=True)
    if _has_cost(forecast):
        table.add_column(text.label("forecast-cost"), justify="right", no_wrap=True)
    table.add_column("", no_wrap=True, overflow="crop")
    for line, name, cost in zip(lines, names, costs, strict=True):
        # at least one mark for at least one renewal
        bar = ("█" if paper.symbols else "#") * -(-line.count * room // most)
        style = "red" if line.when == "overdue" else "green"
        cells = [name, str(line.count), *([cost] if _has_cost(forecast) else [])]
        table.add_row(*cells, Line(bar, style=style))
    return table


def _by_unit(forecast: Forecast, text: Text) -> Table:
    """Return the years of each unit; the months of each are for programs."""
    table = _grid()
    table.add_column(text.label("list-unit"), overflow="fold")
    for key in ("overdue", "year-1", "year-2", "year-3", "later", "total"):
        table.add_column(text.label(f"forecast-{key}"), justify="right")
    if _has_cost(forecast):
        table.add_column(text.label("forecast-cost"), justify="right", no_wrap=True)
    for unit in dict.fromkeys(line.unit for line in forecast.lines):
        own = [line for line in forecast.lines if line.unit == unit]
        months = [line.count for line in own if line.when == "month"]
        years = [sum(months[start : start + _YEAR]) for start in range(0, len(months), _YEAR)]
        overdue = sum(line.count for line in own if line.when == "overdue")
        later = sum(line.count for line in own if line.when == "later")
        total = sum(line.count for line in own)
        cells = [str(number) for number in (overdue, *years, later, total)]
        cost = [money(_cost(own), forecast.currency, text)] if _has_cost(forecast) else []
        table.add_row(escape(unit) or text.label("forecast-no-unit"), *cells, *cost)
    return table


def _cost(lines: Iterable[Renewals]) -> float | None:
    known = [line.cost for line in lines if line.cost is not None]
    return sum(known) if known else None


def _price(forecast: Forecast, text: Text) -> str:
    cost = money(_cost(forecast.lines), forecast.currency, text)
    return f", {cost}" if cost else ""
