# SPDX-License-Identifier: Apache-2.0
"""How a command asks before it removes anything: at a terminal, or not at all."""

import sys

import click

from cardtool.cli.options import option, value
from cardtool.cli.refusal import Refusal
from cardtool.text import Text

YES = option("--yes", is_flag=True, help="Do not ask before removing.")
DRY_RUN = option("--dry-run", is_flag=True, help="Say what would go, and remove nothing.")


def confirm(ctx: click.Context, text: Text, question: str) -> None:
    """Ask a question, a word of `[label]`, unless --yes answered it.

    Raises:
        Refusal: the answer is no, or nobody is there to be asked.
    """
    if value(ctx, "yes"):
        return
    if not sys.stdin.isatty():
        raise Refusal(code="nobody-to-ask")
    if not click.confirm(text.label(question), err=True):
        raise Refusal(code="not-confirmed")
