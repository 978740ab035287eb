# SPDX-License-Identifier: Apache-2.0
# ruff: noqa: PLC0415 - what a command does not need is not imported (cardtool/cli/__init__.py)
"""Which store a fleet command uses, and what is told where it cannot be used."""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cardtool.cli.options import option, value
from cardtool.cli.refusal import Refusal

if TYPE_CHECKING:
    from click._termui_impl import ProgressBar

    from cardtool.cli.session import Session
    from cardtool.fleet.store.database import Store

DATABASE = option(
    "--database",
    metavar="ADDRESS",
    help="FILE, or postgresql://USER@HOST/NAME.  "
    "[default: `database` of [fleet]; else a file of this user]",
)


class Fleet(click.Group):
    """A group whose commands need packages that may be missing, and processes that judge."""

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401 - as click has it
        """Run the command.

        Raises:
            Refusal: a package is not installed, or a process that judges was ended.
        """
        try:
            return super().invoke(ctx)
        except ModuleNotFoundError as error:
            package = (error.name or "").partition(".")[0]
            if package in {"", "cardtool"}:
                raise
            from cardtool.cli import installing

            install = installing.command()
            raise Refusal(code="store-extra", package=package, install=install) from error
        except Exception as error:
            if "cardtool.fleet.pool" in sys.modules:
                from concurrent.futures import BrokenExecutor

                if isinstance(error, BrokenExecutor):
                    raise Refusal(code="judging-ended") from error
            raise


def opened(
    ctx: click.Context, session: "Session | None" = None, *, may_make: bool = False
) -> "Store":
    """Open the store that the option or the configuration names, or this user's own file.

    One that is not there is made by what fills it alone: a question to a name that was mistyped
    would be answered by an empty one. With a session, a long judging shows how far it is.

    Raises:
        Refused: the configuration or the store cannot be used.
    """
    import platformdirs

    from cardtool.config import load
    from cardtool.fleet.store.database import Store

    address = value(ctx, "database") or load(os.environ).fleet.database
    folder = Path(platformdirs.user_data_dir("cardtool", appauthor=False))
    store = Store(address or str(folder / "fleet.db"), may_make=may_make)
    ctx.call_on_close(store.close)
    if session is not None and _may_show_progress(ctx):
        store.progress = _Bar(ctx, session)
    return store


def _may_show_progress(ctx: click.Context) -> bool:
    """Tell whether somebody sits there, and no list is written over the bar."""
    if not sys.stderr.isatty():
        return False
    is_at_once = value(ctx, "at") is None  # all is judged before the first line is written
    return is_at_once or value(ctx, "output") is not None or not sys.stdout.isatty()


class _Bar:
    """Shows on standard error how much of what is judged again is done."""

    def __init__(self, ctx: click.Context, session: "Session") -> None:
        self._ctx, self._session = ctx, session
        self._bar: ProgressBar[int] | None = None

    def __call__(self, done: int, number: int) -> None:
        if self._bar is None:
            label = self._session.text.label("judging")
            self._bar = click.progressbar(length=number, label=label, file=sys.stderr)
            self._ctx.call_on_close(self._bar.render_finish)
        self._bar.update(done - self._bar.pos)
