# SPDX-License-Identifier: Apache-2.0
"""The life of certificates on a line, with the days that matter to the person."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from cardtool.model.diagnosis import Course

OWN = ("opens", "apply-by")
"""Moments of a renewal that a person acts on; the others say when cardtool begins to warn."""

MIDDLE = 50
"""From this place on, the words of the flag stand to the left of it."""

_EDGE = 1.0
"""Percent kept free on both sides, for the width of a stroke."""


class Day(msgspec.Struct, frozen=True, kw_only=True):
    """One day in the list below the line."""

    kind: str
    """As `[label]` has it after `course-`."""
    at: datetime
    x: float


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One certificate, drawn; places are percent of the line's width."""

    course: Course
    begins: float
    ends: float
    today: float
    late: float
    """From here on it is later than the last safe day, or after the end."""
    opens: float
    days: tuple[Day, ...]
    """The days of the renewal, the end and today, in their order."""

    def standing(self, at: datetime) -> tuple[str, datetime]:
        """Return how it stands in time at a moment, and the moment that counts.

        It is `left`, `past` or `wait`, as `Text.near` has them.
        """
        if at < self.course.begins_at:
            return "wait", self.course.begins_at
        return ("left" if at <= self.course.ends_at else "past"), self.course.ends_at

    @property
    def past(self) -> float:
        """Return how much of it is over."""
        return round(max(min(self.today, self.ends) - self.begins, 0), 2)


def lines(courses: Sequence[Course], at: datetime) -> tuple[Line, ...]:
    """Return all certificates on one scale, from the first moment to the last.

    Places are percent of the line's width: a drawing made of them fits a telephone and a sheet of
    paper, and its letters stay as large as they are.
    """
    first = min([at, *(course.begins_at for course in courses)])
    last = max([at, *(course.ends_at for course in courses)])
    whole = max((last - first).total_seconds(), 1.0)

    def place(moment: datetime) -> float:
        part = min(max((moment - first).total_seconds() / whole, 0.0), 1.0)
        return round(_EDGE + part * (100 - 2 * _EDGE), 2)

    def line(course: Course) -> Line:
        moments = {
            kind: course.renewal[kind]
            for kind in OWN
            if kind in course.renewal and course.begins_at < course.renewal[kind] <= course.ends_at
        }
        named = {**moments, "ends": course.ends_at, "today": at}
        ordered = sorted(named.items(), key=lambda each: each[1])
        return Line(
            course=course,
            begins=place(course.begins_at),
            ends=place(course.ends_at),
            today=place(at),
            opens=place(moments.get("opens", course.ends_at)),
            late=place(moments.get("apply-by", course.ends_at)),
            days=tuple(Day(kind=kind, at=moment, x=place(moment)) for kind, moment in ordered),
        )

    return tuple(map(line, courses))
