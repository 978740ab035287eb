# SPDX-License-Identifier: Apache-2.0
"""`cardtool snapshot`."""

import click

from cardtool.cli.options import KEEP, LOOKING, OUTPUT, SHOWING, options
from cardtool.cli.session import Session
from cardtool.model.snapshot import encode


@click.command()
@options(OUTPUT, *SHOWING, *LOOKING, KEEP)
@click.pass_context
def snapshot(ctx: click.Context) -> None:
    """Write what this machine looks like, for support.  Names are hashed."""
    session = Session(ctx, ("json",))
    session.write([encode(session.leaving(session.look())).decode()])
