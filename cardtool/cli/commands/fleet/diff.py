# SPDX-License-Identifier: Apache-2.0
"""`cardtool fleet diff`."""

from datetime import datetime

import click

from cardtool.cli.asked import Asked
from cardtool.cli.fleet.opening import opened
from cardtool.cli.judging import hidden
from cardtool.cli.options import AT, DATABASE, OUTPUT, SINCE, options, showing
from cardtool.cli.output import write_view
from cardtool.fleet.asking.changes import changes
from cardtool.views import formats

_FORMATS = formats("changes")


@click.command()
@options(OUTPUT, *showing(*_FORMATS), SINCE, AT, DATABASE)
@click.pass_context
def diff(ctx: click.Context) -> None:
    """List what changed since a day: workstations, findings, readers, certificates.

    A finding that is new only because time passed, as at the end of a certificate, is marked.
    """
    asked = Asked(ctx, _FORMATS)
    since: datetime | None = asked.option("since")
    if since is None or since > asked.moment:
        text = "--since WHEN must be said, and lie before --at."
        raise click.UsageError(text, ctx)
    answer = changes(opened(asked), since, asked.moment, asked.config.days())
    write_view(asked, hidden(asked, answer), "changes")
