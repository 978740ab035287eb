# SPDX-License-Identifier: Apache-2.0
"""Described desks shown as if they were this one, and always marked as practice."""

import difflib

import click
import msgspec

from cardtool.cli.session import Session
from cardtool.practice import load, names


def show_case(session: Session, ctx: click.Context, name: str) -> None:
    """Show a case as `check` would show that desk, judged for its own moment or the one asked for.

    Raises:
        click.BadParameter: there is no case of this name.
    """
    known = names()
    if name not in known:
        near = difflib.get_close_matches(name, known, n=3)
        text = f"{name!r} is no practice case; close to it: {', '.join(near or known)}."
        raise click.BadParameter(text, ctx, param_hint="CASE")
    case = load(name)
    diagnosis = session.judge(case.snapshot, case.at.astimezone())
    session.show(session.format, [msgspec.structs.replace(diagnosis, practice=name)])


def show_list(session: Session) -> None:
    """Show the name of every case with what it is about, in the language asked for."""
    from cardtool.views import practice  # noqa: PLC0415 - one case needs no list

    cases = {name: load(name).about[session.text.language] for name in names()}
    if session.format == "json":
        session.write([practice.listing_json(cases)])
    else:
        session.write([practice.listing(cases, session.text, session.paper())])
