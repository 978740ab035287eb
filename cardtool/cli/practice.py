# SPDX-License-Identifier: Apache-2.0
"""Described desks shown as if they were this one, and always marked as practice."""

import difflib

import msgspec

from cardtool.cli.refusal import Refusal
from cardtool.cli.session import Session
from cardtool.practice import load, names


def show_case(session: Session, name: str) -> None:
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


def show_list(session: Session) -> None:
    """Show the name of every case with what it is about, in the language asked for."""
    from cardtool.views.people import practice  # noqa: PLC0415 - one case needs no list

    cases = {name: load(name).about[session.text.language] for name in names()}
    if session.format == "json":
        session.write([practice.listing_json(cases)])
    else:
        session.write([practice.listing(cases, session.text, session.paper())])
