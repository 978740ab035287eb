# SPDX-License-Identifier: Apache-2.0
"""Lists of workstations for monitoring systems, without any person.

Nagios: one line with the worst state, why, and performance data. For one workstation it shows the
verdict, for several the counts of each state.
Source: Monitoring Plugins Development Guidelines, "Plugin Output for Nagios", "Threshold and
Ranges" and "Performance data"; the 4 KB are MAX_PLUGIN_OUTPUT_LENGTH of Nagios 3.

Prometheus: metrics for node_exporter's textfile collector. Moments are absolute, so that `time()`
gives the days left long after the file was written. The lines of one metric must stand together, so
all metrics but the first are written to a spool, which may be a file, until the last workstation
has been seen. Sources: Prometheus, "Exposition formats" (text format 0.0.4) and "Metric and label
naming", which `promtool check metrics` checks; OpenMetrics 1.0, StateSet.
"""

import hashlib
import io
import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from itertools import chain, islice
from typing import NamedTuple, TextIO

from cardtool.model.diagnosis import Severity
from cardtool.model.lists import ReaderState, Summary
from cardtool.model.moments import seconds
from cardtool.text import Text
from cardtool.views.harmless import escape

_LONGEST_PLAIN = 120
"""Characters of one value in the line for Nagios."""

_LONGEST_LABEL = 200
"""Characters of a label of a metric."""

_MOST_CODES = 5
"""At most so many codes are counted in words; other formats have all."""

_ALTERED = re.compile(r"~[0-9a-f]{16}$")

_CHUNK = 1 << 16

Samples = Iterable[tuple[str, int]]
"""Numbers, each with a label `name="value"` of its own or none."""


class Family(NamedTuple):
    """A metric: a gauge of one or several samples for each workstation."""

    name: str
    means: str
    samples: Callable[[Summary], Samples]


def _moment(name: str, means: str, field: str) -> Family:
    """Return the metric of a moment, which a workstation may not have."""

    def samples(line: Summary) -> Samples:
        moment = getattr(line, field)
        return [] if moment is None else [("", seconds(moment))]

    return Family(f"cardtool_{name}_timestamp_seconds", means, samples)


FAMILIES = (
    Family(
        "cardtool_severity",
        "How a workstation stood when the file was written, 1 for the state it is in.",
        lambda line: (
            (f'severity="{severity.value}"', int(severity is line.severity))
            for severity in Severity
        ),
    ),
    Family(
        "cardtool_reader_state",
        "How its card reader stood, 1 for the state it is in.",
        lambda line: (
            (f'state="{state.value}"', int(state is line.reader)) for state in ReaderState
        ),
    ),
    Family(
        "cardtool_verdict_info",
        "Code of the finding that decides, always 1.",
        lambda line: [(f"verdict={_quoted(line.verdict)}", 1)],
    ),
    _moment("taken", "When the workstation was last checked.", "taken_at"),
    _moment("nes_seen", "When its e-signature certificate was last seen there.", "card_seen_at"),
    _moment(
        "nes_not_before",
        "First second of the e-signature certificate that lasts longest.",
        "not_before_at",
    ),
    _moment(
        "nes_not_after",
        "Last second of the e-signature certificate that lasts longest.",
        "not_after_at",
    ),
    _moment("nes_opens", "From when its renewal may be asked for.", "opens_at"),
    _moment(
        "nes_apply_by",
        "Last second in which to apply, so that the new card is there before the end.",
        "apply_by_at",
    ),
)
"""In the order of the output. The words are always English, because files that are read together
must not explain one metric in two ways."""


def nagios(
    summaries: Iterable[Summary],
    text: Text,
    days: Callable[[str], tuple[int, int]] = lambda _: (90, 15),
) -> Iterator[str]:
    """Yield the line for Nagios.

    `days`: an issuer, or "" for several -> days before the end that are a warning, and critical.
    """
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
    left = "U" if line.days_left is None else str(line.days_left)  # U: not known, by the guidelines
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
    without_nes, fewest_days = 0, math.inf
    for line in lines:
        severities[line.severity] += 1
        readers[line.reader] += 1
        if line.severity is not Severity.OK:
            codes[line.verdict] += 1
        if line.days_left is None:
            without_nes += 1
        else:
            fewest_days = min(fewest_days, line.days_left)
    worst_first = [severity for severity in reversed(Severity) if severities[severity]]
    parts = [f"{text.label('list-count')}: {severities.total()}"]
    parts += (
        f"{text.label(f'list-state-{severity.value}')}: {severities[severity]}"
        for severity in worst_first
    )
    parts += [f"{_bare(code)}: {count}" for code, count in codes.most_common(_MOST_CODES)]
    numbers = {
        "workstations": severities.total(),
        **{severity.value: severities[severity] for severity in Severity},
        **{f"reader_{state.value}": readers[state] for state in ReaderState},
        "without_nes": without_nes,
    }
    data = [f"{name}={number};;;0" for name, number in numbers.items()]
    if fewest_days < math.inf:
        data.append(f"fewest_days_left={fewest_days};{days[0]}:;{days[1]}:")
    return _line(worst_first[0], ", ".join(parts), data)


def _line(severity: Severity, words: str, data: Iterable[str]) -> str:
    return f"CARDTOOL {severity.name} - {words} | {' '.join(data)}\n"


def _bare(value: str) -> str:
    """Return a text that can end neither the line nor the part before the performance data."""
    return escape(value)[:_LONGEST_PLAIN].replace("|", "/")


def prometheus(
    summaries: Iterable[Summary], _text: Text, spool: Callable[[], TextIO] = io.StringIO
) -> Iterator[str]:
    """Yield the metrics; no two workstations may share a `host_id` or, without one, a name.

    `spool` makes a place for lines that have to wait; the default is memory.
    """
    first, *later = FAMILIES
    waiting = [(family, spool()) for family in later]
    try:
        yield _head(first)
        for line in summaries:
            labels = _labels(line)
            yield _samples(first, line, labels)
            for family, place in waiting:
                place.write(_samples(family, line, labels))
        for family, place in waiting:
            yield _head(family)
            place.seek(0)
            while part := place.read(_CHUNK):
                yield part
    finally:
        for _, place in waiting:
            place.close()


def _head(family: Family) -> str:
    return f"# HELP {family.name} {family.means}\n# TYPE {family.name} gauge\n"


def _samples(family: Family, line: Summary, labels: str) -> str:
    return "".join(
        f"{family.name}{{{labels}{label and ','}{label}}} {number}\n"
        for label, number in family.samples(line)
    )


def _labels(line: Summary) -> str:
    more = {"host_id": line.host_id, "unit": line.unit, "practice": line.practice}
    labels = {"host": line.host} | {name: value for name, value in more.items() if value}
    return ",".join(f"{name}={_quoted(value)}" for name, value in labels.items())


def _quoted(value: str) -> str:
    """Return a label's value in quotation marks; different values stay different.

    If something hidden or too long is removed, a digest of the whole takes its place, because the
    collector refuses a file with two equal series.
    """
    if not value.isprintable() or len(value) > _LONGEST_LABEL or _ALTERED.search(value):
        digest = hashlib.sha256(value.encode("utf-8", "surrogatepass")).hexdigest()[:16]
        value = f"{escape(value)[:_LONGEST_LABEL]}~{digest}"
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
