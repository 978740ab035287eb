# SPDX-License-Identifier: Apache-2.0
"""`cardtool practice`: described desks shown as if they were this one, and marked as practice."""

import difflib

import click
import msgspec

from cardtool.cli.options import AT, OUTPUT, SHOWING, options
from cardtool.cli.refusal import Refusal
from cardtool.cli.session import Session
from cardtool.practice import load, names
from cardtool.views import formats
from cardtool.views.people import practice as views


@click.command()
@click.argument("case", required=False)
@options(OUTPUT, *SHOWING, AT)
@click.pass_context
def practice(ctx: click.Context, case: str | None) -> None:
    """Show a described desk for its own moment, marked as practice; without CASE, list them all.

    Needs no reader.  The exit status is that of the desk shown.
    """
    if case is None:
        _show_list(Session(ctx, ("terminal", "json")))
        return
    session = Session(ctx, formats())
    _show_case(session, case)
    ctx.exit(session.worst)


def _show_case(session: Session, name: str) -> None:
    """Show a case as `check` would show that desk, judged for its own moment or the one asked for.

    Raises:
        Refusal: there is no case of this name.
    """
    known = names()
    if name not in known:
        near = difflib.get_close_matches(name, known, n=3)
        raise Refusal(code="practice-unknown", case=name, near=", ".join(near or known))
    case = load(name)
    diagnosis = session.judge(case.snapshot, case.at.astimezone())
    session.show([msgspec.structs.replace(diagnosis, practice=name)])


def _show_list(session: Session) -> None:
    """Show the name of every case with what it is about, in the language asked for."""
    cases = {name: load(name).about_in(session.text.language) for name in names()}
    if session.format == "json":
        session.write([views.listing_json(cases)])
    else:
        session.write([views.listing(cases, session.text, session.paper())])
