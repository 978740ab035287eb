# SPDX-License-Identifier: Apache-2.0
"""`cardtool fleet prune`."""

from datetime import UTC, datetime, timedelta

import click

from cardtool.cli.fleet.answering import showing
from cardtool.cli.fleet.confirming import DRY_RUN, YES, confirm
from cardtool.cli.fleet.opening import DATABASE, opened
from cardtool.cli.options import options, value
from cardtool.cli.session import Session


@click.command()
@click.option("--keep-days", type=click.IntRange(0, 36500), required=True, metavar="N",
              help="Keep the snapshots of so many days.")  # fmt: skip
@click.option("--keep-last", type=click.IntRange(1), default=1, show_default=True, metavar="K",
              help="Keep so many of each workstation, however old.")  # fmt: skip
@options(DRY_RUN, YES, *showing("terminal"), DATABASE)
@click.pass_context
def prune(ctx: click.Context, keep_days: int, keep_last: int) -> None:
    """Remove old snapshots.  The latest of each workstation stays, and all that was learned.

    Says how many would go before it asks.  A snapshot dated more than a day ahead of its import is
    as old as that, and not the latest.
    """
    from cardtool.fleet.removing import pruning  # noqa: PLC0415

    session = Session(ctx, ("terminal",))
    words = session.text
    before = datetime.now(UTC) - timedelta(days=keep_days)
    store = opened(ctx)
    old = pruning.old(store, before, keep_last)
    session.write([f"{words.label('prune-old')}: {len(old)}\n"])
    if value(ctx, "dry_run") or not old:
        return
    confirm(ctx, words, "prune-confirm")
    session.write([f"{words.label('prune-done')}: {pruning.remove(store, old)}\n"])
