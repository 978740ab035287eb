# SPDX-License-Identifier: Apache-2.0
# ruff: noqa: PLC0415 - what a command does not need is not imported (cardtool/cli/__init__.py)
"""`cardtool fleet forget`."""

import click

from cardtool.cli.fleet import people
from cardtool.cli.fleet.answering import showing
from cardtool.cli.fleet.confirming import DRY_RUN, YES, confirm
from cardtool.cli.fleet.opening import DATABASE, opened
from cardtool.cli.options import options, value
from cardtool.cli.refusal import Refusal
from cardtool.cli.session import Session


@click.command()
@click.argument("host", required=False, metavar="[HOST]")
@click.option("--person", metavar="PERSON",
              help="A person instead: as the store has them; - asks for the number.")  # fmt: skip
@options(DRY_RUN, YES, *showing("terminal"), DATABASE)
@click.pass_context
def forget(ctx: click.Context, host: str | None, person: str | None) -> None:
    """Remove a workstation with its history, or all that the store holds of a person.

    Snapshots that hold the person go as a whole.  From a file of SQLite the bytes are gone too;
    those of PostgreSQL go with VACUUM, and copies of either with whoever made them.  What was
    removed is not imported again; files that hold it still do so: remove them too.
    """
    from cardtool.fleet.removing import forgetting, searching
    from cardtool.model.redact import without_numbers
    from cardtool.views.harmless import escape

    if (host is None) == (person is None):
        text = "name either a workstation, or somebody with --person."
        raise click.UsageError(text, ctx)
    session = Session(ctx, ("terminal",))
    store, words = opened(ctx), session.text
    if host is not None:
        trace = searching.of_host(store, host)
    else:
        trace = searching.of_person(store, people.sought(session, store, person or ""))
    if trace.is_empty():
        raise Refusal(code="forget-nothing")
    counts = {
        "workstations": len(trace.workstations) or len(trace.changed),
        "looks": len(trace.snapshots),
        "certificates": len(trace.certificates),
        "entries": len(trace.entries),
    }
    said = [f"{words.label(f'forget-{name}')}: {number}\n" for name, number in counts.items()]
    for name, accounts in (("accounts", trace.accounts), ("shared", trace.shared)):
        if accounts:
            shown = escape(without_numbers(", ".join(accounts), None))
            said.append(f"{words.label(f'forget-{name}')}: {shown}\n")
    session.write(said)
    if value(ctx, "dry_run"):
        return
    confirm(ctx, words, "forget-confirm")
    forgetting.forget(store, trace, session.config.days())
    done = words.label("forget-done" if store.is_sqlite else "forget-vacuum")
    session.write([f"{done}\n{words.label('forget-files')}\n"])
