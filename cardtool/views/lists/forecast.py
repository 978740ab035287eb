# SPDX-License-Identifier: Apache-2.0
"""Shows the renewals ahead: as a table with bars, as a picture, or as rows.

The picture is an SVG without any other file. Each bar has a title with its month and number, for
the pointer and for screen readers. Its role is not `img`, because then no title inside it would be
read. Source: SVG 1.1, and WAI-ARIA Graphics Module for the roles.
"""

from collections.abc import Iterable, Iterator
from xml.sax.saxutils import escape as quoted

import msgspec
from rich.table import Table
from rich.text import Text as Line

from cardtool.model.lists import Forecast, Renewals
from cardtool.text import Text
from cardtool.views.harmless import escape
from cardtool.views.lists import csv
from cardtool.views.paper import PAPER, Paper

_YEAR = 12

_WIDTH, _HEIGHT = 960, 360
_LEFT, _TOP, _BOTTOM = 50, 50, 70
_GRID = 4
_COLOURS = {"overdue": "#b3261e", "month": "#2e6f40", "later": "#6b6b6b"}


def render(forecast: Forecast, text: Text, paper: Paper = PAPER) -> Iterator[str]:
    """Yield the months with a bar each, or the units with their years."""
    table = Table(box=None, padding=(0, 1, 0, 0), header_style="bold", pad_edge=False)
    if forecast.by_unit:
        _fill_with_units(table, forecast, text)
    else:
        _fill_with_months(table, forecast, text, paper)
    total = f"{text.label('forecast-total')}: {sum(line.count for line in forecast.lines)}"
    cost = money(_cost(forecast.lines), forecast.currency, text)
    yield paper.print([table, Line(), Line(f"{total}, {cost}" if cost else total)])


def render_csv(forecast: Forecast, _text: Text | None = None) -> Iterator[str]:
    """Yield a row for each month and unit; costs have a column only if there is a price."""
    fields = [*Renewals.__struct_fields__, "currency"]
    if _cost(forecast.lines) is None:
        fields = [name for name in fields if name not in ("cost", "currency")]
    rows = (
        msgspec.structs.asdict(line) | {"currency": forecast.currency} for line in forecast.lines
    )
    return csv.rows(fields, ([row[name] for name in fields] for row in rows))


def render_svg(forecast: Forecast, text: Text) -> Iterator[str]:
    """Yield the picture; units are shown together."""
    lines = by_month(forecast)
    # round up, so that each line of the grid stands at a whole number
    most = max(_GRID, -(-max(line.count for line in lines) // _GRID) * _GRID)
    step = (_WIDTH - _LEFT - 10) / len(lines)
    total = f"{text.label('forecast-total')}: {sum(line.count for line in lines)}"
    title = f"{text.label('forecast-title')}: {text.moment(forecast.at)}"
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}"'
        ' role="graphics-document document" aria-labelledby="forecast-title"'
        ' aria-describedby="forecast-total" font-family="sans-serif" font-size="11">'
        f'<title id="forecast-title">{_safe(title)}</title>'
        f'<desc id="forecast-total">{_safe(total)}</desc>\n'
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="#fff"/>\n'
        f'<text x="{_LEFT}" y="25" font-size="16">{_safe(title)}</text>\n'
    )
    for part in range(_GRID + 1):
        count = most * part // _GRID
        y = _y(count, most)
        yield (
            f'<line x1="{_LEFT}" x2="{_WIDTH - 10}" y1="{y:.1f}" y2="{y:.1f}" stroke="#ddd"/>\n'
            f'<text x="{_LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{count}</text>\n'
        )
    for place, line in enumerate(lines):
        x, y = _LEFT + place * step, _y(line.count, most)
        name, cost = _name(line, text), money(line.cost, forecast.currency, text)
        words = f"{name}: {line.count}" + (f", {cost}" if cost else "")
        yield (
            f'<rect role="graphics-symbol img" x="{x + 2:.1f}" y="{y:.1f}" width="{step - 4:.1f}"'
            f' height="{_y(0, most) - y:.1f}" fill="{_COLOURS[line.when]}">'
            f"<title>{_safe(words)}</title></rect>\n"
            f'<text transform="translate({x + step / 2 + 4:.1f} {_y(0, most) + 8})'
            f' rotate(-90)" text-anchor="end">{_safe(name)}</text>\n'
        )
    yield "</svg>\n"


