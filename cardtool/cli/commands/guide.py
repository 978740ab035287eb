# SPDX-License-Identifier: Apache-2.0
"""`guide`: procedures from beginning to end, with the facts of the user's institution.

Also the lines that a bank receipt must carry, from a name and a number that a person types. Neither
is an argument, because shells remember arguments. Neither is stored, logged or repeated in a
refusal.
"""

import difflib
import sys
import unicodedata

import click

from cardtool.catalog import addresses, procedures
from cardtool.cli.asked import Asked
from cardtool.cli.asking import ask
from cardtool.cli.options import KEEP, OUTPUT, SHOWING, options, value
from cardtool.cli.output import paper, write
from cardtool.cli.refusal import Refusal
from cardtool.cli.spoken import say
from cardtool.model.numbers import is_identity_number
from cardtool.model.procedure import Guide, Procedure, Role
from cardtool.text import Text
from cardtool.views import formats, view
from cardtool.views.data import procedures as documents
from cardtool.views.harmless import escape
from cardtool.views.people import guide as pages

_ADDRESSED = "order-reader"
"""The procedure whose form takes an address without abbreviations."""
_STANDARD_INPUT = "-"
_LONGEST_ADDRESS = 500
"""Characters."""
_FEWEST_WORDS = 4
_CHANGED = 1
"""Exit status if something in an address had to be written in full."""
_RECEIPT = "receipt_"
"""Prefix of the keys of facts that say which words a receipt must have."""
_LONGEST_NAME = 100
"""Letters; banks have room for fewer."""


@click.command("guide")
@click.argument("name", required=False)
@click.option("--role", type=click.Choice([role.value for role in Role]),
              help="For a family physician or for staff only.  [default: for all]")  # fmt: skip
@click.option("--address", metavar="TEXT",
              help="order-reader: write this address without abbreviations; - reads it."
              )  # fmt: skip
@click.option("--receipt", is_flag=True,
              help="Ask for name and number, print the lines of the bank receipt; store nothing."
              )  # fmt: skip
@options(OUTPUT, *SHOWING, KEEP)
@click.pass_context
def guide(
    ctx: click.Context,
    name: str | None,
    role: str | None,
    address: str | None,
    *,
    receipt: bool,
) -> None:
    """Show the procedure NAME from beginning to end, or list them all.

    With --address the exit status is 1 where something had to be written in full.
    """
    if value(ctx, "keep_personal") and not (receipt and value(ctx, "format") == "json"):
        text = say("--keep-personal is for `guide NAME --receipt --format json`.")
        raise click.UsageError(text, ctx)
    asked = Asked(ctx, formats("guide"))
    if address is not None:
        if name != _ADDRESSED or receipt:
            asked.misuse("--address is for `guide {name}`, without --receipt.", name=_ADDRESSED)
        _on_screen(asked, "--address")
        ctx.exit(_show_address(asked, address))
    if receipt:
        if name is None:
            asked.misuse("--receipt is for one procedure: `guide NAME --receipt`.")
        _on_screen(asked, "--receipt")
        if asked.format.name == "json" and not asked.keeps:
            asked.misuse(
                "--receipt gives a name and a number: add --keep-personal for --format json."
            )
    _show(asked, name, role, receipt=receipt)


def _on_screen(asked: Asked, option: str) -> None:
    """Refuse to write a person's own data to a file or an HTML page."""
    if asked.file is not None or asked.option("format") == "html":
        text = "{option} writes no file and no page: leave out -o and --format html."
        asked.misuse(text, option=option)


def _show(asked: Asked, name: str | None, role: str | None, *, receipt: bool) -> None:
    """Show one procedure, all of them as HTML pages, or their list."""
    known = procedures.load()
    if name is None and asked.format.name != "html":
        if asked.format.name == "json":
            write(asked, [documents.listing(known, asked.text)])
        else:
            write(asked, [pages.listing(known, asked.text, paper(asked))])
        return
    chosen = known.values() if name is None else (_named(name, known),)
    whose = Role(role) if role else None
    guides = [procedures.guide(procedure, whose, asked.institution) for procedure in chosen]
    if receipt:
        _show_receipt(asked, *chosen, *guides)
        return
    beside: dict[str, object] = {"paper": paper(asked)} if asked.format.people else {}
    if asked.format.name == "html":
        every = (procedures.guide(each, whose, asked.institution) for each in known.values())
        beside = {"others": {guide.name: guide for guide in every}}
    write(asked, view(asked.format.name, "guide")(guides, asked.text, **beside))


