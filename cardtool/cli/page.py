# SPDX-License-Identifier: Apache-2.0
"""What the HTML page of a diagnosis shows beside it: procedures and moments."""

from cardtool.catalog import procedures
from cardtool.cli.session import Session
from cardtool.model.course import Course
from cardtool.model.diagnosis import Diagnosis
from cardtool.rules.dated import courses


def bound(session: Session) -> dict[str, object]:
    """Return what the view is to be called with; no role is known, so all are told."""
    policy = session.config.days()

    def moments(diagnosis: Diagnosis) -> tuple[Course, ...]:
        return courses(diagnosis, policy)

    guides = {
        name: procedures.guide(each, None, session.institution)
        for name, each in procedures.load().items()
    }
    return {"guides": guides, "courses": moments}
