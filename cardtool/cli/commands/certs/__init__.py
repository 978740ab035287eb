# SPDX-License-Identifier: Apache-2.0
"""`cardtool certs`, which is also the group of `cardtool certs export`, and takes files."""

from typing import Any

import click

from cardtool.cli.asked import Asked
from cardtool.cli.judging import judge
from cardtool.cli.later import LaterCommand, later
from cardtool.cli.looking import look
from cardtool.cli.options import AT, KEEP, LOOKING, SHOWING, options
from cardtool.cli.showing import show
from cardtool.model.snapshot import Snapshot
from cardtool.rules.summary import judge_certificates
from cardtool.views import formats

_COMMANDS = later(__name__, {"export": "Write the certificates as PEM, DER or chains."})


class _OrFiles(click.Group):
    """Takes what is none of its commands for the name of a file."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args[0] in self.commands:
            return super().resolve_command(ctx, args)
        return "", LaterCommand("of-files", "", __name__), args


@click.group(cls=_OrFiles, commands=_COMMANDS, invoke_without_command=True,
             subcommand_metavar="[FILE]... | COMMAND [ARGS]...")  # fmt: skip
@click.option("--all", "everything", is_flag=True,
              help="Show everything that is in each certificate.")  # fmt: skip
@options(*SHOWING, *LOOKING, AT, KEEP)
@click.pass_context
def certs(ctx: click.Context, *, everything: bool) -> None:
    """List the certificates on the cards.  Without any, the exit status says how bad that is.

    With FILE, list those of files instead: certificates, and all that `cardtool diagnose` reads.
    """
    if ctx.invoked_subcommand is None:
        asked = Asked(ctx, formats("certificates"))
        ctx.exit(listed(asked, look(asked), everything=everything))


def listed(
    asked: Asked, snapshot: Snapshot, *, everything: bool, file: tuple[int, str] | None = None
) -> int:
    """List the certificates of a snapshot, and return the exit status.

    `file` is the one of several files that it was read from: its place in their order, and its
    name, which is for people alone because it may name somebody.
    """
    diagnosis = judge(asked, snapshot)
    number, name = file or (None, "")
    beside: dict[str, Any] = {"file": number}
    if asked.format.people:
        beside = {"file": name, "everything": everything}
    judged = judge_certificates(diagnosis.snapshot)
    status = show(asked, [diagnosis], "certificates", judged=judged, **beside)
    return 0 if diagnosis.snapshot.certificates() else status
