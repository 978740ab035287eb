# SPDX-License-Identifier: Apache-2.0
"""Writes what a view made, to standard output or to the file that `-o` names."""

import importlib.util
import os
import shutil
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cardtool import console
from cardtool.cli import installing
from cardtool.cli.asked import Asked
from cardtool.cli.refusal import UNKNOWN, Refusal
from cardtool.views import view

if TYPE_CHECKING:
    from cardtool.views.paper import Paper

_COLUMNS = range(40, 101)
"""Widths that are laid out for; wider lines are hard to read."""


def write(asked: Asked, parts: Iterable[str]) -> None:
    """Write texts as they come.

    What is for people is spelt as the console can show it; what is for programs is the same bytes
    wherever it goes, and so is a file.

    Raises:
        Refusal: the disk is full, or the file cannot be written.
    """
    if asked.file is None and asked.format.people:
        with _standard_output():
            console.write(parts, sys.stdout)
    else:
        shown = map(console.visible_json, parts) if asked.format.name.endswith("json") else parts
        write_bytes(asked, (part.encode("utf-8", "replace") for part in shown))


def write_bytes(asked: Asked, parts: Iterable[bytes]) -> None:
    """Write bytes as they come; a file stays as it was where there are none.

    Raises:
        Refusal: the disk is full, or the file cannot be written.
    """
    gathered = console.gathered(parts)
    if asked.file is not None:
        if first := next(gathered, b""):
            write_file(Path(asked.file), chain((first,), gathered))
        return
    with _standard_output():
        for part in gathered:
            console.write_bytes(part, sys.stdout)


def write_view(
    asked: Asked, subject: object, name: str, *, titled: bool = False, **beside: object
) -> None:
    """Write what the view of this name makes of its subject; `beside` is what it is given besides.

    Raises:
        Refusal: a workbook is for a terminal, or what makes one is not installed.
    """
    if asked.format.binary:
        refuse_workbook(asked)
    if asked.format.people or titled:
        beside["paper"] = paper(asked, titled=titled)
    parts = view(asked.format.name, name)(subject, asked.text, **beside)
    if asked.format.binary:
        write_bytes(asked, parts)
    else:
        write(asked, parts)


def refuse_workbook(asked: Asked) -> None:
    """Refuse a workbook where it cannot be written.

    Raises:
        Refusal: it is for a terminal, or what makes it is not installed.
    """
    if asked.file is None and sys.stdout.isatty():
        raise Refusal(code="xlsx-terminal")
    if importlib.util.find_spec("xlsxwriter") is None:
        raise Refusal(code="xlsx-missing", install=installing.command())


def write_file(path: Path, body: bytes | Iterable[bytes]) -> None:
    """Write a file whole or not at all; parts as they come, so that none is kept in memory.

    Raises:
        Refusal: it cannot be written.
    """
    try:
        console.write_file(path, body)
    except OSError as error:
        reason = error.strerror or str(error)
        raise Refusal(code="output-unwritable", file=str(path), reason=reason) from error


def paper(asked: Asked, *, titled: bool = False) -> "Paper":
    """Return the page that this terminal, or pipe, can show; a file has no colours."""
    from cardtool.views.paper import Paper  # noqa: PLC0415 - rich; data is written without it

    if asked.file is not None:
        return Paper(titled=titled)
    width = shutil.get_terminal_size((80, 24)).columns
    return Paper(
        width=min(max(width, _COLUMNS.start), _COLUMNS.stop - 1),
        colour=_has_colour(),
        symbols=console.can_encode("\u2713\u2717", sys.stdout),
        titled=titled,
    )


def _has_colour() -> bool:
    """Say whether standard output is a terminal whose user has nothing against colours."""
    if not sys.stdout.isatty() or os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    return sys.platform != "win32" or "WT_SESSION" in os.environ


@contextmanager
def _standard_output() -> Iterator[None]:
    """End quietly where the reader has gone, and with a sentence where the disk is full."""
    try:
        yield
    except console.ClosedPipeError as error:
        raise click.exceptions.Exit(UNKNOWN) from error
    except OSError as error:
        raise Refusal(code="stdout", reason=error.strerror or str(error)) from error
