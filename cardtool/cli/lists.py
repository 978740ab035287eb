# SPDX-License-Identifier: Apache-2.0
"""Writes a list of workstations in the format asked for, giving each view what it may not get."""

import tempfile
from collections.abc import Iterable
from functools import partial
from typing import BinaryIO, TextIO, cast

from cardtool.cli.asked import Asked
from cardtool.cli.output import write, write_view
from cardtool.cli.refusal import UNKNOWN
from cardtool.cli.worst import Worst
from cardtool.model.diagnosis import Diagnosis
from cardtool.model.summary import Summary
from cardtool.rules.policy import Policy
from cardtool.rules.summary import dated, newest, summarise
from cardtool.views import LIST, view

_IN_MEMORY_BYTES = 1 << 18
"""What a spool keeps in memory; beyond, it is a file that has no name."""


def show_list(asked: Asked, lines: Iterable[Summary]) -> int:
    """Write a list as it comes, and return the exit status of its worst line.

    Raises:
        Refusal: a workbook is not for a terminal, or what makes one is not installed.
    """
    policy, worst = asked.config.days(), Worst()
    lines = worst.noting(lines)
    if asked.format.dated:
        lines = (line if line.opens_at else dated(line, policy) for line in lines)
    match asked.format.name:
        case "json" | "ndjson":
            write(asked, view(asked.format.name, LIST)(lines))
        case "nagios":
            write_view(asked, lines, LIST, days=partial(_days, policy))
            return worst.status if worst.count else UNKNOWN  # of an empty list the line says so
        case "prometheus":
            write_view(asked, lines, LIST, spool=text_spool)
        case "xlsx":
            write_view(asked, lines, LIST, spool=bytes_spool)
        case _:
            write_view(asked, lines, LIST)
    return worst.status


def show_diagnoses(asked: Asked, diagnoses: Iterable[Diagnosis]) -> int:
    """Write a line for each diagnosis; of one workstation metrics tell the latest check alone."""
    lines = map(summarise, diagnoses)
    return show_list(asked, newest(lines) if asked.format.name == "prometheus" else lines)


def _days(policy: Policy, issuer: str) -> tuple[int, int]:
    """Return how many days before the end Nagios warns, and how many before it alarms."""
    own = policy.of(issuer)
    return own.notice_days, own.critical_days


_spool = tempfile.SpooledTemporaryFile


def text_spool() -> TextIO:
    """Make a place for text that waits."""
    spool = _spool(_IN_MEMORY_BYTES, "w+", encoding="utf-8", newline="")
    return cast("TextIO", spool)


def bytes_spool() -> BinaryIO:
    """Make a place for bytes that wait."""
    return cast("BinaryIO", _spool(_IN_MEMORY_BYTES))
