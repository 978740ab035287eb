# SPDX-License-Identifier: Apache-2.0
# ruff: noqa: PLC0415 - what a format does not need is not imported (cardtool/cli/__init__.py)
"""Writes a list of workstations in the format asked for, giving each view what it may not get."""

import functools
import sys
import tempfile
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, BinaryIO, TextIO, cast

from cardtool.cli.refusal import UNKNOWN, Refusal
from cardtool.views import LIST, view

if TYPE_CHECKING:
    from cardtool.cli.session import Session
    from cardtool.model.diagnosis import Diagnosis
    from cardtool.model.summary import Summary
    from cardtool.rules.policy import Policy

_IN_MEMORY_BYTES = 1 << 18
"""What a spool keeps in memory; beyond, it is a file that has no name."""


def show_diagnoses(session: "Session", diagnoses: "Iterable[Diagnosis]") -> None:
    """Write a line for each diagnosis; of one workstation metrics tell the latest look alone."""
    from cardtool.rules.summary import summarise

    lines: Iterable[Summary] = map(summarise, diagnoses)
    if session.format == "prometheus":
        from cardtool.views.lists.prometheus import newest

        lines = newest(lines)
    show(session, lines)


def show(session: "Session", lines: "Iterable[Summary]") -> None:
    """Write a list to standard output, as it comes; its worst line makes the exit status.

    Raises:
        Refusal: a workbook is not for a terminal, or what makes one is not installed.
    """
    lines = noted(session, lines)
    if session.record.binary:
        refuse_workbook(session)
    if session.record.dated:
        from cardtool.rules.summary import dated

        policy = session.config.days()
        lines = (each if each.opens_at else dated(each, policy) for each in lines)
    if session.format == "nagios":
        _show_nagios(session, lines)
    elif session.record.people:
        session.write(view(session.format, LIST)(lines, session.text, session.paper()))
    elif session.format == "ndjson":
        session.write(view(session.format, LIST)(lines))
    else:  # line ends and encoding are not the terminal's to choose
        session.write_all_bytes(_bytes(session, lines))


def noted(session: "Session", lines: "Iterable[Summary]") -> "Iterator[Summary]":
    """Yield the lines as they come; the worst makes the exit status."""
    for each in lines:
        session.note(each.severity)
        yield each


def _bytes(session: "Session", lines: "Iterable[Summary]") -> Iterator[bytes]:
    shown = view(session.format, LIST)
    if session.record.binary:
        yield from shown(lines, session.text, spool=bytes_spool)
    else:
        bound = {"spool": text_spool} if session.format == "prometheus" else {}
        for part in shown(lines, session.text, **bound):
            yield part.encode("utf-8", "replace")


def _show_nagios(session: "Session", lines: "Iterable[Summary]") -> None:
    """Write the line; that of an empty list says UNKNOWN, and so does the exit status."""
    is_empty = True

    def counted() -> "Iterator[Summary]":
        nonlocal is_empty
        for each in lines:
            is_empty = False
            yield each

    days = functools.partial(_days, session.config.days())
    session.write(view("nagios", LIST)(counted(), session.text, days=days))
    if is_empty:
        session.worst = UNKNOWN


def _days(policy: "Policy", issuer: str) -> tuple[int, int]:
    own = policy.of(issuer)
    return own.notice_days, own.critical_days


def refuse_workbook(session: "Session") -> None:
    """Refuse a workbook where it cannot be written.

    Raises:
        Refusal: it is for a terminal, or what makes it is not installed.
    """
    import importlib.util

    if session.file is None and sys.stdout.isatty():
        raise Refusal(code="xlsx-terminal")
    if importlib.util.find_spec("xlsxwriter") is None:
        from cardtool.cli import installing

        raise Refusal(code="xlsx-missing", install=installing.command())


_spool = tempfile.SpooledTemporaryFile


def text_spool() -> TextIO:
    """Make a place for text that waits."""
    spool = _spool(_IN_MEMORY_BYTES, "w+", encoding="utf-8", newline="")
    return cast("TextIO", spool)


def bytes_spool() -> BinaryIO:
    """Make a place for bytes that wait."""
    return cast("BinaryIO", _spool(_IN_MEMORY_BYTES))
