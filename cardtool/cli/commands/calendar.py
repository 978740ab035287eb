# SPDX-License-Identifier: Apache-2.0
"""`cardtool calendar`."""

import click

from cardtool.cli.asked import Asked
from cardtool.cli.judging import judge
from cardtool.cli.looking import look
from cardtool.cli.options import AT, KEEP, LOOKING, OUTPUT, SHOWING, options
from cardtool.cli.showing import show_dates


@click.command()
@options(OUTPUT, *SHOWING, *LOOKING, AT, KEEP)
@click.pass_context
def calendar(ctx: click.Context) -> None:
    """Write the dates of the cards' NES for a calendar, with alarms.  Names are hashed.

    Importing the file again moves the events that the calendar already has.  If no date lies
    ahead, nothing is written, and the exit status is that of the diagnosis.
    """
    asked = Asked(ctx, ("ics",))
    diagnosis = judge(asked, look(asked))
    ctx.exit(0 if show_dates(asked, [diagnosis]) else diagnosis.severity.exit_status)
