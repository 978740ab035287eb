# SPDX-License-Identifier: Apache-2.0
# ruff: noqa: PLC0415 - what a command does not need is not imported (cardtool/cli/__init__.py)
"""`cardtool fleet diff`."""

from datetime import datetime

import click

from cardtool.cli.fleet.answering import moment, showing, write
from cardtool.cli.fleet.opening import DATABASE, opened
from cardtool.cli.options import AT, SINCE, options, value
from cardtool.cli.session import Session
from cardtool.views import formats

_FORMATS = formats("changes")


@click.command()
@options(*showing(*_FORMATS), SINCE, AT, DATABASE)
@click.pass_context
def diff(ctx: click.Context) -> None:
    """List what changed since a day: workstations, findings, readers, certificates.

    A finding that is new because time passed, as at the end of a certificate, is told as such.
    """
    from cardtool.fleet.asking.changes import changes
    from cardtool.views.lists import changes as views

    session = Session(ctx, _FORMATS)
    since: datetime | None = value(ctx, "since")
    at = moment(ctx)
    if since is None or since > at:
        text = "--since WHEN must be said, and lie before --at."
        raise click.UsageError(text, ctx)
    found = session.hidden(changes(opened(ctx, session), since, at, session.config.days()))
    if session.format == "terminal":
        write(session, views.render(found, session.text, session.paper()))
    elif session.format == "csv":
        write(session, views.render_csv(found))
    else:
        write(session, views.render_json(found))
