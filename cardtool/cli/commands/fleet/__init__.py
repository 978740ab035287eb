# SPDX-License-Identifier: Apache-2.0
"""The group of the commands about many workstations."""

from concurrent.futures import BrokenExecutor
from typing import Any

import click

from cardtool.cli.later import later
from cardtool.cli.refusal import Refusal

_COMMANDS = later(
    __name__,
    {
        "audit": "List the workstations of the store and how each stands.",
        "diff": "List what changed since a day: workstations, findings, readers, certificates.",
        "forecast": "Count the renewals of the next three years, month by month; with a price, "
        "what they cost.",
        "forget": "Remove a workstation with its history, or all that the store holds of a person.",
        "import": "Import snapshots into the store: files, folders, `-`.",
        "merge": "Import a personnel register (CSV, XLSX, XLS, ODS) in place of the earlier one.",
        "orders": "List the readers to order: for workstations whose USB shows none.",
        "prune": "Remove old snapshots.",
        "rejudge": "Judge every workstation again, by the rules of this version and the "
        "thresholds set here.",
        "send": "Look at this machine and send the snapshot to be collected.",
    },
)


class Fleet(click.Group):
    """A group whose commands may lack a package, or lose a process that judges."""

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
            from cardtool.cli import installing  # noqa: PLC0415 - loads subprocess, for few

            install = installing.command()
            raise Refusal(code="store-extra", package=package, install=install) from error
        except BrokenExecutor as error:
            raise Refusal(code="judging-ended") from error


@click.group(cls=Fleet, commands=_COMMANDS)
def fleet() -> None:
    """Collect the snapshots of many workstations, and ask who must renew and who has no reader."""
