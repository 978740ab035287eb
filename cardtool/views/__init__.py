# SPDX-License-Identifier: Apache-2.0
"""The table of formats: each lays out diagnoses as text and decides nothing.

A view is `render(diagnoses, text, ...) -> Iterator[str]`. It asks nothing of the terminal, the
clock or a file: width, colour and symbols are given to it.
"""

import importlib
from collections.abc import Callable, Iterator

VIEWS = {
    "terminal": ("cardtool.views.terminal", "render"),
    "json": ("cardtool.views.json", "render"),
    "html": ("cardtool.views.html", "render"),
    "ics": ("cardtool.views.ics", "render"),
    "drivers-terminal": ("cardtool.views.drivers", "render"),
    "drivers-json": ("cardtool.views.drivers", "render_json"),
    "certificates-terminal": ("cardtool.views.certificates", "render"),
    "certificates-json": ("cardtool.views.certificates", "render_json"),
    "guide-terminal": ("cardtool.views.guide", "render"),
    "guide-json": ("cardtool.views.guide", "render_json"),
    "guide-html": ("cardtool.views.html", "render_guide"),
}
"""What to import for a format; nothing is imported before it is wanted.

A name without a hyphen is a format of the diagnosis; others begin with what else they show.
"""


def formats(subject: str = "") -> tuple[str, ...]:
    """Return the formats of the diagnosis, or of another subject: drivers, certificates."""
    prefix = f"{subject}-" if subject else ""
    names = (name.removeprefix(prefix) for name in VIEWS if name.startswith(prefix))
    return tuple(name for name in names if "-" not in name)


def view(name: str) -> Callable[..., Iterator[str]]:
    """Return the function that renders a format of `VIEWS`."""
    module, function = VIEWS[name]
    found: Callable[..., Iterator[str]] = getattr(importlib.import_module(module), function)
    return found
