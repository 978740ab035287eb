# SPDX-License-Identifier: Apache-2.0
"""`cardtool fleet forecast`."""

import click

from cardtool.cli.asked import Asked, settings
from cardtool.cli.judging import hidden
from cardtool.cli.options import AT, DATABASE, OUTPUT, showing
from cardtool.cli.output import write_view
from cardtool.views import formats


@click.command()
@click.option("--by", type=click.Choice(["month", "unit"]), default="month", show_default=True,
              help="What the lines are about.")  # fmt: skip
@settings(OUTPUT, *showing(*formats("forecast")), AT, DATABASE)
def forecast(asked: Asked, by: str) -> None:
    """Count the renewals of the next three years, month by month; with a price, what they cost.

    Each person counts once, with the NES that lasts longest: a renewed one is not counted again.
    """
    from cardtool.cli.opening import opened  # noqa: PLC0415 - SQLAlchemy
    from cardtool.fleet.asking import forecast as asking  # noqa: PLC0415 - SQLAlchemy

    answer = asking.forecast(
        opened(asked),
        asked.moment,
        price=asked.config.fleet.price,
        currency=asked.config.fleet.currency,
        by_unit=by == "unit",
        policy=asked.config.days(),
    )
    (shown,) = hidden(asked, [answer])
    write_view(asked, shown, "forecast")
