# SPDX-License-Identifier: Apache-2.0
"""Writes what a view made, to standard output or to the file that `-o` names."""

import importlib.util
import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cardtool import console
from cardtool.cli.asked import Asked
from cardtool.cli.refusal import UNKNOWN, Refusal
from cardtool.files import is_in_use
from cardtool.views import view
from cardtool.views.harmless import escape

if TYPE_CHECKING:
    from cardtool.views.paper import Paper

_COLUMNS = range(40, 101)
"""Widths that pages are laid out for; wider lines are hard to read."""


def write(asked: Asked, parts: Iterable[str], *, opens_first: bool = False) -> None:
    """Write texts part by part.

    `opens_first` is for a command that works while it makes the texts: the file is opened before
    the first text is made, so that nothing is done if the file cannot be written.

    On a console, texts for people use only letters that it can show. Texts for programs, and files,
    are the same bytes on every system.

    Raises:
        Refusal: the disk is full, or the file cannot be written.
    """
    if asked.file is None and asked.format.people:
        with _standard_output():
            console.write(parts, sys.stdout)
    else:
        shown = map(console.visible_json, parts) if asked.format.name.endswith("json") else parts
        encoded = (part.encode("utf-8", "replace") for part in shown)
        if opens_first and asked.file is not None:
            write_file(Path(asked.file), encoded)
            _tell(asked)
        else:
            write_bytes(asked, encoded)


def write_bytes(asked: Asked, parts: Iterable[bytes]) -> None:
    """Write bytes part by part; if there are no bytes, a file is not changed.

    Raises:
        Refusal: the disk is full, or the file cannot be written.
    """
    gathered = console.gathered(parts)
    if asked.file is not None:
        if first := next(gathered, b""):
            write_file(Path(asked.file), chain((first,), gathered))
            _tell(asked)
        return
    with _standard_output():
        for part in gathered:
            console.write_bytes(part, sys.stdout)


def _tell(asked: Asked) -> None:
    """Say on standard error where a file was written, but not for monitoring programs.

    Nothing is said about a pipe or device.
    """
    file = Path(asked.file or "")
    if file.is_file() and not asked.format.watches:
        words = f"{asked.text.label('written')}: {escape(str(file.absolute()))}\n"
        console.write([words], sys.stderr)


def write_view(
    asked: Asked, subject: object, name: str, *, titled: bool = False, **beside: object
) -> None:
    """Write the view of a subject; `beside` are further arguments for the view.

    Raises:
        Refusal: a workbook would go to a terminal, or its package is not installed.
    """
    if asked.format.binary:
        _refuse_workbook(asked)
    if asked.format.people or titled:
        beside["paper"] = paper(asked, titled=titled)
    parts = view(asked.format.name, name)(subject, asked.text, **beside)
    if asked.format.binary:
        write_bytes(asked, parts)
    else:
        write(asked, parts)


def _refuse_workbook(asked: Asked) -> None:
    if asked.file is None and sys.stdout.isatty():
        raise Refusal(code="xlsx-terminal")
    if importlib.util.find_spec("xlsxwriter") is None:
        from cardtool.cli import installing  # noqa: PLC0415 - subprocess, for this alone

        raise Refusal(code="xlsx-missing", install=installing.command())


def write_file(path: Path, body: bytes | Iterable[bytes], *, option: str = "-o") -> None:
    """Write the file that an option names, whole or not at all; no part stays in memory.

    Raises:
        Refusal: it cannot be written.
    """
    try:
        console.write_file(path, body)
    except OSError as error:
        if is_in_use(path):
            raise Refusal(code="output-open", file=str(path), option=option) from error
        reason = error.strerror or str(error)
        code = "output-unwritable"
        raise Refusal(code=code, file=str(path), reason=reason, option=option) from error


def paper(asked: Asked, *, titled: bool = False) -> "Paper":
    """Return the page for this terminal, pipe or file; a file has no colours."""
    import shutil  # noqa: PLC0415 - data is written without it

    from cardtool.views.paper import Paper  # noqa: PLC0415 - rich; data is written without it

    whole = bool(asked.option("verbose"))
    if asked.file is not None:
        return Paper(titled=titled, whole=whole)
    width = shutil.get_terminal_size((80, 24)).columns
    return Paper(
        width=min(max(width, _COLUMNS.start), _COLUMNS.stop - 1),
        colour=_has_colour(),
        symbols=console.can_encode("\u2713\u2717", sys.stdout),
        titled=titled,
        whole=whole,
    )


def _has_colour() -> bool:
    """Tell whether standard output is a terminal with colours whose user wants them."""
    if not sys.stdout.isatty() or os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    return sys.platform != "win32" or "WT_SESSION" in os.environ


@contextmanager
def _standard_output() -> Iterator[None]:
    """Exit quietly if the reader of a pipe has gone; refuse with a sentence if the disk is full."""
    try:
        yield
    except console.ClosedPipeError as error:
        raise click.exceptions.Exit(UNKNOWN) from error
    except OSError as error:
        raise Refusal(code="stdout", reason=error.strerror or str(error)) from error
