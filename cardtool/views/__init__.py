# SPDX-License-Identifier: Apache-2.0
"""The table of formats, one record for each choice of `--format`.

A view is `render(things, text, paper=PAPER) -> Iterator[str]`; it lays out what it is given and
decides nothing. It does not ask the terminal, the clock or a file: it is given width, colour and
symbols.
"""

import importlib
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any, NamedTuple


class Format(NamedTuple):
    """A choice of `--format`, and all that the command line must know of it."""

    name: str
    gives: Mapping[str, str]
    """What it can show -> the function that lays it out, which is imported when it is needed."""
    leaves: bool = False
    """It is made to leave the workstation, so people are hashed; elsewhere they are masked."""
    keeps: bool = False
    """`--keep-personal` makes it show names and numbers as they are."""
    watches: bool = False
    """A monitoring program reads it: it never shows people, whatever the options say."""
    dated: bool = False
    """It shows the moments of a renewal; these need the calendar of public holidays."""
    people: bool = False
    """It is written in the encoding of the console; every other format is UTF-8."""
    binary: bool = False
    """It is bytes."""


DIAGNOSIS = "diagnosis"
LIST = "list"
"""A `Summary` for each workstation."""

_data = partial(Format, leaves=True, keeps=True, dated=True)

FORMATS = {
    record.name: record
    for record in (
        Format(
            name="terminal",
            gives={
                DIAGNOSIS: "people.terminal:render",
                LIST: "lists.listing:render",
                "drivers": "people.inventory:drivers",
                "certificates": "people.inventory:certificates",
                "guide": "people.guide:render",
                "seen": "lists.seen:render",
                "tally": "lists.listing:tally",
                "changes": "lists.changes:render",
                "orders": "lists.orders:render",
                "forecast": "lists.forecast:render",
            },
            people=True,
        ),
        Format(
            name="json",
            gives={
                DIAGNOSIS: "data.json:render",
                LIST: "data.json:render_list",
                "drivers": "data.json:drivers",
                "certificates": "data.json:certificates",
                "guide": "data.procedures:render",
                "tally": "lists.listing:tally_json",
                "changes": "data.json:render_list",
                "orders": "data.json:render_list",
                "forecast": "data.json:render_record",
            },
            leaves=True,
            keeps=True,
        ),
        Format(
            name="html",
            gives={DIAGNOSIS: "people.html:render", "guide": "people.html:render_guide"},
            keeps=True,
        ),
        _data(name="ics", gives={DIAGNOSIS: "data.ics:render", LIST: "data.ics:render_list"}),
        _data(
            name="csv",
            gives={
                LIST: "lists.csv:render",
                "tally": "lists.listing:tally_csv",
                "changes": "lists.changes:render_csv",
                "orders": "lists.orders:render_csv",
                "forecast": "lists.forecast:render_csv",
            },
        ),
        _data(
            name="ndjson", gives={LIST: "data.json:render_lines", "seen": "data.json:render_lines"}
        ),
        Format(name="nagios", gives={LIST: "lists.monitoring:nagios"}, watches=True),
        Format(
            name="prometheus", gives={LIST: "lists.monitoring:prometheus"}, watches=True, dated=True
        ),
        _data(
            name="xlsx",
            gives={LIST: "lists.xlsx:render", "orders": "lists.xlsx:render_orders"},
            binary=True,
        ),
        Format(name="svg", gives={"forecast": "lists.forecast:render_svg"}),
    )
}
"""By their names, in the order in which help names them."""


def formats(subject: str = DIAGNOSIS) -> tuple[str, ...]:
    """Return the formats of a subject; a diagnosis can also be a list of one line."""
    return tuple(
        name
        for name, record in FORMATS.items()
        if subject in record.gives or (subject == DIAGNOSIS and LIST in record.gives)
    )


def view(name: str, subject: str = DIAGNOSIS) -> Callable[..., Iterator[Any]]:
    """Return the function that lays a subject out; it yields bytes if the format is binary.

    If the format has no page for a diagnosis, it is the function for the list.
    """
    gives = FORMATS[name].gives
    place = gives[LIST] if subject == DIAGNOSIS and subject not in gives else gives[subject]
    module, _, function = place.partition(":")
    lays_out: Callable[..., Iterator[Any]] = getattr(
        importlib.import_module(f"{__name__}.{module}"), function
    )
    return lays_out
