# SPDX-License-Identifier: Apache-2.0
"""`cardtool snapshot`."""

import click

from cardtool.cli.asked import Asked
from cardtool.cli.judging import leaving
from cardtool.cli.looking import look
from cardtool.cli.options import KEEP, LOOKING, OUTPUT, SHOWING, options
from cardtool.cli.output import write
from cardtool.model.snapshot import encode


@click.command()
@options(OUTPUT, *SHOWING, *LOOKING, KEEP)
@click.pass_context
def snapshot(ctx: click.Context) -> None:
    """Write what this machine looks like, for support.  Names are hashed."""
    asked = Asked(ctx, ("json",))
    write(asked, [encode(leaving(asked, look(asked))).decode()])
