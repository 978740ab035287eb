# SPDX-License-Identifier: Apache-2.0
"""Metrics of workstations for node_exporter's textfile collector, without a person in them.

Moments are absolute, so that `time()` tells the days left long after the file was written. The
lines of one metric must stand together, and each is known only when the last workstation has
been seen: all but the first metric wait in a spool each, which may be a file.
Sources: Prometheus, "Exposition formats" (text format 0.0.4) and "Metric and label naming",
which `promtool check metrics` holds metrics against; OpenMetrics 1.0, StateSet.
"""

import hashlib
import io
import re
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from itertools import chain
from typing import TextIO

import msgspec

from cardtool.model.diagnosis import Severity
from cardtool.model.lists import ReaderState, Summary
from cardtool.model.moments import seconds
from cardtool.text import Text
from cardtool.views.harmless import escape

_LONGEST = 200
"""Characters of a label."""

_ALTERED = re.compile(r"~[0-9a-f]{16}$")

_CHUNK = 1 << 16


class Family(msgspec.Struct, frozen=True, kw_only=True):
    """A metric: a gauge of one or several samples for each workstation."""

    name: str
    means: str
    samples: Callable[[Summary], Iterable[tuple[str, int]]]
    """Label of its own, `name="value"` or nothing, and the number."""


def _moment(field: str) -> Callable[[Summary], Iterable[tuple[str, int]]]:
    def samples(line: Summary) -> Iterable[tuple[str, int]]:
        moment: datetime | None = getattr(line, field)
        return () if moment is None else (("", seconds(moment)),)

    return samples


def _severities(line: Summary) -> Iterable[tuple[str, int]]:
    return (
        (f'severity="{severity.value}"', int(severity is line.severity)) for severity in Severity
    )


def _readers(line: Summary) -> Iterable[tuple[str, int]]:
    return ((f'state="{state.value}"', int(state is line.reader)) for state in ReaderState)


def _verdict(line: Summary) -> Iterable[tuple[str, int]]:
    yield f"verdict={_quoted(line.verdict)}", 1


FAMILIES = (
    Family(
        name="cardtool_severity",
        means="How a workstation stood when the file was written, 1 for the state it is in.",
        samples=_severities,
    ),
    Family(
        name="cardtool_reader_state",
        means="How its card reader stood, 1 for the state it is in.",
        samples=_readers,
    ),
    Family(
        name="cardtool_verdict_info",
        means="Code of the finding that decides, always 1.",
        samples=_verdict,
    ),
    Family(
        name="cardtool_taken_timestamp_seconds",
        means="When the workstation was last checked.",
        samples=_moment("taken_at"),
    ),
    Family(
        name="cardtool_nes_seen_timestamp_seconds",
        means="When its e-signature certificate was last seen there.",
        samples=_moment("card_seen_at"),
    ),
    Family(
        name="cardtool_nes_not_before_timestamp_seconds",
        means="First second of the e-signature certificate that lasts longest.",
        samples=_moment("not_before_at"),
    ),
    Family(
        name="cardtool_nes_not_after_timestamp_seconds",
        means="Last second of the e-signature certificate that lasts longest.",
        samples=_moment("not_after_at"),
    ),
    Family(
        name="cardtool_nes_opens_timestamp_seconds",
        means="From when its renewal may be asked for.",
        samples=_moment("opens_at"),
    ),
    Family(
        name="cardtool_nes_apply_by_timestamp_seconds",
        means="Last second in which to apply, so that the new card is there before the end.",
        samples=_moment("apply_by_at"),
    ),
)
"""In the order of the output. The words are English everywhere: files that are read together
must not explain one metric in two ways."""


def render(
    summaries: Iterable[Summary], _text: Text, spool: Callable[[], TextIO] = io.StringIO
) -> Iterator[str]:
    """Yield the metrics; no two workstations may have one `host_id`, or one name where it is empty.

    `spool` makes a place for what has to wait; by default that is memory.
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
        f"{family.name}{{{labels}{own and ','}{own}}} {number}\n"
        for own, number in family.samples(line)
    )


def _labels(line: Summary) -> str:
    more = (("host_id", line.host_id), ("unit", line.unit), ("practice", line.practice))
    known = ((name, value) for name, value in more if value)
    return ",".join(f"{name}={_quoted(v)}" for name, v in chain((("host", line.host),), known))


def _quoted(value: str) -> str:
    """Return a label's value in quotation marks, no two of which become one.

    Where something hidden or too long is taken out, a digest of the whole takes its place: two
    equal series make the collector refuse the file.
    """
    if not value.isprintable() or len(value) > _LONGEST or _ALTERED.search(value):
        digest = hashlib.sha256(value.encode("utf-8", "surrogatepass")).hexdigest()[:16]
        value = f"{escape(value)[:_LONGEST]}~{digest}"
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
