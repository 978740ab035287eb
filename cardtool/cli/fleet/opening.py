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
    from cardtool.fleet.store import Store

DATABASE = option(
    "--database",
    metavar="ADDRESS",
    help="FILE, or postgresql://USER@HOST/NAME.  "
    "[default: `database` of [fleet]; else a file of this user]",
)


class Fleet(click.Group):
    """A group whose commands may meet a store that cannot be used."""

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401 - as click has it
        """Run the command.

        Raises:
            Refusal: the store cannot be used, or what it needs is not installed.
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
            if "cardtool.fleet.store" in sys.modules:
                from cardtool.fleet.store import StoreError

                if isinstance(error, StoreError):
                    raise Refusal(code=error.code, **error.facts) from error
            raise


def opened(ctx: click.Context, *, may_make: bool = False) -> "Store":
    """Open the store that the option or the configuration names, or this user's own file.

    One that is not there is made by what fills it alone: a question to a name that was mistyped
    would be answered by an empty one.

    Raises:
        Refusal: the configuration cannot be used.
    """
    import platformdirs

    from cardtool.catalog.handwritten import HandwrittenError
    from cardtool.config import load
    from cardtool.fleet.store import Store

    try:
        address = value(ctx, "database") or load(os.environ).fleet.database
    except HandwrittenError as error:
        raise Refusal(code=error.code, **error.facts) from error
    folder = Path(platformdirs.user_data_dir("cardtool", appauthor=False))
    store = Store(address or str(folder / "fleet.db"), may_make=may_make)
    ctx.call_on_close(store.close)
    return store
