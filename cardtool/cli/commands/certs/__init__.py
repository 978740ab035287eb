# SPDX-License-Identifier: Apache-2.0
"""`cardtool certs`, which is also the group of `cardtool certs export`."""

import click

from cardtool.cli.later import later
from cardtool.cli.listing import judged
from cardtool.cli.options import AT, KEEP, LOOKING, SHOWING, options
from cardtool.cli.session import Session
from cardtool.views import formats
from cardtool.views.people.certificates import render_json

_COMMANDS = later(__name__, {"export": "Write the certificates as PEM, DER or chains."})


@click.group(commands=_COMMANDS, invoke_without_command=True)
@click.option("--all", "everything", is_flag=True,
              help="Show everything that is in each certificate.")  # fmt: skip
@options(*SHOWING, *LOOKING, AT, KEEP)
@click.pass_context
def certs(ctx: click.Context, *, everything: bool) -> None:
    """List the certificates on the cards.  Without any, the exit status says how bad that is."""
    if ctx.invoked_subcommand is not None:
        return
    session = Session(ctx, formats("certificates"))
    diagnosis = session.judge(session.look())
    known = judged(diagnosis.snapshot)
    if session.format == "json":
        session.write(render_json([diagnosis], judged=known))
    else:
        bound = {"judged": known, "everything": everything}
        session.show([diagnosis], "certificates", **bound)
    lists = [token.certificates for _, _, token in diagnosis.snapshot.tokens()]
    ctx.exit(0 if any(isinstance(some, tuple) and some for some in lists) else session.worst)
