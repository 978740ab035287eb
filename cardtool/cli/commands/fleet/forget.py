# SPDX-License-Identifier: Apache-2.0
"""`cardtool fleet forget`."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from cardtool.cli.asked import Asked, settings
from cardtool.cli.options import DATABASE, DRY_RUN, OUTPUT, YES, showing
from cardtool.cli.refusal import Refusal
from cardtool.model.hiding import without_numbers
from cardtool.text import Text
from cardtool.views.harmless import escape

if TYPE_CHECKING:
    from cardtool.fleet.removing.searching import Trace


@click.command()
@click.argument("host", required=False, metavar="[HOST]")
@click.option("--person", metavar="PERSON",
              help="A person instead: as the store has them; - asks for the number.")  # fmt: skip
@settings(DRY_RUN, YES, OUTPUT, *showing("terminal"), DATABASE)
def forget(asked: Asked, host: str | None, person: str | None) -> None:
    """Remove a workstation with its history, or all that the store holds of a person.

    Snapshots that hold the person are removed whole.  In an SQLite file the bytes are gone too; in
    PostgreSQL they go with VACUUM.  Backups, imported files and rejected files still hold them:
    remove those too.  What was removed is not imported again.
    """
    if (host is None) == (person is None):
        asked.misuse("name either a workstation, or somebody with --person.")
    from cardtool.cli import opening, people  # noqa: PLC0415 - SQLAlchemy
    from cardtool.fleet.removing import removal, searching  # noqa: PLC0415 - SQLAlchemy

    store = opening.opened(asked)
    if host is not None:
        trace = searching.of_host(store, host)
    else:
        trace = searching.of_person(store, people.sought(asked, store, person or ""))
    if trace.is_empty():
        raise Refusal(code="forget-nothing")

    def forgotten() -> str:
        removal.forget(store, trace, asked.config.days())
        done = "forget-done" if store.is_sqlite else "forget-vacuum"
        return f"{asked.text.label(done)}\n{asked.text.label('forget-files')}\n"

    opening.remove(asked, list(_described(trace, asked.text)), "forget-confirm", forgotten)


def _described(trace: "Trace", text: Text) -> Iterator[str]:
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
