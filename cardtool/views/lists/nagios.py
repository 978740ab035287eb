# SPDX-License-Identifier: Apache-2.0
"""One line for a monitoring system: the worst state, why, and performance data.

It names no person. For one workstation it shows the verdict, for several the counts of each state.
Source: Monitoring Plugins Development Guidelines, "Plugin Output for Nagios", "Threshold and
Ranges" and "Performance data"; the 4 KB are MAX_PLUGIN_OUTPUT_LENGTH of Nagios 3.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from itertools import chain, islice

from cardtool.model.diagnosis import Severity
from cardtool.model.lists import ReaderState, Summary
from cardtool.text import Text
from cardtool.views.harmless import escape

_LONGEST = 120
"""Characters of one value."""

_MOST_CODES = 5
"""Codes that are counted in words; the rest is in other formats."""

_NOT_KNOWN = "U"
"""What performance data say for a value that could not be determined. Source: the guidelines."""

Days = Callable[[str], tuple[int, int]]
"""Name of an issuer -> days before the end that are a warning, and that are critical."""


def render(
    summaries: Iterable[Summary], text: Text, days: Days = lambda _: (90, 15)
) -> Iterator[str]:
    """Yield the line; `days` are the site's, which the days left are held against."""
    lines = iter(summaries)
    match list(islice(lines, 2)):
        case []:
            yield _line(Severity.UNKNOWN, text.label("list-nothing"), ["workstations=0;;;0"])
        case [only]:
            yield _one(only, text, days(only.issuer))
        case several:
            yield _many(chain(several, lines), text, days(""))


def _one(line: Summary, text: Text, days: tuple[int, int]) -> str:
    """Say how one workstation is."""
    left = _NOT_KNOWN if line.days_left is None else str(line.days_left)
    parts = [f"{text.label('practice')}: {_bare(line.practice)}"] if line.practice else []
    parts.append(_bare(line.verdict))
    if line.days_left is not None:
        parts.append(f"{text.label('list-days_left')}: {left}")
    parts.append(f"{text.label('list-reader')}: {text.label(f'list-reader-{line.reader.value}')}")
    warning, critical = days
    return _line(line.severity, ", ".join(parts), [f"days_left={left};{warning}:;{critical}:"])


def _many(lines: Iterable[Summary], text: Text, days: tuple[int, int]) -> str:
    """Return the counts of each state, without keeping the lines in memory."""
    severities, readers, codes = Counter[Severity](), Counter[ReaderState](), Counter[str]()
    without_nes = 0
    fewest_days: int | None = None
    for line in lines:
        severities[line.severity] += 1
        readers[line.reader] += 1
        if line.severity is not Severity.OK:
            codes[line.verdict] += 1
        if line.days_left is None:
            without_nes += 1
        elif fewest_days is None or line.days_left < fewest_days:
            fewest_days = line.days_left
    worst_first = sorted(severities, key=lambda severity: severity.rank, reverse=True)
    parts = [f"{text.label('list-count')}: {severities.total()}"]
    parts += [f"{text.label(f'list-state-{e.value}')}: {severities[e]}" for e in worst_first]
    parts += [f"{_bare(code)}: {count}" for code, count in codes.most_common(_MOST_CODES)]
    numbers = {
        "workstations": severities.total(),
        **{severity.value: severities[severity] for severity in Severity},
        **{f"reader_{state.value}": readers[state] for state in ReaderState},
        "without_nes": without_nes,
    }
    data = [f"{name}={number};;;0" for name, number in numbers.items()]
    if fewest_days is not None:
        data.append(f"fewest_days_left={fewest_days};{days[0]}:;{days[1]}:")
    return _line(worst_first[0], ", ".join(parts), data)


def _line(severity: Severity, words: str, data: Iterable[str]) -> str:
    return f"CARDTOOL {severity.name} - {words} | {' '.join(data)}\n"


def _bare(value: str) -> str:
    """Return a text that ends neither the line nor the part before the performance data."""
    return escape(value)[:_LONGEST].replace("|", "/")
