# SPDX-License-Identifier: Apache-2.0
"""Writes a list of workstations, with the settings that some views need."""

import tempfile
from collections.abc import Iterable
from functools import partial
from typing import BinaryIO, TextIO, cast

from cardtool.cli.asked import Asked
from cardtool.cli.judging import noting_severities, worst_status
from cardtool.cli.output import write, write_view
from cardtool.cli.refusal import UNKNOWN
from cardtool.model.diagnosis import Diagnosis, Severity
from cardtool.model.lists import Summary
from cardtool.rules.renewal import Policy
from cardtool.rules.summary import dated, newest, summarise
from cardtool.views import LIST, view

_IN_MEMORY_BYTES = 1 << 18
"""Bytes that a spool keeps in memory; more go into a file without a name."""


def show_list(asked: Asked, lines: Iterable[Summary]) -> int:
    """Write a list line by line, and return the exit status of its worst line.

    Raises:
        Refusal: a workbook is not for a terminal, or what makes one is not installed.
    """
    policy = asked.config.days()
    severities: set[Severity] = set()
    lines = noting_severities(lines, severities)
    if asked.format.dated:
        lines = (line if line.opens_at else dated(line, policy) for line in lines)
    match asked.format.name:
        case "json" | "ndjson":
            write(asked, view(asked.format.name, LIST)(lines))
        case "nagios":
            write_view(asked, lines, LIST, days=partial(_days, policy))
            return worst_status(severities) if severities else UNKNOWN  # an empty list is unknown
        case "prometheus":
            write_view(asked, lines, LIST, spool=text_spool)
        case "xlsx":
            write_view(asked, lines, LIST, spool=bytes_spool)
        case _:
            write_view(asked, lines, LIST)
    return worst_status(severities)


def show_diagnoses(asked: Asked, diagnoses: Iterable[Diagnosis]) -> int:
    """Write a line for each diagnosis; metrics show only the latest check of a workstation."""
    lines = map(summarise, diagnoses)
    return show_list(asked, newest(lines) if asked.format.name == "prometheus" else lines)


def _days(policy: Policy, issuer: str) -> tuple[int, int]:
    """Return how many days before the end Nagios warns, and how many before it alarms."""
    thresholds = policy.of(issuer)
    return thresholds.notice_days, thresholds.critical_days


_spool = tempfile.SpooledTemporaryFile


def text_spool() -> TextIO:
    """Make a place that text is written to before it is shown."""
    spool = _spool(_IN_MEMORY_BYTES, "w+", encoding="utf-8", newline="")
    return cast("TextIO", spool)


def bytes_spool() -> BinaryIO:
    """Make a place that bytes are written to before they are shown."""
    return cast("BinaryIO", _spool(_IN_MEMORY_BYTES))
