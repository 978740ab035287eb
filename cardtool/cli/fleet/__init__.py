# SPDX-License-Identifier: Apache-2.0
"""The commands about many workstations; each stands in a file of its own."""

import click

from cardtool.cli.fleet.auditing import audit
from cardtool.cli.fleet.differing import diff
from cardtool.cli.fleet.forecasting import forecast
from cardtool.cli.fleet.forgetting import forget, prune
from cardtool.cli.fleet.importing import import_
from cardtool.cli.fleet.merging import merge
from cardtool.cli.fleet.opening import Fleet
from cardtool.cli.fleet.ordering import orders
from cardtool.cli.fleet.rejudging import rejudge
from cardtool.cli.fleet.sending import send


@click.group(cls=Fleet)
def fleet() -> None:
    """Collect the snapshots of many workstations, and ask who must renew and who has no reader."""


fleet.add_command(send)
fleet.add_command(import_)
fleet.add_command(audit)
fleet.add_command(orders)
fleet.add_command(forecast)
fleet.add_command(diff)
fleet.add_command(merge)
fleet.add_command(forget)
fleet.add_command(prune)
fleet.add_command(rejudge)
