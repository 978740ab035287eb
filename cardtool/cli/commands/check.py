# SPDX-License-Identifier: Apache-2.0
"""`cardtool check`."""

import click

from cardtool.cli.asked import Asked, settings
from cardtool.cli.judging import judge
from cardtool.cli.looking import look
from cardtool.cli.options import AT, KEEP, LOOKING, OUTPUT, SHOWING
from cardtool.model.diagnosis import Diagnosis
from cardtool.probe import last_good


@click.command()
@settings(OUTPUT, *SHOWING, *LOOKING, AT, KEEP)
def check(asked: Asked) -> int:
    """Look at this machine and say what is wrong, if anything."""
    snapshot = look(asked)
    from cardtool.cli.showing import show  # noqa: PLC0415 - loaded while the card answered

    diagnosis = judge(asked, snapshot)
    status = show(asked, [diagnosis])
    if asked.option("at") is None:  # with --at it may be well only at that moment
        remember(diagnosis)
    return status


def remember(diagnosis: Diagnosis) -> None:
    """Keep the state of a workstation that can sign: a later check says what has changed.

    While the clock may be wrong, the earlier state stays, as evidence about the clock.
    """
    codes = {finding.code for finding in diagnosis.findings}
    if "clock-went-back" in codes:
        last_good.doubt(diagnosis.snapshot.taken_at)
    elif "desk-ready" in codes:
        last_good.remember(diagnosis.snapshot)
