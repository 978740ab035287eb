# SPDX-License-Identifier: Apache-2.0
"""`cardtool fleet forget`."""

from collections.abc import Iterator

import click

from cardtool.cli.asked import Asked
from cardtool.cli.fleet import people
from cardtool.cli.fleet.confirming import DRY_RUN, YES, confirm
from cardtool.cli.fleet.opening import opened
from cardtool.cli.options import DATABASE, OUTPUT, options, showing
from cardtool.cli.output import write
from cardtool.cli.refusal import Refusal
from cardtool.fleet.removing import forgetting, searching
from cardtool.fleet.removing.searching import Trace
from cardtool.model.hiding import without_numbers
from cardtool.text import Text
from cardtool.views.harmless import escape


@click.command()
@click.argument("host", required=False, metavar="[HOST]")
@click.option("--person", metavar="PERSON",
              help="A person instead: as the store has them; - asks for the number.")  # fmt: skip
@options(DRY_RUN, YES, OUTPUT, *showing("terminal"), DATABASE)
@click.pass_context
def forget(ctx: click.Context, host: str | None, person: str | None) -> None:
    """Remove a workstation with its history, or all that the store holds of a person.

    Snapshots that hold the person are removed whole.  In an SQLite file the bytes are gone too; in
    PostgreSQL they go with VACUUM.  Backups, imported files and rejected files still hold them:
    remove those too.  What was removed is not imported again.
    """
    if (host is None) == (person is None):
        text = "name either a workstation, or somebody with --person."
        raise click.UsageError(text, ctx)
    asked = Asked(ctx, ("terminal",))
    store, label = opened(asked), asked.text.label
    if host is not None:
        trace = searching.of_host(store, host)
    else:
        trace = searching.of_person(store, people.sought(asked, store, person or ""))
    if trace.is_empty():
        raise Refusal(code="forget-nothing")
    write(asked, _described(trace, asked.text))
    if asked.option("dry_run"):
        return
    confirm(asked, "forget-confirm")
    forgetting.forget(store, trace, asked.config.days())
    done = label("forget-done" if store.is_sqlite else "forget-vacuum")
    write(asked, [f"{done}\n{label('forget-files')}\n"])


def _described(trace: Trace, text: Text) -> Iterator[str]:
    """Yield how much will be removed, and which accounts it belongs to."""
    counts = {
        "workstations": len(trace.workstations) or len(trace.changed),
        "looks": len(trace.snapshots),
        "certificates": len(trace.certificates),
        "entries": len(trace.entries),
    }
    for name, count in counts.items():
        yield f"{text.label(f'forget-{name}')}: {count}\n"
    for name, accounts in (("accounts", trace.accounts), ("shared", trace.shared)):
        if accounts:
            shown = escape(without_numbers(", ".join(accounts), None))
            yield f"{text.label(f'forget-{name}')}: {shown}\n"
