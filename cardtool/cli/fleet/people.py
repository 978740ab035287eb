# SPDX-License-Identifier: Apache-2.0
# ruff: noqa: PLC0415 - what a command does not need is not imported (cardtool/cli/__init__.py)
"""How a person is named to a command: never by their number among its words.

A command's words are seen by everybody on the machine, and kept by the shell.
"""

import re
from typing import TYPE_CHECKING

import click

from cardtool.cli.refusal import Refusal
from cardtool.cli.session import Session

if TYPE_CHECKING:
    from cardtool.fleet.removing.searching import Person
    from cardtool.fleet.store.database import Store

ASKED = "-"
"""Given instead of a person: ask for the number."""

_NUMBER = r"[1-9]([\s._-]?[0-9]){10}"


def values(session: Session, person: str) -> tuple[str, ...]:
    """Return what the store may call a person: as given, and as the site's key hashes it.

    Raises:
        Refusal: it is an identity number, which must be typed where it is asked for.
    """
    from cardtool.model.redact import hashed

    person = _typed(session) if person == ASKED else _not_a_number(person)
    key = _key(session)
    return (person, hashed(key, person)) if key else (person,)


def sought(session: Session, store: "Store", person: str) -> "Person":
    """Return whom to look for; where the store masks numbers, the name is asked for as well.

    Raises:
        Refusal: it is an identity number, or too short to be anybody's name.
    """
    from cardtool.fleet.removing import searching
    from cardtool.model.redact import hashed

    number = _typed(session) if person == ASKED else ""
    given = number or _not_a_number(person).strip()
    if len(given) < searching.SHORTEST:
        raise Refusal(code="person-short", shortest=searching.SHORTEST)
    name = ""
    if number and searching.alike(store, number):
        question = session.text.label("forget-name")
        name = click.prompt(question, default="", show_default=False, err=True).strip()
    key = _key(session)
    accounts = searching.accounts(given)
    return searching.Person(
        values=(given, hashed(key, given)) if key else (given,),
        number=number if re.fullmatch(_NUMBER, number) else "",
        name=name,
        accounts=accounts + tuple(hashed(key, each) for each in accounts if key),
    )


def _not_a_number(person: str) -> str:
    if re.fullmatch(_NUMBER, person.strip()):
        raise Refusal(code="person-number")
    return person


def _typed(session: Session) -> str:
    typed: str = click.prompt(session.text.label("forget-number"), hide_input=True, err=True)
    return re.sub(r"[\s._-]", "", typed) if re.fullmatch(_NUMBER, typed.strip()) else typed.strip()


def _key(session: Session) -> bytes:
    return bytes.fromhex(session.config.identity.key or "")
