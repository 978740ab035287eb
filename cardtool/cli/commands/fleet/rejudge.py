# SPDX-License-Identifier: Apache-2.0
"""`cardtool fleet rejudge`."""

from datetime import UTC, datetime

import click

from cardtool.cli.asked import Asked
from cardtool.cli.fleet.opening import opened
from cardtool.cli.options import DATABASE, OUTPUT, options, showing
from cardtool.cli.output import write
from cardtool.fleet.asking import advance
from cardtool.fleet.store import judged_by


@click.command()
@options(OUTPUT, *showing("terminal"), DATABASE)
@click.pass_context
def rejudge(ctx: click.Context) -> None:
    """Judge every workstation again, by the rules of this version and the thresholds set here.

    The next import does the same where either has changed.
    """
    asked = Asked(ctx, ("terminal",))
    store, by = opened(asked), judged_by.mine(asked.config.days())
    judged_by.mark(store, by)
    count = advance.bring_up(store, datetime.now(UTC), by)
    write(asked, [f"{asked.text.label('rejudge-done')}: {count}\n"])
