# SPDX-License-Identifier: Apache-2.0
"""`guide`: procedures from beginning to end, with the facts of the user's institution."""

import difflib
import sys

import click

from cardtool.catalog import addresses, procedures
from cardtool.cli import receipt as receipts
from cardtool.cli.asked import Asked
from cardtool.cli.options import KEEP, OUTPUT, SHOWING, options, value
from cardtool.cli.output import paper, write
from cardtool.cli.refusal import Refusal
from cardtool.model.procedure import Procedure, Role
from cardtool.views import formats, view
from cardtool.views.harmless import escape
from cardtool.views.people import guide as pages

_ADDRESSED = "order-reader"
"""The procedure whose form takes an address without abbreviations."""
_STANDARD_INPUT = "-"
_LONGEST = 500
"""Characters of an address."""
_FEWEST_WORDS = 4
_CHANGED = 1
"""Exit status if something in an address had to be written in full."""


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
        text = "--keep-personal is for `guide NAME --receipt --format json`."
        raise click.UsageError(text, ctx)
    asked = Asked(ctx, formats("guide"))
    if address is not None:
        if name != _ADDRESSED or receipt:
            text = f"--address is for `guide {_ADDRESSED}`, without --receipt."
            raise click.UsageError(text, ctx)
        _on_screen(ctx, "--address")
        ctx.exit(_show_address(asked, address))
    if receipt:
        if name is None:
            text = "--receipt is for one procedure: `guide NAME --receipt`."
            raise click.UsageError(text, ctx)
        _on_screen(ctx, "--receipt")
        if asked.format.name == "json" and not value(ctx, "keep_personal"):
            text = "--receipt gives a name and a number: add --keep-personal for --format json."
            raise click.UsageError(text, ctx)
    _show(asked, name, role, receipt=receipt)


def _on_screen(ctx: click.Context, option: str) -> None:
    """Refuse to write a person's own data to a file or an HTML page."""
    if value(ctx, "output") not in (None, "-") or value(ctx, "format") == "html":
        text = f"{option} writes no file and no page: leave out -o and --format html."
        raise click.UsageError(text, ctx)


def _show(asked: Asked, name: str | None, role: str | None, *, receipt: bool) -> None:
    """Show one procedure, all of them as HTML pages, or their list.

    Raises:
        Refusal: there is none of this name, or it cannot be shown.
    """
    known = procedures.load()
    if name is None and asked.format.name != "html":
        if asked.format.name == "json":
            write(asked, [pages.listing_json(known, asked.text)])
        else:
            write(asked, [pages.listing(known, asked.text, paper(asked))])
        return
    chosen = known.values() if name is None else (_named(name, known),)
    whose = Role(role) if role else None
    guides = [procedures.guide(each, whose, asked.institution) for each in chosen]
    if receipt:
        receipts.show(asked, *chosen, *guides)
        return
    beside = {"paper": paper(asked)} if asked.format.people else {}
    write(asked, view(asked.format.name, "guide")(guides, asked.text, **beside))


def _named(name: str, known: dict[str, Procedure]) -> Procedure:
    if name not in known:
        near = difflib.get_close_matches(name, known, n=3)
        raise Refusal(code="guide-unknown", name=name, near=", ".join(near or known))
    return known[name]


def _show_address(asked: Asked, given: str) -> int:
    """Show an address as the form wants it, and return the exit status.

    Raises:
        Refusal: it is no address, or has an abbreviation that only its writer knows.
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
        write(asked, [pages.address_json(expanded, hints)])
    else:
        write(asked, [pages.address(expanded, hints, asked.text, paper(asked))])
    return _CHANGED if expanded.changes else 0


def _readable(given: str) -> str:
    """Return an address without hidden characters; `-` reads it from standard input.

    Raises:
        Refusal: it is too long, or not in UTF-8.
    """
    try:
        text = sys.stdin.read(_LONGEST + 1) if given == _STANDARD_INPUT else given
        text.encode()  # an argument may hold bytes that are no UTF-8
    except UnicodeError:
        raise Refusal(code="address-encoding") from None
    if len(text) > _LONGEST:
        raise Refusal(code="address-long", limit=_LONGEST)
    return escape(text)
