# SPDX-License-Identifier: Apache-2.0
"""Asks before a command removes anything: at a terminal, or not at all."""

import sys

import click

from cardtool.cli.asked import Asked
from cardtool.cli.options import option
from cardtool.cli.refusal import Refusal

YES = option("--yes", is_flag=True, help="Do not ask before removing.")
DRY_RUN = option("--dry-run", is_flag=True, help="Say what would go, and remove nothing.")


def confirm(asked: Asked, question: str) -> None:
    """Ask a question, a word of `[label]`, unless --yes answered it.

    Raises:
        Refusal: the answer is no, or nobody is there to be asked.
    """
    if asked.option("yes"):
        return
    if not sys.stdin.isatty():
        raise Refusal(code="nobody-to-ask")
    if not click.confirm(asked.text.label(question), err=True):
        raise Refusal(code="not-confirmed")
