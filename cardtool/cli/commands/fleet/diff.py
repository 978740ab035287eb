# SPDX-License-Identifier: Apache-2.0
"""`cardtool fleet diff`."""

import click

from cardtool.cli.asked import Asked, settings
from cardtool.cli.judging import hidden
from cardtool.cli.options import AT, DATABASE, OUTPUT, SINCE, showing
from cardtool.cli.output import write_view
from cardtool.views import formats


@click.command()
@settings(OUTPUT, *showing(*formats("changes")), SINCE, AT, DATABASE)
def diff(asked: Asked) -> None:
    """List what changed since a day: workstations, findings, readers, certificates.

    A finding that is new only because time passed, as at the end of a certificate, is marked.
    """
    since = asked.option("since")
    if since is None or since > asked.moment:
        asked.misuse("--since WHEN must be said, and lie before --at.")
    from cardtool.cli.opening import opened  # noqa: PLC0415 - SQLAlchemy
    from cardtool.fleet.asking.changes import changes  # noqa: PLC0415 - SQLAlchemy

    answer = changes(opened(asked), since, asked.moment, asked.config.days())
    write_view(asked, hidden(asked, answer), "changes")
