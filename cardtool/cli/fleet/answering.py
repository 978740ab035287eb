# SPDX-License-Identifier: Apache-2.0
"""How questions that have formats of their own are answered."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

import click

from cardtool.cli.options import OUTPUT, SHOWING, option, value
from cardtool.cli.session import Session


def showing(*formats: str) -> tuple[Callable[[Any], Any], ...]:
    """Return `OUTPUT` and `SHOWING` with a command's own formats, the usual one first."""
    choice = option(
        "--format",
        type=click.Choice(formats),
        help=f"For people or for programs.  [default: {formats[0]}]",
    )
    return (OUTPUT, choice, *SHOWING[1:])


def moment(ctx: click.Context) -> datetime:
    """Return the moment that is asked about."""
    at: datetime = value(ctx, "at") or datetime.now().astimezone()
    return at


def write(session: Session, parts: Iterable[str]) -> None:
    """Write what a view made: line ends and encoding of files are not the terminal's to choose."""
    if session.format in ("csv", "svg"):
        session.write_all_bytes(part.encode() for part in parts)
    else:
        session.write(parts)