def by_month(forecast: Forecast) -> list[Renewals]:
    """Return a line for each month, units together, and the other lines that are not zero."""
    sums: dict[tuple[str, str], Renewals] = {}
    for line in forecast.lines:
        key = (line.when, line.month)
        earlier = sums.get(key)
        if earlier is None:
            sums[key] = msgspec.structs.replace(line, unit="")
        else:
            cost = None if line.cost is None else (earlier.cost or 0) + line.cost
            count = earlier.count + line.count
            sums[key] = msgspec.structs.replace(earlier, count=count, cost=cost)
    return [line for line in sums.values() if line.when == "month" or line.count]


def money(amount: float | None, currency: str, text: Text) -> str:
    """Return an amount as the language writes it; empty: there is none."""
    if amount is None:
        return ""
    marks = str.maketrans(",.", text.label("forecast-marks"))
    return f"{amount:,.2f}".translate(marks) + f" {escape(currency)}"


def _name(line: Renewals, text: Text) -> str:
    return line.month if line.when == "month" else text.label(f"forecast-{line.when}")


def _cost(lines: Iterable[Renewals]) -> float | None:
    costs = [line.cost for line in lines if line.cost is not None]
    return sum(costs) if costs else None


def _fill_with_months(table: Table, forecast: Forecast, text: Text, paper: Paper) -> None:
    lines = by_month(forecast)
    most = max((line.count for line in lines), default=0) or 1
    names = [_name(line, text) for line in lines]
    costs = [money(line.cost, forecast.currency, text) for line in lines]
    used = max(map(len, [*names, text.label("forecast-month")])) + 8 + max(map(len, costs)) + 3
    room = max(5, paper.width - used)
    table.add_column(text.label("forecast-month"), no_wrap=True)
    table.add_column(text.label("forecast-count"), justify="right", no_wrap=True)
    has_cost = _add_cost(table, forecast, text)
    table.add_column("", no_wrap=True, overflow="crop")
    for line, name, cost in zip(lines, names, costs, strict=True):
        # at least one mark for at least one renewal
        bar = ("█" if paper.symbols else "#") * -(-line.count * room // most)
        style = "red" if line.when == "overdue" else "green"
        table.add_row(name, str(line.count), *[cost] * has_cost, Line(bar, style=style))


def _fill_with_units(table: Table, forecast: Forecast, text: Text) -> None:
    """Add the years of each unit; the months of each are for programs."""
    table.add_column(text.label("list-unit"), overflow="fold")
    for key in ("overdue", "year-1", "year-2", "year-3", "later", "total"):
        table.add_column(text.label(f"forecast-{key}"), justify="right")
    has_cost = _add_cost(table, forecast, text)
    for unit in dict.fromkeys(line.unit for line in forecast.lines):
        lines = [line for line in forecast.lines if line.unit == unit]
        overdue, months, later = (
            [line.count for line in lines if line.when == when]
            for when in ("overdue", "month", "later")
        )
        years = [sum(months[start : start + _YEAR]) for start in range(0, len(months), _YEAR)]
        numbers = (sum(overdue), *years, sum(later), sum(line.count for line in lines))
        cost = money(_cost(lines), forecast.currency, text)
        name = escape(unit) or text.label("forecast-no-unit")
        table.add_row(name, *map(str, numbers), *[cost] * has_cost)


def _add_cost(table: Table, forecast: Forecast, text: Text) -> bool:
    """Add the column of costs, and return whether there is one: no column without a price."""
    has_cost = _cost(forecast.lines) is not None
    if has_cost:
        table.add_column(text.label("forecast-cost"), justify="right", no_wrap=True)
    return has_cost


def _y(count: int, most: int) -> float:
    return _TOP + (_HEIGHT - _TOP - _BOTTOM) * (1 - count / most)


def _safe(words: str) -> str:
    return quoted(escape(words))  # it stands in no attribute
