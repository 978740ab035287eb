# SPDX-License-Identifier: Apache-2.0
"""The renewals ahead as a picture: an SVG of bars that asks for nothing else, in any browser.

Each bar tells its month and number to who points at it or has it read out: the whole is no `img`,
of which nothing inside would be. Source: SVG 1.1, and WAI-ARIA Graphics Module for the roles.
"""

from collections.abc import Iterator
from xml.sax.saxutils import escape as quoted

from cardtool.model.lists import Forecast
from cardtool.text import Text
from cardtool.views.harmless import escape
from cardtool.views.lists.forecast import by_month, money, named

_WIDTH, _HEIGHT = 960, 360
_LEFT, _TOP, _BOTTOM = 50, 50, 70
_GRID = 4
_COLOURS = {"overdue": "#b3261e", "month": "#2e6f40", "later": "#6b6b6b"}


def render(forecast: Forecast, text: Text) -> Iterator[str]:
    """Yield the picture; units are shown together."""
    lines = by_month(forecast)
    most = _rounded(max(line.count for line in lines))
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
        name, cost = named(line, text), money(line.cost, forecast.currency, text)
        words = f"{name}: {line.count}" + (f", {cost}" if cost else "")
        yield (
            f'<rect role="graphics-symbol img" x="{x + 2:.1f}" y="{y:.1f}" width="{step - 4:.1f}"'
            f' height="{_y(0, most) - y:.1f}" fill="{_COLOURS[line.when]}">'
            f"<title>{_safe(words)}</title></rect>\n"
            f'<text transform="translate({x + step / 2 + 4:.1f} {_y(0, most) + 8})'
            f' rotate(-90)" text-anchor="end">{_safe(name)}</text>\n'
        )
    yield "</svg>\n"


def _y(count: int, most: int) -> float:
    return _TOP + (_HEIGHT - _TOP - _BOTTOM) * (1 - count / most)


def _rounded(most: int) -> int:
    """Return the next number that the lines of the grid divide into whole ones."""
    return max(_GRID, -(-most // _GRID) * _GRID)


def _safe(text: str) -> str:
    return quoted(escape(text), {'"': "&quot;"})
