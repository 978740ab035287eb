# SPDX-License-Identifier: Apache-2.0
"""`cardtool calendar`."""

import click

from cardtool.cli.asked import Asked, settings
from cardtool.cli.judging import judge
from cardtool.cli.looking import look
from cardtool.cli.options import AT, KEEP, LOOKING, OUTPUT, SHOWING
from cardtool.cli.showing import show_dates


@click.command()
@settings(OUTPUT, *SHOWING, *LOOKING, AT, KEEP, known=("ics",))
def calendar(asked: Asked) -> int:
    """Write the dates of the cards' NES for a calendar, with alarms.  Names are hashed.

    Importing the file again moves the events that the calendar already has.  If no date lies
    ahead, nothing is written, and the exit status is that of the diagnosis.
    """
    diagnosis = judge(asked, look(asked))
    return 0 if show_dates(asked, [diagnosis]) else diagnosis.severity.exit_status
