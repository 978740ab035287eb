# SPDX-License-Identifier: Apache-2.0
"""`cardtool fleet prune`."""

from datetime import UTC, datetime, timedelta

import click

from cardtool.cli.asked import Asked
from cardtool.cli.fleet.confirming import DRY_RUN, YES, confirm
from cardtool.cli.fleet.opening import opened
from cardtool.cli.options import DATABASE, OUTPUT, options, showing
from cardtool.cli.output import write
from cardtool.fleet.removing import pruning


@click.command()
@click.option("--keep-days", type=click.IntRange(0, 36500), required=True, metavar="N",
              help="Keep the snapshots of so many days.")  # fmt: skip
@click.option("--keep-last", type=click.IntRange(1), default=1, show_default=True, metavar="K",
              help="Keep so many of each workstation, however old.")  # fmt: skip
@options(DRY_RUN, YES, OUTPUT, *showing("terminal"), DATABASE)
@click.pass_context
def prune(ctx: click.Context, keep_days: int, keep_last: int) -> None:
    """Remove old snapshots.  The latest of each workstation stays, so today's lists do not change.

    Says how many would go before it asks.  A snapshot that is dated more than a day after its
    import counts as old as its import, and not as the latest.
    """
    asked = Asked(ctx, ("terminal",))
    label, store = asked.text.label, opened(asked)
    old = pruning.old(store, datetime.now(UTC) - timedelta(days=keep_days), keep_last)
    write(asked, [f"{label('prune-old')}: {len(old)}\n"])
    if old and not asked.option("dry_run"):
        confirm(asked, "prune-confirm")
        write(asked, [f"{label('prune-done')}: {pruning.remove(store, old)}\n"])
