# SPDX-License-Identifier: Apache-2.0
"""`cardtool practice`: shows practice cases as if they were this computer, and marks them."""

import difflib

import click
from msgspec.structs import replace

from cardtool.cli.asked import Asked
from cardtool.cli.judging import judge
from cardtool.cli.options import AT, OUTPUT, SHOWING, options
from cardtool.cli.output import paper, write
from cardtool.cli.refusal import Refusal
from cardtool.cli.showing import show
from cardtool.practice import load, names
from cardtool.views.data.json import document


@click.command()
@click.argument("case", required=False)
@options(OUTPUT, *SHOWING, AT)
@click.pass_context
def practice(ctx: click.Context, case: str | None) -> None:
    """Show a practice case as if it were this computer; without CASE, list them all.

    Needs no reader.  The case is judged for its own moment, and the exit status is that of its
    diagnosis.
    """
    asked = Asked(ctx, ("terminal", "json") if case is None else None)
    if case is None:
        _show_list(asked)
        return
    known = names()
    if case not in known:
        near = difflib.get_close_matches(case, known, n=3)
        raise Refusal(code="practice-unknown", case=case, near=", ".join(near or known))
    described = load(case)
    diagnosis = judge(asked, described.snapshot, described.at.astimezone())
    ctx.exit(show(asked, [replace(diagnosis, practice=case)]))


def _show_list(asked: Asked) -> None:
    """Show every case by its name and what it is about."""
    cases = {name: load(name).about_in(asked.text.language) for name in names()}
    if asked.format.name == "json":
        listed = [{"name": name, "about": about} for name, about in cases.items()]
        write(asked, [document({"cases": listed})])
    else:
        title = asked.text.label("practice-cases")
        write(asked, [paper(asked).listing(title, cases.items())])
