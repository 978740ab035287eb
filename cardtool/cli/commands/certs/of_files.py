# SPDX-License-Identifier: Apache-2.0
"""`cardtool certs FILE...`."""

import click

from cardtool.cli.asked import Asked, settings
from cardtool.cli.commands.certs import listed
from cardtool.cli.options import AT, KEEP, SHOWING, PathName
from cardtool.cli.refusal import UNKNOWN, Refusal
from cardtool.cli.saved import numbered
from cardtool.views import formats


class _Called(click.Context):
    """Knows that this command has no name after its group's."""

    @property
    def command_path(self) -> str:
        return super().command_path.rstrip()


class _Nameless(click.Command):
    context_class = _Called


@click.command(cls=_Nameless)
@click.argument("files", nargs=-1, required=True, metavar="FILE...", type=PathName())
@click.option("--all", "everything", is_flag=True,
              help="Show everything that is in each certificate.")  # fmt: skip
@settings(*SHOWING, AT, KEEP, known=formats("certificates"))
def of_files(asked: Asked, files: tuple[str, ...], *, everything: bool) -> int:
    """List the certificates of files: certificates, and all that `cardtool diagnose` reads."""
    refused: list[Refusal] = []
    for name in ("online", "module", "timeout"):
        if asked.option(name):
            asked.misuse("{option} is for cards, not for files.", option=f"--{name}")
    before = click.get_current_context().parent
    everything |= bool(before and before.params["everything"])
    statuses = []
    for number, snapshot in numbered(asked, files, refused):
        place = (number + 1, files[number]) if len(files) > 1 else None
        statuses.append(listed(asked, snapshot, everything=everything, file=place))
    return max([UNKNOWN] if refused else statuses)
