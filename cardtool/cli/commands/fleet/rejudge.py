# SPDX-License-Identifier: Apache-2.0
"""`cardtool fleet rejudge`."""

from datetime import UTC, datetime

import click

from cardtool.cli.asked import Asked, settings
from cardtool.cli.options import DATABASE, OUTPUT, showing
from cardtool.cli.output import write


@click.command()
@settings(OUTPUT, *showing("terminal"), DATABASE)
def rejudge(asked: Asked) -> None:
    """Judge every workstation again, by the rules of this version and the thresholds set here.

    The next import does the same where either has changed.
    """
    from cardtool.cli.opening import opened  # noqa: PLC0415 - SQLAlchemy
    from cardtool.fleet.asking import advance  # noqa: PLC0415 - SQLAlchemy
    from cardtool.fleet.store import judged_by  # noqa: PLC0415 - SQLAlchemy

    store, by = opened(asked), judged_by.this_program(asked.config.days())
    judged_by.mark(store, by)
    count = advance.judge_due(store, datetime.now(UTC), by)
    write(asked, [f"{asked.text.label('rejudge-done')}: {count}\n"])
