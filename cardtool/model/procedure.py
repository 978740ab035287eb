# SPDX-License-Identifier: Apache-2.0
"""Procedures, that is what people do away from the computer, and the facts of an institution."""

from collections.abc import Sequence
from datetime import date
from enum import StrEnum

import msgspec

from cardtool.model.diagnosis import Actor


class Role(StrEnum):
    """Groups of people whose steps differ."""

    PHYSICIAN = "physician"
    """A family physician, who pays and proves it."""
    STAFF = "staff"
    """Somebody who works in a unit of the institution."""


class Payer(StrEnum):
    """Who bears a cost."""

    YOU = "you"
    INSTITUTION = "institution"
    NOBODY = "nobody"


class Kind(StrEnum):
    """The form of a fact's value."""

    TEXT = "text"
    LINK = "link"
    PHONE = "phone"
    MAIL = "mail"
    IBAN = "iban"


class Key(msgspec.Struct, frozen=True, kw_only=True):
    """What holds for all facts of one key."""

    kind: Kind = Kind.TEXT
    money: bool = False
    """It says where money goes, or how much: to be confirmed before paying."""


KEYS = {
    "provider_phone": Key(kind=Kind.PHONE),
    "provider_page": Key(kind=Kind.LINK),
    "online_page": Key(kind=Kind.LINK),
    "driver_page": Key(kind=Kind.LINK),
    "akis_page": Key(kind=Kind.LINK),
    "issuer_host": Key(),
    "reader_form": Key(kind=Kind.LINK),
    "payment_page": Key(kind=Kind.LINK, money=True),
    "payment_bank": Key(money=True),
    "price_page": Key(kind=Kind.LINK, money=True),
    "application_page": Key(kind=Kind.LINK),
    "paper_address": Key(),
    "list_form": Key(kind=Kind.LINK),
    "list_mail": Key(kind=Kind.MAIL),
    "unit": Key(),
    "account_holder": Key(money=True),
    "bank": Key(money=True),
    "branch": Key(money=True),
    "iban": Key(kind=Kind.IBAN, money=True),
    "receipt_first": Key(money=True),
    "receipt_renewal": Key(money=True),
}
"""The keys of the facts of a profile; each is a placeholder in `[guide.*]`."""


TOGETHER = (("account_holder", "bank", "branch", "iban"), ("list_form", "list_mail"))
"""A profile has all keys of a group or none; otherwise a procedure would lack a step."""

LINK = r"(?i:https?)://[^\s<>\"'`]*[^\s<>\"'`.,;:!?)\]]"
"""The address of a page in a sentence; punctuation after it is not part of it."""


class Fact(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One fact of an institution: a number, an address, a name."""

    value: str
    source: str
    """Where it is written: a public page or the title of a paper."""
    checked: date
    """The day somebody last saw it there."""


class Institution(msgspec.Struct, frozen=True, kw_only=True):
    """An institution, with the facts that hold only there."""

    id: str
    name: str
    """As it calls itself; empty: none is chosen and only nationwide facts hold."""
    facts: dict[str, Fact]
    """By key: nationwide facts, overridden by its own."""
    overridden: tuple[str, ...] = ()
    """Keys of the nationwide facts that its own override."""

    def values(self) -> dict[str, str]:
        """Return what goes into sentences, by the name of the placeholder."""
        return {key: fact.value for key, fact in self.facts.items()}


class Step(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One thing to do; its sentence is `[guide.CODE]` of the words."""

    code: str
    actor: Actor = Actor.YOU
    roles: tuple[Role, ...] = ()
    """For whom it is; empty: for everybody."""
    facts: tuple[str, ...] = ()
    """Keys of the facts in its sentence; if one is not known, the step is left out."""
    needs: tuple[str, ...] = ()
    """Keys of other facts without which the step makes no sense."""
    unless: tuple[str, ...] = ()
    """Keys of facts with which this step is left out, because another step uses them."""
    payer: Payer | None = None
    """Who bears what it costs; None: it costs nothing."""
    branch: str = ""
    """The case that it is for, named by `[label] branch-CODE` of the words; empty: every case."""


def counted(steps: Sequence[Step]) -> list[int]:
    """Return the number of each step; cases that exclude each other begin with the same number."""
    numbers: list[int] = []
    before = last = number = 0
    branch = ""
    for step in steps:
        if step.branch != branch:
            if not branch:
                before = last
            number = before if step.branch else last
            branch = step.branch
        number += 1
        last = max(last, number)
        numbers.append(number)
    return numbers


class Procedure(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to do about one thing, whole and in order; its words are `[procedure.NAME]`."""

    name: str
    at_hand: tuple[str, ...] = ()
    """Codes of what to have ready, `[at-hand.CODE]` of the words."""
    steps: tuple[Step, ...] = msgspec.field(name="step")
    source: str
    """`page.md#heading` in drivers_notes."""


class Guide(msgspec.Struct, frozen=True, kw_only=True):
    """A procedure for one role in one institution."""

    name: str
    role: Role | None
    """None: for everybody; steps for some roles then name them."""
    institution: Institution
    at_hand: tuple[str, ...]
    steps: tuple[Step, ...]


def replaced(step: Step, institution: Institution) -> Fact | None:
    """Return a fact of a step that differs from the rest of the country, if there is one.

    Of several it is the one seen longest ago.
    """
    facts = (institution.facts[key] for key in step.facts if key in institution.overridden)
    return min(facts, key=lambda fact: fact.checked, default=None)


def confirm(step: Step, institution: Institution) -> Fact | None:
    """Return the fact to confirm before paying, which is shown with its source and date.

    Of several that the step tells it is the one seen longest ago; None: no money depends on it.
    """
    keys = (key for key in step.facts if key in institution.facts and KEYS[key].money)
    facts = (institution.facts[key] for key in keys)
    return min(facts, key=lambda fact: fact.checked, default=None)
