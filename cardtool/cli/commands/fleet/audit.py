# SPDX-License-Identifier: Apache-2.0
# ruff: noqa: PLC0415 - what a command does not need is not imported (cardtool/cli/__init__.py)
"""`cardtool fleet audit`."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import click

from cardtool.cli.fleet import people
from cardtool.cli.fleet.answering import showing
from cardtool.cli.fleet.opening import DATABASE, opened
from cardtool.cli.options import AT, KEEP, moment, options, value
from cardtool.cli.session import Session
from cardtool.views import LIST, formats, view

if TYPE_CHECKING:
    from cardtool.fleet.asking.audit import By
    from cardtool.fleet.asking.questions import Question
    from cardtool.model.hiding import Hiding
    from cardtool.model.summary import Summary
    from cardtool.views.lists.tally import Tally

_FORMATS = formats(LIST)
_OF_LISTS = ("sort", "reverse", "limit")
_SORTS = ("host", "end", "unit", "seen", "severity")
_BY = ("severity", "verdict", "code", "reader", "unit")
_STATES = ("present", "missing", "driver", "broken", "unknown")
_SEVERITIES = ("ok", "warning", "critical", "unknown")


def _codes(ctx: click.Context, param: click.Parameter, given: tuple[str, ...]) -> tuple[str, ...]:
    """Take the codes there are: one that was mistyped would find nothing, and so look well."""
    if given:
        import difflib

        from cardtool.rules.codes import ROWS

        for each in given:
            if each not in ROWS:
                near = difflib.get_close_matches(each, ROWS, n=3)
                text = f"{each!r} is no finding's code; close to it: {', '.join(near or ROWS)}."
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
@click.option("--count", "counted", type=click.Choice(_BY), help="Count instead of listing.")
@options(*showing(*_FORMATS), AT, KEEP, DATABASE)
@click.pass_context
def audit(ctx: click.Context, /, by: str, counted: "By | None", **asked: Any) -> None:  # noqa: ANN401
    """List the workstations of the store and how each stands.

    --state, --severity, --unit, --code and --host may be repeated.  The exit status is that of
    the worst line.
    """
    session = Session(ctx, formats("tally") if counted else _FORMATS)
    given = ["by"] * (by == "card") + [each for each in _OF_LISTS if asked[each]]
    if counted and given:
        text = f"--count counts workstations: leave --{given[0]} out."
        raise click.UsageError(text, ctx)
    question = _question(session, asked)
    store, at, policy = opened(ctx, session), value(ctx, "at"), session.config.days()
    if counted:
        from cardtool.fleet.asking.audit import count

        _show_tally(session, count(store, counted, at, question, policy), counted)
    elif by == "card":
        if session.record.watches:
            text = f"--format {session.format} is about workstations: leave --by out."
            raise click.UsageError(text, ctx)
        from cardtool.fleet.asking.cards import cards

        _show(session, cards(store, at, question, policy))
    else:
        from cardtool.fleet.asking.audit import audit as lines

        found = lines(store, at, question, policy, is_dated=session.record.dated)
        _show(session, found)
    ctx.exit(session.worst)


def _question(session: Session, asked: dict[str, Any]) -> "Question":
    from cardtool.fleet.asking.questions import Question
    from cardtool.model.diagnosis import Severity
    from cardtool.model.summary import ReaderState

    person, sort = asked.pop("person"), asked.pop("sort")
    return Question(
        **asked
        | {"readers": tuple(map(ReaderState, asked["readers"]))}
        | {"severities": tuple(map(Severity, asked["severities"]))},
        people=people.values(session, person) if person else (),
        sort=sort or "came",
    )


def _show(session: Session, lines: "Iterable[Summary]") -> None:
    from cardtool.cli import lists

    lines = session.hidden(lines)
    if session.format == "json":
        session.write(view("json", LIST)(lists.noted(session, lines)))
    else:
        lists.show(session, lines)


def _show_tally(session: Session, tally: "Tally", by: str) -> None:
    from cardtool.model.diagnosis import Severity
    from cardtool.views.lists.tally import render, render_csv, render_json

    hiding = session.hiding()
    if by == "unit" and hiding is not None:
        tally = _without_people(tally, hiding)
    for severity in sorted({name for counts in tally.values() for name in counts}):
        session.note(Severity(severity))
    if session.format == "csv":
        session.write_all_bytes(part.encode() for part in render_csv(tally, by))
    elif session.format == "json":
        session.write(render_json(tally, by))
    else:
        session.write(render(tally, session.text, by, session.paper()))


def _without_people(tally: "Tally", hiding: "Hiding") -> "Tally":
    """Return the counts of units without the numbers in their names; units may become one."""
    from collections import Counter

    hidden: dict[str, Counter[str]] = {}
    for unit, counts in tally.items():
        hidden.setdefault(hiding.free(unit), Counter()).update(counts)
    return hidden
