# SPDX-License-Identifier: Apache-2.0
"""`cardtool check`."""

import click

from cardtool.cli.asked import Asked
from cardtool.cli.judging import judge
from cardtool.cli.looking import look
from cardtool.cli.options import AT, KEEP, LOOKING, OUTPUT, SHOWING, options
from cardtool.cli.showing import show
from cardtool.model.diagnosis import Diagnosis
from cardtool.probe import last_good
from cardtool.views import formats


@click.command()
@options(OUTPUT, *SHOWING, *LOOKING, AT, KEEP)
@click.pass_context
def check(ctx: click.Context) -> None:
    """Look at this machine and say what is wrong, if anything."""
    asked = Asked(ctx, formats())
    diagnosis = judge(asked, look(asked))
    status = show(asked, [diagnosis])
    if asked.option("at") is None:  # with --at it may be well only at that moment
        remember(diagnosis)
    ctx.exit(status)


def remember(diagnosis: Diagnosis) -> None:
    """Keep the state of a workstation that can sign: a later check says what has changed.

    While the clock may be wrong, the earlier state stays, as evidence about the clock.
    """
    codes = {finding.code for finding in diagnosis.findings}
    if "clock-went-back" in codes:
        last_good.doubt(diagnosis.snapshot.taken_at)
    elif "desk-ready" in codes:
        last_good.remember(diagnosis.snapshot)
