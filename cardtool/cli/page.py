# SPDX-License-Identifier: Apache-2.0
"""What an HTML page shows besides the diagnosis: procedures for every role, and moments."""

from cardtool.catalog import procedures
from cardtool.cli.asked import Asked
from cardtool.model.diagnosis import Course, Diagnosis
from cardtool.rules.dated import courses


def of_page(asked: Asked) -> dict[str, object]:
    """Return what the view is given."""
    policy = asked.config.days()

    def moments(diagnosis: Diagnosis) -> tuple[Course, ...]:
        return courses(diagnosis, policy)

    guides = {
        name: procedures.guide(procedure, None, asked.institution)
        for name, procedure in procedures.load().items()
    }
    return {"guides": guides, "courses": moments}
