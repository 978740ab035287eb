# SPDX-License-Identifier: Apache-2.0
"""Reads which person a command is about, without identity numbers as arguments.

Everybody on the machine can see the arguments of a command, and the shell keeps them.
"""

import re
import sys

import click

from cardtool.cli.asked import Asked
from cardtool.cli.asking import ask
from cardtool.cli.refusal import Refusal
from cardtool.fleet.removing.recognising import SHORTEST, Person, accounts_in
from cardtool.fleet.removing.searching import has_masked
from cardtool.fleet.store.database import Store
from cardtool.model.hiding import hashed

ASKED = "-"
"""Given instead of a person: ask for the number."""

_NUMBER = r"[1-9]([\s._-]?[0-9]){10}"


def values(asked: Asked, person: str) -> tuple[str, ...]:
    """Return how the store may spell a person: as given, and hashed with the site's key.

    Raises:
        Refusal: it is an identity number, which must be typed where it is asked for.
    """
    person = _typed(asked) if person == ASKED else _not_a_number(person)
    key = _key(asked)
    return (person, hashed(key, person)) if key else (person,)


def sought(asked: Asked, store: Store, person: str) -> Person:
    """Return the person to search for; ask for the name too if the store may have a masked number.

    Raises:
        Refusal: it is an identity number, or too short to be anybody's name.
    """
    number = _typed(asked) if person == ASKED else ""
    given = number or _not_a_number(person).strip()
    if len(given) < SHORTEST:
        raise Refusal(code="person-short", shortest=SHORTEST)
    name = ""
    if number and has_masked(store, number):
        question = asked.text.label("forget-name")
        name = click.prompt(question, default="", show_default=False, err=True).strip()
    key = _key(asked)
    accounts = accounts_in(given)
    return Person(
        values=(given, hashed(key, given)) if key else (given,),
        number=number if re.fullmatch(_NUMBER, number) else "",
        name=name,
        accounts=accounts + tuple(hashed(key, account) for account in accounts if key),
    )


def _not_a_number(person: str) -> str:
    if re.fullmatch(_NUMBER, person.strip()):
        raise Refusal(code="person-number")
    return person


def _typed(asked: Asked) -> str:
    """Read a number: hidden on a terminal, else a line of standard input."""
    label = asked.text.label("forget-number")
    typed: str = (
        click.prompt(label, hide_input=True, err=True) if sys.stdin.isatty() else ask(label)
    )
    if not typed:
        raise click.Abort
    return re.sub(r"[\s._-]", "", typed) if re.fullmatch(_NUMBER, typed.strip()) else typed.strip()


def _key(asked: Asked) -> bytes:
    return bytes.fromhex(asked.config.identity.key or "")
