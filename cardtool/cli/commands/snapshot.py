# SPDX-License-Identifier: Apache-2.0
"""`cardtool snapshot`."""

import click

from cardtool.cli.asked import Asked, settings
from cardtool.cli.judging import leaving
from cardtool.cli.looking import look
from cardtool.cli.options import KEEP, LOOKING, OUTPUT, SHOWING
from cardtool.cli.output import write
from cardtool.model.snapshot import encode


@click.command()
@settings(OUTPUT, *SHOWING, *LOOKING, KEEP, known=("json",))
def snapshot(asked: Asked) -> None:
    """Write what this machine looks like, for support.  Names are hashed."""
    write(asked, [encode(leaving(asked, look(asked))).decode()])
