# SPDX-License-Identifier: Apache-2.0
"""The table of formats: each lays out diagnoses as text and decides nothing.

A view is `render(diagnoses, text, ...) -> Iterator[str]`; those that list are given summaries. It
asks nothing of the terminal, the clock or a file: width, colour and symbols are given to it.
"""

import importlib
from collections.abc import Callable, Iterator
from typing import Any

VIEWS = {
    "terminal": ("cardtool.views.people.terminal", "render"),
    "json": ("cardtool.views.data.json", "render"),
    "html": ("cardtool.views.people.html", "render"),
    "ics": ("cardtool.views.data.ics", "render"),
    "csv": ("cardtool.views.lists.csv", "render"),
    "ndjson": ("cardtool.views.lists.ndjson", "render"),
    "nagios": ("cardtool.views.lists.nagios", "render"),
    "prometheus": ("cardtool.views.lists.prometheus", "render"),
    "xlsx": ("cardtool.views.lists.xlsx", "render"),
    "list-terminal": ("cardtool.views.lists.listing", "render"),
    "list-ics": ("cardtool.views.data.ics", "render_list"),
    "drivers-terminal": ("cardtool.views.people.drivers", "render"),
    "drivers-json": ("cardtool.views.people.drivers", "render_json"),
    "certificates-terminal": ("cardtool.views.people.certificates", "render"),
    "certificates-json": ("cardtool.views.people.certificates", "render_json"),
    "guide-terminal": ("cardtool.views.people.guide", "render"),
    "guide-json": ("cardtool.views.people.guide", "render_json"),
    "guide-html": ("cardtool.views.people.html", "render_guide"),
}
"""What to import for a format; nothing is imported before it is wanted.

A name without a hyphen is a format of the diagnosis; others begin with what else they show.
"""

LISTS = frozenset({"csv", "ndjson", "nagios", "prometheus", "xlsx", "list-terminal", "list-ics"})
"""Those of `VIEWS` that are given a `Summary` for each workstation instead of a diagnosis."""

PEOPLE = frozenset({"terminal"})
"""Formats for people, which a console may spell with the letters that it has.

Every other one is for programs, and is UTF-8 wherever it goes.
"""

BINARY = frozenset({"xlsx"})
"""Those of `VIEWS` that yield bytes."""


def formats(subject: str = "") -> tuple[str, ...]:
    """Return the formats of the diagnosis, or of another subject: drivers, certificates."""
    prefix = f"{subject}-" if subject else ""
    names = (name.removeprefix(prefix) for name in VIEWS if name.startswith(prefix))
    return tuple(name for name in names if "-" not in name)


def view(name: str) -> Callable[..., Iterator[str]]:
    """Return the function that renders a format of `VIEWS`."""
    found: Callable[..., Iterator[str]] = _imported(name)
    return found


def binary_view(name: str) -> Callable[..., Iterator[bytes]]:
    """Return the function that renders a format of `BINARY`."""
    found: Callable[..., Iterator[bytes]] = _imported(name)
    return found


def _imported(name: str) -> Any:  # noqa: ANN401 - a function of either kind
    module, function = VIEWS[name]
    return getattr(importlib.import_module(module), function)
