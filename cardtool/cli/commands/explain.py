# SPDX-License-Identifier: Apache-2.0
"""`cardtool explain`."""

import re

import click

from cardtool.cli.asked import Asked, settings
from cardtool.cli.options import SHOWING
from cardtool.cli.output import paper, write
from cardtool.cli.refusal import Refusal
from cardtool.rules.codes import finding
from cardtool.rules.codes.numbers import NUMBERS
from cardtool.rules.meanings import meanings, nearest
from cardtool.rules.spellings import own_numbers
from cardtool.views.data import meanings as data
from cardtool.views.people import meaning

_SHOWN = 80
"""Characters of an unknown text that the message repeats."""


@click.command(context_settings={"ignore_unknown_options": True})
@click.argument("anything", nargs=-1, required=True, type=click.UNPROCESSED)
@settings(*SHOWING, known=("terminal", "json"))
def explain(asked: Asked, anything: tuple[str, ...]) -> None:
    """Say what a code, an error, a card, a reader or a driver is, and what to do.

    ANYTHING is what somebody read on a screen, or a line of it: K-14, nes-expired, 0x8010001D,
    CKR_DEVICE_ERROR, Code 43, an ATR, 058F:9540, a reader's name, akisp11.dll, or the words of a
    message.
    """
    for word in anything:
        if re.match(r"--?[^\W\d]", word):
            raise click.NoSuchOption(word, ctx=click.get_current_context())
    text = " ".join(anything)
    explained = [(entry, [finding(code) for code in entry.findings]) for entry in meanings(text)]
    if not explained:
        raise _unknown(text)
    if asked.format.name == "json":
        write(asked, [data.render(text, explained, asked.text)])
    else:
        write(asked, meaning.render(explained, asked.text, paper(asked)))


def _unknown(text: str) -> Refusal:
    """Build the answer to a text that means nothing: what is like it, or what else to write."""
    shown, near = text[:_SHOWN], nearest(text)
    if own_numbers(text):
        return Refusal(code="explain-no-number", asked=shown, last=f"K-{max(NUMBERS.values())}")
    if near:
        names = (f"K-{NUMBERS[name]} {name}" if name in NUMBERS else name for name in near)
        return Refusal(code="explain-unknown-near", asked=shown, near=", ".join(names))
    return Refusal(code="explain-unknown", asked=shown)
