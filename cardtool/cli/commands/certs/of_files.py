# SPDX-License-Identifier: Apache-2.0
"""`cardtool certs FILE...`."""

import click

from cardtool.cli.asked import Asked, settings
from cardtool.cli.commands.certs import listed
from cardtool.cli.options import AT, KEEP, SHOWING, PathName
from cardtool.cli.refusal import UNKNOWN, Refusal
from cardtool.cli.saved import snapshots
from cardtool.views import formats


@click.command("certs")
@click.argument("files", nargs=-1, required=True, metavar="FILE...", type=PathName())
@click.option("--all", "everything", is_flag=True,
              help="Show everything that is in each certificate.")  # fmt: skip
@settings(*SHOWING, AT, KEEP, known=formats("certificates"))
def of_files(asked: Asked, files: tuple[str, ...], *, everything: bool) -> int:
    """List the certificates of files: certificates, and all that `cardtool diagnose` reads."""
    refused: list[Refusal] = []
    before = click.get_current_context().parent
    everything |= bool(before and before.params["everything"])
    found = [listed(asked, one, everything=everything) for one in snapshots(asked, files, refused)]
    return max([UNKNOWN] if refused else found)
