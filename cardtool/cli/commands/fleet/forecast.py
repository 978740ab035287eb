# SPDX-License-Identifier: Apache-2.0
# ruff: noqa: PLC0415 - what a command does not need is not imported (cardtool/cli/__init__.py)
"""`cardtool fleet forecast`."""

import click

from cardtool.cli.fleet.answering import moment, showing, write
from cardtool.cli.fleet.opening import DATABASE, opened
from cardtool.cli.options import AT, options
from cardtool.cli.session import Session
from cardtool.views import formats

_FORMATS = formats("forecast")


@click.command()
@click.option("--by", type=click.Choice(["month", "unit"]), default="month", show_default=True,
              help="What the lines are about.")  # fmt: skip
@options(*showing(*_FORMATS), AT, DATABASE)
@click.pass_context
def forecast(ctx: click.Context, by: str) -> None:
    """Count the renewals of the next three years, month by month; with a price, what they cost.

    Of each person the NES that lasts longest counts, so what is renewed is not counted.
    """
    from cardtool.fleet.asking.forecast import forecast as ahead
    from cardtool.views.lists import forecast as views
    from cardtool.views.lists import forecast_svg

    session = Session(ctx, _FORMATS)
    own = session.config.fleet
    store, at, policy = opened(ctx, session), moment(ctx), session.config.days()
    every = ahead(
        store, at, price=own.price, currency=own.currency, by_unit=by == "unit", policy=policy
    )
    (found,) = session.hidden([every])
    match session.format:
        case "terminal":
            write(session, views.render(found, session.text, session.paper()))
        case "csv":
            write(session, views.render_csv(found))
        case "json":
            write(session, views.render_json(found))
        case _:
            write(session, forecast_svg.render(found, session.text))
