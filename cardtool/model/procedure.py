# SPDX-License-Identifier: Apache-2.0
"""What people have to do beside the computer: procedures, and the facts of their institution."""

from collections.abc import Sequence
from datetime import date
from enum import StrEnum

import msgspec

from cardtool.model.diagnosis import Actor


class Role(StrEnum):
    """Whose way through a procedure differs."""

    PHYSICIAN = "physician"
    """A family physician, who pays and proves it."""
    STAFF = "staff"
    """Whoever works in a unit of the institution."""


class Payer(StrEnum):
    """Who bears a cost."""

    YOU = "you"
    INSTITUTION = "institution"
    NOBODY = "nobody"


class Kind(StrEnum):
    """What form the value of a fact has."""

    TEXT = "text"
    LINK = "link"
    PHONE = "phone"
    MAIL = "mail"
    IBAN = "iban"


class Key(msgspec.Struct, frozen=True, kw_only=True):
    """What holds for all facts of one key."""

    kind: Kind = Kind.TEXT
    money: bool = False
    """Money goes where it says, or as much as it says: to be confirmed before paying."""


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
"""Every key a profile may have a fact of: the name of a placeholder in `[guide.*]`."""


TOGETHER = (("account_holder", "bank", "branch", "iban"), ("list_form", "list_mail"))
"""Keys of which a profile has all or none: with some of them a procedure would lack a step."""

LINK = r"(?i:https?)://[^\s<>\"'`]*[^\s<>\"'`.,;:!?)\]]"
"""What an address of a page looks like in a sentence, which may go on right behind it."""


class Fact(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One thing that holds for an institution: a number, an address, a name."""

    value: str
    source: str
    """Where it stands: a public page or the title of a paper."""
    checked: date
    """The day somebody last saw it there."""


class Institution(msgspec.Struct, frozen=True, kw_only=True):
    """Whose procedures they are, with everything that is only so there."""

    id: str
    name: str
    """As it calls itself; empty: none is chosen and only nationwide facts hold."""
    facts: dict[str, Fact]
    """By key, nationwide facts and its own together; where both have one its own counts."""
    overridden: tuple[str, ...] = ()
    """Keys of the nationwide facts that its own stand for."""

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
    """Keys of the facts that its sentence tells; where one is not known the step is left out."""
    needs: tuple[str, ...] = ()
    """Keys of facts that it does not tell, but without which it makes no sense either."""
    unless: tuple[str, ...] = ()
    """Keys of facts that make it needless: it stands in for steps that tell or need them."""
    payer: Payer | None = None
    """Who bears what it costs; None: it costs nothing."""
    branch: str = ""
    """For which of several cases it is, `[label] branch-CODE` of the words; empty: for all."""


def counted(steps: Sequence[Step]) -> list[int]:
    """Return the number of each step; cases that exclude each other are counted from one number."""
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
    """A procedure as it is for one role in one institution."""

    name: str
    role: Role | None
    """None: for everybody; steps for some roles then name them."""
    institution: Institution
    at_hand: tuple[str, ...]
    steps: tuple[Step, ...]


def replaced(step: Step, institution: Institution) -> Fact | None:
    """Return the fact of a step that is another than in the rest of the country, if there is one.

    Of several it is the one seen longest ago.
    """
    facts = (institution.facts[key] for key in step.facts if key in institution.overridden)
    return min(facts, key=lambda fact: fact.checked, default=None)


def confirm(step: Step, institution: Institution) -> Fact | None:
    """Return the fact whose source and date stand beside a step that money depends on.

    Of several that the step tells it is the one seen longest ago; None: no money depends on it.
    """
    keys = (key for key in step.facts if key in institution.facts and KEYS[key].money)
    facts = (institution.facts[key] for key in keys)
    return min(facts, key=lambda fact: fact.checked, default=None)
