# SPDX-License-Identifier: Apache-2.0
"""`cardtool check`."""

import click

from cardtool.cli.asked import Asked, settings
from cardtool.cli.judging import judge, record, tell_reminders
from cardtool.cli.looking import look
from cardtool.cli.options import AT, KEEP, LOOKING, OUTPUT, SHOWING


@click.command()
@settings(OUTPUT, *SHOWING, *LOOKING, AT, KEEP)
def check(asked: Asked) -> int:
    """Look at this machine and say what is wrong, if anything."""
    snapshot = look(asked)
    from cardtool.cli.showing import show  # noqa: PLC0415 - loaded while the card answered

    diagnosis = judge(asked, snapshot)
    status = show(asked, [diagnosis])
    record(asked, diagnosis)
    tell_reminders(asked, diagnosis)
    return status
