# SPDX-License-Identifier: Apache-2.0
"""The group of the commands about many workstations."""

import click

from cardtool.cli.fleet.opening import Fleet
from cardtool.cli.later import later

_COMMANDS = later(
    __name__,
    {
        "audit": "List the workstations of the store and how each stands.",
        "diff": "List what changed since a day: workstations, findings, readers, certificates.",
        "forecast": "Count the renewals of the next three years, month by month; with a price, "
        "what they cost.",
        "forget": "Remove a workstation with its history, or all that the store holds of a person.",
        "import": "Take snapshots into the store: files, folders, `-`.",
        "merge": "Take a personnel register (CSV, XLSX, XLS) in place of the one before; again is "
        "harmless.",
        "orders": "List the readers to order: where USB was seen and has none.",
        "prune": "Remove old snapshots.",
        "rejudge": "Judge every workstation again, by the rules of this version and the "
        "thresholds set here.",
        "send": "Look at this machine and send the snapshot to be collected.",
    },
)


@click.group(cls=Fleet, commands=_COMMANDS)
def fleet() -> None:
    """Collect the snapshots of many workstations, and ask who must renew and who has no reader."""
