# SPDX-License-Identifier: Apache-2.0
"""`cardtool fleet orders`."""

import click

from cardtool.cli.asked import Asked, settings
from cardtool.cli.judging import hidden
from cardtool.cli.options import AT, DATABASE, KEEP, OUTPUT, showing
from cardtool.cli.output import write_view
from cardtool.views import formats


@click.command()
@click.option("--stale-days", type=click.IntRange(0, 3650), default=30, show_default=True,
              metavar="N", help="Mark workstations that were not seen for longer.")  # fmt: skip
@settings(OUTPUT, *showing(*formats("orders")), AT, KEEP, DATABASE)
def orders(asked: Asked, stale_days: int) -> None:
    """List the readers to order: for workstations whose USB shows none.

    Readers that are there and do not work are listed after these, for IT, and USB tokens that are
    gone, which only their provider replaces.  The register (`fleet merge`) says for whom each
    reader is.
    """
    from cardtool.cli.opening import opened  # noqa: PLC0415 - SQLAlchemy
    from cardtool.fleet.asking import orders as asking  # noqa: PLC0415 - SQLAlchemy

    store, policy = opened(asked), asked.config.days()
    answer = asking.orders(store, asked.moment, policy, stale_days=stale_days)
    write_view(asked, hidden(asked, answer), "orders")
