# SPDX-License-Identifier: Apache-2.0
# ruff: noqa: PLC0415 - what a command does not need is not imported (cardtool/cli/__init__.py)
"""`cardtool fleet rejudge`."""

from datetime import UTC, datetime

import click

from cardtool.cli.fleet.answering import showing
from cardtool.cli.fleet.opening import DATABASE, opened
from cardtool.cli.options import options
from cardtool.cli.session import Session


@click.command()
@options(*showing("terminal"), DATABASE)
@click.pass_context
def rejudge(ctx: click.Context) -> None:
    """Judge every workstation again, by the rules of this version and the thresholds set here.

    The next import does the same where either has changed.
    """
    from cardtool.fleet.asking import advance
    from cardtool.fleet.store import judged_by

    session = Session(ctx, ("terminal",))
    store, by = opened(ctx, session), judged_by.mine(session.config.days())
    judged_by.mark(store, by)
    number = advance.bring_up(store, datetime.now(UTC), by)
    session.write([f"{session.text.label('rejudge-done')}: {number}\n"])
