# SPDX-License-Identifier: Apache-2.0
"""Where on a line the moments of certificates stand; draws nothing and words nothing.

Places are percent of the line's width: a drawing made of them fits a telephone and a sheet of
paper, and its letters stay as large as they are.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

import msgspec

from cardtool.model.diagnosis import Course

_EDGE = 1.0
"""Percent kept free on both sides, for the width of a stroke."""

_FLAG = 15
"""Pixels that one flag is higher than the next."""

_MIDDLE = 50


class Mark(msgspec.Struct, frozen=True, kw_only=True):
    """One moment of a certificate that has a flag."""

    kind: str
    """As `[label]` has it after `course-`."""
    at: datetime
    x: float
    height: int
    """Pixels from the line to its words, so that no pole cuts another's words."""
    leads: bool
    """Its words stand to the left of its pole."""


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One certificate, drawn."""

    course: Course
    begins: float
    ends: float
    opens: float | None
    today: float
    today_leads: bool
    marks: tuple[Mark, ...]
    height: int
    """Pixels above the line that the flags need."""


def lines(courses: Sequence[Course], at: datetime) -> tuple[Line, ...]:
    """Return all certificates on one scale, from the first moment to the last."""
    if not courses:
        return ()
    first = min(at, *(course.begins_at for course in courses))
    last = max(at, *(course.ends_at for course in courses))
    whole = max((last - first).total_seconds(), 1.0)

    def place(moment: datetime) -> float:
        part = min(max((moment - first).total_seconds() / whole, 0.0), 1.0)
        return round(_EDGE + part * (100 - 2 * _EDGE), 2)

    def line(course: Course) -> Line:
        within = sorted(
            (moment, kind)
            for kind, moment in course.renewal.items()
            if course.begins_at < moment <= course.ends_at
        )
        marks = tuple(
            Mark(
                kind=kind,
                at=moment,
                x=place(moment),
                height=_FLAG * level,
                leads=place(moment) >= _MIDDLE,
            )
            for level, (moment, kind) in zip(_levels(within, place), within, strict=True)
        )
        return Line(
            course=course,
            begins=place(course.begins_at),
            ends=place(course.ends_at),
            opens=next((mark.x for mark in marks if mark.kind == "opens"), None),
            today=place(at),
            today_leads=place(at) >= _MIDDLE,
            marks=marks,
            height=_FLAG * len(marks),
        )

    return tuple(map(line, courses))


def _levels(
    within: Sequence[tuple[datetime, str]], place: Callable[[datetime], float]
) -> Iterator[int]:
    """Yield how high each flag flies, in order of time.

    Words stand towards the middle of the line, so the outermost flag flies highest on each side.
    """
    left = sum(place(moment) < _MIDDLE for moment, _ in within)
    yield from range(len(within), len(within) - left, -1)
    yield from range(1, len(within) - left + 1)
