# SPDX-License-Identifier: Apache-2.0
"""`cardtool fleet audit`."""

import difflib
from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import click

from cardtool.cli.asked import Asked
from cardtool.cli.judging import hidden, hiding, worst_status
from cardtool.cli.lists import show_list
from cardtool.cli.options import AT, DATABASE, KEEP, OUTPUT, moment, options, showing
from cardtool.cli.output import write_view
from cardtool.cli.spoken import say
from cardtool.model.diagnosis import Severity
from cardtool.model.hiding import Hiding
from cardtool.model.lists import ReaderState, Summary
from cardtool.rules.codes import ROWS
from cardtool.views import LIST, formats
from cardtool.views.lists.listing import Tally

if TYPE_CHECKING:
    from cardtool.fleet.asking.audit import By
    from cardtool.fleet.asking.questions import Question

_FORMATS = formats(LIST)
_OF_LISTS = ("sort", "reverse", "limit")
_SORTS = ["host", "end", "unit", "seen", "severity"]
_COUNTED = ["severity", "verdict", "code", "reader", "unit"]
_STATES = [state.value for state in ReaderState]
_SEVERITIES = [rank.value for rank in sorted(Severity, key=lambda rank: rank.exit_status)]


def _codes(ctx: click.Context, param: click.Parameter, given: tuple[str, ...]) -> tuple[str, ...]:
    """Refuse unknown codes: a mistyped one would list nothing, as if all were well."""
    if given:
        for code in given:
            if code not in ROWS:
                near = difflib.get_close_matches(code, ROWS, n=3)
                text = "{code!r} is no finding's code; close to it: {near}."
                text = say(text, code=code, near=", ".join(near or ROWS))
                raise click.BadParameter(text, ctx, param)
    return given


_FILTERS = (
    click.option("--days", type=click.IntRange(-36500, 36500), metavar="N",
                 help="The NES ends within so many days, or has ended."),
    click.option("--state", "readers", multiple=True, type=click.Choice(_STATES),
                 help="How the reader is."),
    click.option("--severity", "severities", multiple=True, type=click.Choice(_SEVERITIES),
                 help="How bad it is."),
    click.option("--unit", "units", multiple=True,
                 help="Unit of the institution, letter by letter as it is listed."),
    click.option("--code", "codes", multiple=True, callback=_codes,
                 help="Code of a finding that is there."),
    click.option("--host", "hosts", multiple=True,
                 help="Name of a workstation, letter by letter as it is listed."),
    click.option("--person", metavar="PERSON",
                 help="As the store has them; - asks for the number."),
    click.option("--not-seen-since", metavar="WHEN", callback=moment,
                 help="The last check is older."),
    click.option("--sort", type=click.Choice(_SORTS), help="[default: as they came]"),
    click.option("--reverse", is_flag=True, help="The other way round."),
    click.option("--limit", type=click.IntRange(1), metavar="N", help="So many lines at most."),
)  # fmt: skip


@click.command()
@options(*_FILTERS)
@click.option("--by", type=click.Choice(["workstation", "card"]), default="workstation",
              show_default=True, help="What a line is: card is the last NES of each person, "
              "wherever it is.")  # fmt: skip
@click.option("--count", "counted", type=click.Choice(_COUNTED),
              help="Count instead of listing.")  # fmt: skip
@options(OUTPUT, *showing(*_FORMATS), AT, KEEP, DATABASE)
@click.pass_context
def audit(ctx: click.Context, /, by: str, counted: "By | None", **filters: Any) -> None:  # noqa: ANN401
    """List the workstations of the store and how each stands.

    --state, --severity, --unit, --code and --host may be repeated.  The exit status is that of
    the worst line.
    """
    asked = Asked(ctx, formats("tally") if counted else _FORMATS)
    _check(asked, by, counted, filters)
    from cardtool.cli.opening import opened  # noqa: PLC0415 - SQLAlchemy
    from cardtool.fleet.asking import audit as asking  # noqa: PLC0415 - SQLAlchemy
    from cardtool.fleet.asking.cards import cards  # noqa: PLC0415 - SQLAlchemy

    about = (_question(asked, filters), asked.config.days())
    store, at = opened(asked), asked.option("at")
    if counted:
        ctx.exit(_show_tally(asked, asking.count(store, counted, at, *about), counted))
    elif by == "card":
        lines: Iterable[Summary] = cards(store, at, *about)
    else:
        lines = asking.audit(store, at, *about, is_dated=asked.format.dated)
    ctx.exit(show_list(asked, hidden(asked, lines)))


def _check(asked: Asked, by: str, counted: str | None, filters: dict[str, Any]) -> None:
    """Refuse options that do not go together."""
    given = ["by"] * (by == "card") + [name for name in _OF_LISTS if filters[name]]
    if counted and given:
        asked.misuse("--count counts workstations: leave --{option} out.", option=given[0])
    if by == "card" and asked.format.watches:
        text = "--format {format} is about workstations: leave --by out."
        asked.misuse(text, format=asked.format.name)


def _question(asked: Asked, filters: dict[str, Any]) -> "Question":
    from cardtool.cli import people  # noqa: PLC0415 - SQLAlchemy
    from cardtool.fleet.asking.questions import Question  # noqa: PLC0415 - SQLAlchemy

    person, sort = filters.pop("person"), filters.pop("sort")
    return Question(
        **filters
        | {"readers": tuple(map(ReaderState, filters["readers"]))}
        | {"severities": tuple(map(Severity, filters["severities"]))},
        people=people.values(asked, person) if person else (),
        sort=sort or "came",
    )


def _show_tally(asked: Asked, tally: Tally, by: str) -> int:
    """Write the counts, and return the exit status of the worst workstation among them."""
    hides = hiding(asked)
    if by == "unit" and hides is not None:
        tally = _without_people(tally, hides)
    write_view(asked, tally, "tally", by=by)
    return worst_status(Severity(severity) for counts in tally.values() for severity in counts)


def _without_people(tally: Tally, hides: Hiding) -> Tally:
    """Return the counts of units without numbers in their names; equal names are added up."""
    hidden_units: dict[str, Counter[str]] = {}
    for unit, counts in tally.items():
        hidden_units.setdefault(hides.free(unit), Counter()).update(counts)
    return hidden_units
