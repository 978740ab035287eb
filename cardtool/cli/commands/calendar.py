# SPDX-License-Identifier: Apache-2.0
"""`cardtool calendar`."""

import click

from cardtool.cli.calendar import write
from cardtool.cli.options import AT, KEEP, LOOKING, OUTPUT, SHOWING, options
from cardtool.cli.session import Session


@click.command()
@options(OUTPUT, *SHOWING, *LOOKING, AT, KEEP)
@click.pass_context
def calendar(ctx: click.Context) -> None:
    """Write the dates of the cards' NES for a calendar, with alarms.  Names are hashed.

    Imported again it moves what the calendar has.  Without any date ahead nothing is written, and
    the exit status says how bad that is.
    """
    ctx.exit(write(Session(ctx, ("ics",))))
