# SPDX-License-Identifier: Apache-2.0
"""`cardtool explain`."""

import difflib

import click

from cardtool.cli.asked import Asked, settings
from cardtool.cli.options import SHOWING
from cardtool.cli.output import paper, write
from cardtool.rules.codes import ROWS, finding
from cardtool.views.data import json
from cardtool.views.people import terminal


@click.command()
@click.argument("code")
@settings(*SHOWING, known=("terminal", "json"))
def explain(asked: Asked, code: str) -> None:
    """Say what a finding's CODE means and what to do."""
    if code not in ROWS:
        near = difflib.get_close_matches(code, ROWS, n=3)
        text = f"{code!r} is no finding's code; it may be one of: {', '.join(near or ROWS)}."
        raise click.BadParameter(text, click.get_current_context(), param_hint="CODE")
    if asked.format.name == "json":
        write(asked, [json.explain(finding(code), asked.text)])
    else:
        write(asked, [terminal.explain(finding(code), asked.text, paper(asked))])
