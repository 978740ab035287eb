# SPDX-License-Identifier: Apache-2.0
# ruff: noqa: PLC0415 - what a command does not need is not imported (cardtool/cli/__init__.py)
"""Where a command's output goes, standard output or a file, and what is said where it cannot."""

import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cardtool.cli.refusal import UNKNOWN, Refusal

if TYPE_CHECKING:
    from cardtool.views.paper import Paper

_COLUMNS = range(40, 101)
"""Widths that are laid out for; wider lines are hard to read."""


def write(parts: Iterable[str]) -> None:
    """Write texts for people to standard output, in the letters that it has.

    Raises:
        Refusal: it takes no more.
    """
    from cardtool import console

    with _standard_output():
        console.write(parts, sys.stdout)


def visible_json(part: str) -> str:
    """Return JSON in which nothing is hidden."""
    from cardtool import console

    return console.visible_json(part)


def write_bytes(parts: Iterable[bytes], file: str | None) -> None:
    """Write bytes to standard output, or to a file, which stays as it was where there are none.

    Raises:
        Refusal: it takes no more.
    """
    from cardtool import console

    if file is not None:
        gathered = console.gathered(parts)
        if first := next(gathered, b""):
            write_file(Path(file), chain((first,), gathered))
        return
    with _standard_output():
        for part in parts:
            console.write_bytes(part, sys.stdout)


def write_file(path: Path, body: bytes | Iterable[bytes]) -> None:
    """Write a file whole or not at all; parts as they come, so that none is kept.

    Raises:
        Refusal: it cannot be written.
    """
    from cardtool import console

    try:
        console.write_file(path, body)
    except OSError as error:
        reason = error.strerror or str(error)
        raise Refusal(code="output-unwritable", file=str(path), reason=reason) from error


def paper(*, is_file: bool, titled: bool) -> "Paper":
    """Return the page that this terminal, or pipe, can show; a file has no colours."""
    import shutil

    from cardtool.console import can_encode
    from cardtool.views.paper import Paper

    if is_file:
        return Paper(titled=titled)
    width = shutil.get_terminal_size((80, 24)).columns
    return Paper(
        width=min(max(width, _COLUMNS.start), _COLUMNS.stop - 1),
        colour=has_colour(),
        symbols=can_encode("\u2713\u2717", sys.stdout),
        titled=titled,
    )


def has_colour() -> bool:
    """Say whether standard output is a terminal whose user has nothing against colours."""
    if not sys.stdout.isatty() or os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    return sys.platform != "win32" or "WT_SESSION" in os.environ


@contextmanager
def _standard_output() -> Iterator[None]:
    """End quietly where the reader has gone, and with a sentence where the disk is full."""
    from cardtool.console import ClosedPipeError

    try:
        yield
    except ClosedPipeError as error:
        raise click.exceptions.Exit(UNKNOWN) from error
    except OSError as error:
        raise Refusal(code="stdout", reason=error.strerror or str(error)) from error