def _named(name: str, known: dict[str, Procedure]) -> Procedure:
    if name not in known:
        near = difflib.get_close_matches(name, known, n=3)
        raise Refusal(code="guide-unknown", name=name, near=", ".join(near or known))
    return known[name]


def _show_address(asked: Asked, given: str) -> int:
    """Show an address as the form wants it, and return the exit status.

    Refuses an abbreviation that only the writer of the address knows.
    """
    expanded = addresses.expand(_readable(given))
    if not any(map(str.isalpha, expanded.text)):
        raise Refusal(code="address-empty")
    if expanded.unknown:
        words = ", ".join(f"{change.short} ({change.place})" for change in expanded.unknown)
        raise Refusal(code="address-unknown", words=words)
    hints = [] if any(map(str.isdigit, expanded.text)) else ["number"]
    hints += ["short"] if len(expanded.text.split()) < _FEWEST_WORDS else []
    if asked.format.name == "json":
        write(asked, [documents.address(expanded, hints)])
    else:
        write(asked, [pages.address(expanded, hints, asked.text, paper(asked))])
    return _CHANGED if expanded.changes else 0


def _readable(given: str) -> str:
    """Return an address without hidden characters; `-` reads it from standard input."""
    try:
        text = sys.stdin.read(_LONGEST_ADDRESS + 1) if given == _STANDARD_INPUT else given
        text.encode()  # an argument may hold bytes that are no UTF-8
    except UnicodeError:
        raise Refusal(code="address-encoding") from None
    if len(text) > _LONGEST_ADDRESS:
        raise Refusal(code="address-long", limit=_LONGEST_ADDRESS)
    return escape(text)


def _show_receipt(asked: Asked, procedure: Procedure, guide: Guide) -> None:
    """Ask for name and number, and show the lines; ask nothing of a role that does not pay."""
    if _receipt_key(procedure) is None:
        known = procedures.load().values()
        having = ", ".join(other.name for other in known if _receipt_key(other))
        raise Refusal(code="receipt-none", name=procedure.name, having=having)
    needed = _receipt_key(procedures.guide(procedure, None, guide.institution))
    if needed is None:
        raise Refusal(code="receipt-unknown", name=procedure.name, institution=guide.institution.id)
    key = _receipt_key(guide)
    lines, fact = dict[str, str](), None
    if key is not None:
        fact = guide.institution.facts[key]
        lines = {**_person(asked.text), asked.text.label("receipt-purpose"): fact.value}
    if asked.format.name == "json":
        write(asked, [documents.receipt(procedure.name, lines, fact)])
    else:
        write(asked, [pages.receipt(lines, fact, asked.text, paper(asked))])


def _receipt_key(steps: Procedure | Guide) -> str | None:
    """Return the key of the fact with the words for the receipt, if a step has one."""
    keys = (key for step in steps.steps for key in step.facts if key.startswith(_RECEIPT))
    return next(keys, None)


def _person(text: Text) -> dict[str, str]:
    name_label, number_label = text.label("receipt-name"), text.label("receipt-number")
    name = " ".join(unicodedata.normalize("NFC", ask(name_label, _LONGEST_NAME * 2)).split())
    if not _is_name(name):
        raise Refusal(code="receipt-name", limit=_LONGEST_NAME)
    number = ask(number_label, _LONGEST_NAME * 2).replace(" ", "")
    if not is_identity_number(number):
        raise Refusal(code="receipt-number")
    return {name_label: name, number_label: number}


def _is_name(name: str) -> bool:
    words = name.split()
    letters = "".join(words).translate(str.maketrans("", "", ".'\u2019-"))
    return len(words) > 1 and len(name) <= _LONGEST_NAME and letters.isalpha()
