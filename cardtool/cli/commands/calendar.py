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

    Imported again it moves what the calendar has.  Without any date ahead nothing is written, and
    the exit status says how bad that is.
    """
    asked = Asked(ctx, ("ics",))
    diagnosis = judge(asked, look(asked))
    ctx.exit(0 if show_dates(asked, [diagnosis]) else diagnosis.severity.exit_status)
