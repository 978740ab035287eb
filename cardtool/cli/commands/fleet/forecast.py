# SPDX-License-Identifier: Apache-2.0
"""`cardtool fleet forecast`."""

import click

from cardtool.cli.asked import Asked
from cardtool.cli.fleet.opening import opened
from cardtool.cli.judging import hidden
from cardtool.cli.options import AT, DATABASE, OUTPUT, options, showing
from cardtool.cli.output import write_view
from cardtool.fleet.asking.forecast import forecast as forecast_of
from cardtool.views import formats

_FORMATS = formats("forecast")


@click.command()
@click.option("--by", type=click.Choice(["month", "unit"]), default="month", show_default=True,
              help="What the lines are about.")  # fmt: skip
@options(OUTPUT, *showing(*_FORMATS), AT, DATABASE)
@click.pass_context
def forecast(ctx: click.Context, by: str) -> None:
    """Count the renewals of the next three years, month by month; with a price, what they cost.

    Each person counts once, with the NES that lasts longest: a renewed one is not counted again.
    """
    asked = Asked(ctx, _FORMATS)
    answer = forecast_of(
        opened(asked),
        asked.moment,
        price=asked.config.fleet.price,
        currency=asked.config.fleet.currency,
        by_unit=by == "unit",
        policy=asked.config.days(),
    )
    (shown,) = hidden(asked, [answer])
    write_view(asked, shown, "forecast")
