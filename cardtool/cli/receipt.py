# SPDX-License-Identifier: Apache-2.0
"""The lines a bank receipt must carry, from a name and a number that are typed and kept nowhere.

Neither is ever an argument, for shells remember those; nothing here is logged or repeated in a
refusal.
"""

import sys
import unicodedata

import click

from cardtool import console
from cardtool.catalog import procedures
from cardtool.cli.refusal import Refusal
from cardtool.cli.session import Session
from cardtool.model.numbers import is_one
from cardtool.model.procedure import Guide, Procedure
from cardtool.text import Text
from cardtool.views.people import guide as view

_PREFIX = "receipt_"
"""Begins the keys of facts that say which words a receipt must have."""
_LONGEST = 100
"""Letters of a name; banks have room for fewer."""


def show(session: Session, procedure: Procedure, guide: Guide) -> None:
    """Ask for name and number, and show the lines; a role that pays nothing is asked for nothing.

    Raises:
        Refusal: the procedure has no receipt, or what was typed cannot be right.
    """
    if _key(procedure) is None:
        having = ", ".join(each.name for each in procedures.load().values() if _key(each))
        raise Refusal(code="receipt-none", name=procedure.name, having=having)
    needed = _key(procedures.guide(procedure, None, guide.institution))
    if needed is None:
        raise Refusal(code="receipt-unknown", name=procedure.name, institution=guide.institution.id)
    key = _key(guide)
    asked = view.Receipt(procedure=procedure.name)
    if key is not None:
        fact = guide.institution.facts[key]
        lines = {**_person(session.text), session.text.label("receipt-purpose"): fact.value}
        asked = view.Receipt(procedure=procedure.name, lines=lines, confirm=fact)
    if session.format == "json":
        session.write([view.receipt_json(asked)])
    else:
        session.write([view.receipt(asked, session.text, session.paper())])


def _key(steps: Procedure | Guide) -> str | None:
    """Return the key of the words that a step of it tells for a receipt."""
    told = (key for step in steps.steps for key in step.facts if key.startswith(_PREFIX))
    return next(told, None)


def _person(text: Text) -> dict[str, str]:
    """Ask who it is.

    Raises:
        Refusal: it is no name, or no number that the state gives.
    """
    name_label, number_label = text.label("receipt-name"), text.label("receipt-number")
    name = " ".join(unicodedata.normalize("NFC", _line(name_label)).split())
    if not _is_name(name):
        raise Refusal(code="receipt-name", limit=_LONGEST)
    number = _line(number_label).replace(" ", "")
    if not is_one(number):
        raise Refusal(code="receipt-number")
    return {name_label: name, number_label: number}


def _is_name(name: str) -> bool:
    words = name.split()
    letters = "".join(words).translate(str.maketrans("", "", ".'\u2019-"))
    return len(words) > 1 and len(name) <= _LONGEST and letters.isalpha()


def _line(label: str) -> str:
    """Read one line; a person at a terminal is told what to type.

    Raises:
        click.Abort: the person left.
    """
    if sys.stdin.isatty():
        console.write([f"{label}: "], sys.stderr)
    try:
        typed = sys.stdin.readline(_LONGEST * 2)
    except UnicodeError:  # whose text has a piece of what was typed
        return ""
    if not typed and sys.stdin.isatty():
        raise click.Abort
    return typed.strip()
