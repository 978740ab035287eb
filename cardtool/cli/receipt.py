# SPDX-License-Identifier: Apache-2.0
"""The lines that a bank receipt must carry, from a name and a number that a person types.

Neither is an argument, because shells remember arguments. Neither is stored, logged or repeated in
a refusal.
"""

import unicodedata

from cardtool.catalog import procedures
from cardtool.cli.asked import Asked
from cardtool.cli.asking import ask
from cardtool.cli.output import paper, write
from cardtool.cli.refusal import Refusal
from cardtool.model.numbers import is_one
from cardtool.model.procedure import Guide, Procedure
from cardtool.text import Text
from cardtool.views.people import guide as view

_PREFIX = "receipt_"
"""Prefix of the keys of facts that say which words a receipt must have."""
_LONGEST = 100
"""Letters of a name; banks have room for fewer."""


def show(asked: Asked, procedure: Procedure, guide: Guide) -> None:
    """Ask for name and number, and show the lines; ask nothing of a role that does not pay.

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
    receipt = view.Receipt(procedure=procedure.name)
    if key is not None:
        fact = guide.institution.facts[key]
        lines = {**_person(asked.text), asked.text.label("receipt-purpose"): fact.value}
        receipt = view.Receipt(procedure=procedure.name, lines=lines, confirm=fact)
    if asked.format.name == "json":
        write(asked, [view.receipt_json(receipt)])
    else:
        write(asked, [view.receipt(receipt, asked.text, paper(asked))])


def _key(steps: Procedure | Guide) -> str | None:
    """Return the key of the fact with the words for the receipt, if a step has one."""
    keys = (key for step in steps.steps for key in step.facts if key.startswith(_PREFIX))
    return next(keys, None)


def _person(text: Text) -> dict[str, str]:
    """Ask for the name and the identity number.

    Raises:
        Refusal: what was typed is no name, or no valid identity number.
    """
    name_label, number_label = text.label("receipt-name"), text.label("receipt-number")
    name = " ".join(unicodedata.normalize("NFC", ask(name_label, _LONGEST * 2)).split())
    if not _is_name(name):
        raise Refusal(code="receipt-name", limit=_LONGEST)
    number = ask(number_label, _LONGEST * 2).replace(" ", "")
    if not is_one(number):
        raise Refusal(code="receipt-number")
    return {name_label: name, number_label: number}


def _is_name(name: str) -> bool:
    words = name.split()
    letters = "".join(words).translate(str.maketrans("", "", ".'\u2019-"))
    return len(words) > 1 and len(name) <= _LONGEST and letters.isalpha()
