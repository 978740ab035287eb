# SPDX-License-Identifier: Apache-2.0
"""`cardtool check`."""

import click

from cardtool.cli.options import AT, KEEP, LOOKING, OUTPUT, SHOWING, options, value
from cardtool.cli.session import Session
from cardtool.views import formats


@click.command()
@options(OUTPUT, *SHOWING, *LOOKING, AT, KEEP)
@click.pass_context
def check(ctx: click.Context) -> None:
    """Look at this machine and say what is wrong, if anything."""
    session = Session(ctx, formats())
    diagnosis = session.judge(session.look())
    session.show([diagnosis])
    if value(ctx, "at") is None:  # else it may be well at another moment only
        from cardtool.cli.remembering import remember  # noqa: PLC0415

        remember(diagnosis)
    ctx.exit(session.worst)
