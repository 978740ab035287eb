# SPDX-License-Identifier: Apache-2.0
"""`cardtool fleet orders`."""

import click

from cardtool.cli.asked import Asked
from cardtool.cli.fleet.opening import opened
from cardtool.cli.judging import hidden
from cardtool.cli.options import AT, DATABASE, KEEP, OUTPUT, options, showing
from cardtool.cli.output import write_view
from cardtool.fleet.asking.orders import orders as orders_of
from cardtool.views import formats

_FORMATS = formats("orders")


@click.command()
@click.option("--stale-days", type=click.IntRange(0, 3650), default=30, show_default=True,
              metavar="N", help="Mark workstations that were not seen for longer.")  # fmt: skip
@options(OUTPUT, *showing(*_FORMATS), AT, KEEP, DATABASE)
@click.pass_context
def orders(ctx: click.Context, stale_days: int) -> None:
    """List the readers to order: for workstations whose USB shows none.

    Readers that are there and do not work are listed after these, for IT.  The register
    (`fleet merge`) says for whom each reader is.
    """
    asked = Asked(ctx, _FORMATS)
    answer = orders_of(opened(asked), asked.moment, asked.config.days(), stale_days=stale_days)
    write_view(asked, hidden(asked, answer), "orders")
