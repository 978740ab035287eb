# SPDX-License-Identifier: Apache-2.0
"""`cardtool certs`, which is also the group of `cardtool certs export`."""

import click

from cardtool.cli.asked import Asked
from cardtool.cli.judging import judge
from cardtool.cli.later import later
from cardtool.cli.looking import look
from cardtool.cli.options import AT, KEEP, LOOKING, SHOWING, options
from cardtool.cli.showing import show
from cardtool.rules.summary import judge_certificates
from cardtool.views import formats

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
    asked = Asked(ctx, formats("certificates"))
    diagnosis = judge(asked, look(asked))
    beside = {"everything": everything} if asked.format.people else {}
    judged = judge_certificates(diagnosis.snapshot)
    status = show(asked, [diagnosis], "certificates", judged=judged, **beside)
    ctx.exit(0 if diagnosis.snapshot.certificates() else status)
