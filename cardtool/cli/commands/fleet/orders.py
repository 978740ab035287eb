# SPDX-License-Identifier: Apache-2.0
# ruff: noqa: PLC0415 - what a command does not need is not imported (cardtool/cli/__init__.py)
"""`cardtool fleet orders`."""

import click

from cardtool.cli.fleet.answering import moment, showing, write
from cardtool.cli.fleet.opening import DATABASE, opened
from cardtool.cli.options import AT, KEEP, options
from cardtool.cli.session import Session
from cardtool.views import formats, view

_FORMATS = formats("orders")


@click.command()
@click.option("--stale-days", type=click.IntRange(0, 3650), default=30, show_default=True,
              metavar="N", help="Mark workstations that were not seen for longer.")  # fmt: skip
@options(*showing(*_FORMATS), AT, KEEP, DATABASE)
@click.pass_context
def orders(ctx: click.Context, stale_days: int) -> None:
    """List the readers to order: where USB was seen and has none.

    Others that do not work are listed apart, for IT.  For whom each is comes from the register
    (`fleet merge`).
    """
    from cardtool.fleet.asking.orders import orders as lines
    from cardtool.views.lists import orders as views

    session = Session(ctx, _FORMATS)
    policy = session.config.days()
    every = lines(opened(ctx, session), moment(ctx), policy, stale_days=stale_days)
    found = session.hidden(every)
    match session.format:
        case "terminal":
            write(session, views.render(found, session.text, session.paper()))
        case "csv":
            write(session, views.render_csv(found))
        case "json":
            write(session, views.render_json(found))
        case _:
            from cardtool.cli.lists import refuse_workbook

            refuse_workbook(session)
            session.write_all_bytes(view("xlsx", "orders")(found, session.text))
