# SPDX-License-Identifier: Apache-2.0
"""One line for a monitoring system: the worst state, why, and performance data.

It names no person. For one workstation it tells its verdict, for several how many are how.
Source: Monitoring Plugins Development Guidelines, "Plugin Output for Nagios", "Threshold and
Ranges" and "Performance data"; the 4 KB are MAX_PLUGIN_OUTPUT_LENGTH of Nagios 3.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator

from cardtool.model.diagnosis import Severity
from cardtool.model.summary import ReaderState, Summary
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


class _Counts:
    """What is known of the lines so far; as large for two as for a million."""

    def __init__(self) -> None:
        self.lines = 0
        self.severities: Counter[Severity] = Counter()
        self.codes: Counter[str] = Counter()
        self.readers: Counter[ReaderState] = Counter()
        self.without_nes = 0
        self.fewest_days: int | None = None

    def add(self, line: Summary) -> None:
        self.lines += 1
        self.severities[line.severity] += 1
        self.readers[line.reader] += 1
        if line.severity is not Severity.OK:
            self.codes[line.verdict] += 1
        if line.days_left is None:
            self.without_nes += 1
        elif self.fewest_days is None or line.days_left < self.fewest_days:
            self.fewest_days = line.days_left


def render(
    summaries: Iterable[Summary], text: Text, days: Days = lambda _: (90, 15)
) -> Iterator[str]:
    """Yield the line; `days` are the site's, which the days left are held against."""
    counts, first = _Counts(), None
    for each in summaries:
        first = first or each
        counts.add(each)
    if first is None:
        yield _line(Severity.UNKNOWN, text.label("list-nothing"), ["workstations=0;;;0"])
    elif counts.lines == 1:
        yield _one(first, text, days(first.issuer))
    else:
        yield _many(counts, text, days(""))


def _one(line: Summary, text: Text, days: tuple[int, int]) -> str:
    left = _NOT_KNOWN if line.days_left is None else str(line.days_left)
    said = [f"{text.label('practice')}: {_bare(line.practice)}"] if line.practice else []
    said.append(_bare(line.verdict))
    if line.days_left is not None:
        said.append(f"{text.label('list-days_left')}: {left}")
    said.append(f"{text.label('list-reader')}: {text.label(f'list-reader-{line.reader.value}')}")
    warning, critical = days
    return _line(line.severity, ", ".join(said), [f"days_left={left};{warning}:;{critical}:"])


def _many(counts: _Counts, text: Text, days: tuple[int, int]) -> str:
    severities = sorted(counts.severities, key=lambda each: each.rank, reverse=True)
    said = [f"{text.label('list-count')}: {counts.lines}"]
    said += [f"{text.label(f'list-state-{e.value}')}: {counts.severities[e]}" for e in severities]
    said += [f"{_bare(code)}: {many}" for code, many in counts.codes.most_common(_MOST_CODES)]
    numbers = {
        "workstations": counts.lines,
        **{each.value: counts.severities[each] for each in Severity},
        **{f"reader_{each.value}": counts.readers[each] for each in ReaderState},
        "without_nes": counts.without_nes,
    }
    data = [f"{name}={number};;;0" for name, number in numbers.items()]
    if counts.fewest_days is not None:
        data.append(f"fewest_days_left={counts.fewest_days};{days[0]}:;{days[1]}:")
    return _line(severities[0], ", ".join(said), data)


def _line(severity: Severity, said: str, data: Iterable[str]) -> str:
    return f"CARDTOOL {severity.name} - {said} | {' '.join(data)}\n"


def _bare(value: str) -> str:
    """Return a text that ends neither the line nor the part before the performance data."""
    return escape(value)[:_LONGEST].replace("|", "/")
