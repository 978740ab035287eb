# SPDX-License-Identifier: Apache-2.0
"""Opens the store that a fleet command uses."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click
import platformdirs

from cardtool.cli.asked import Asked
from cardtool.fleet.store.database import Store

if TYPE_CHECKING:
    from click._termui_impl import ProgressBar


def opened(asked: Asked, *, may_make: bool = False) -> Store:
    """Open the store that the option or the configuration names, or this user's own file.

    Only commands that fill a store may make one (`may_make`): otherwise a mistyped name would be
    answered from a new, empty store. While many snapshots are judged, a bar shows the progress.

    Raises:
        Refused: the configuration or the store cannot be used.
    """
    ctx = click.get_current_context()
    folder = Path(platformdirs.user_data_dir("cardtool", appauthor=False))
    address = asked.option("database") or asked.config.fleet.database or str(folder / "fleet.db")
    store = Store(address, may_make=may_make)
    ctx.call_on_close(store.close)
    if _may_show_progress(asked):
        store.progress = _Bar(ctx, asked.text.label("judging"))
    return store


def _may_show_progress(asked: Asked) -> bool:
    """Tell whether a person watches, and no list is written into the bar."""
    if not sys.stderr.isatty():
        return False
    is_at_once = asked.option("at") is None  # everything is judged before the first line
    return is_at_once or asked.option("output") is not None or not sys.stdout.isatty()


class _Bar:
    """Shows on standard error how many workstations have been judged again."""

    def __init__(self, ctx: click.Context, label: str) -> None:
        self._ctx, self._label = ctx, label
        self._bar: ProgressBar[int] | None = None

    def __call__(self, done: int, number: int) -> None:
        if self._bar is None:
            self._bar = click.progressbar(length=number, label=self._label, file=sys.stderr)
            self._ctx.call_on_close(self._bar.render_finish)
        self._bar.update(done - self._bar.pos)
