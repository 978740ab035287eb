# SPDX-License-Identifier: Apache-2.0
"""`cardtool fleet prune`."""

from datetime import UTC, datetime, timedelta

import click

from cardtool.cli.asked import Asked, settings
from cardtool.cli.options import DATABASE, DRY_RUN, OUTPUT, YES, showing
from cardtool.cli.output import write


@click.command()
@click.option("--keep-days", type=click.IntRange(0, 36500), required=True, metavar="N",
              help="Keep the snapshots of so many days.")  # fmt: skip
@click.option("--keep-last", type=click.IntRange(1), default=1, show_default=True, metavar="K",
              help="Keep so many of each workstation, however old.")  # fmt: skip
@settings(DRY_RUN, YES, OUTPUT, *showing("terminal"), DATABASE)
def prune(asked: Asked, keep_days: int, keep_last: int) -> None:
    """Remove old snapshots.  The latest of each workstation stays, so today's lists do not change.

    Says how many would go before it asks.  A snapshot that is dated more than a day after its
    import counts as old as its import, and not as the latest.
    """
    from cardtool.cli.opening import opened, remove  # noqa: PLC0415 - SQLAlchemy
    from cardtool.fleet.removing import removal  # noqa: PLC0415 - SQLAlchemy

    label, store = asked.text.label, opened(asked)
    old = removal.old_snapshots(store, datetime.now(UTC) - timedelta(days=keep_days), keep_last)
    about = [f"{label('prune-old')}: {len(old)}\n"]
    if not old:
        write(asked, about)
        return
    remove(
        asked,
        about,
        "prune-confirm",
        lambda: f"{label('prune-done')}: {removal.remove_snapshots(store, old)}\n",
    )
