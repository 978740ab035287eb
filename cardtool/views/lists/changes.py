# SPDX-License-Identifier: Apache-2.0
"""What changed since a day: a line each, for people or for programs."""

from collections.abc import Iterable, Iterator

import msgspec

from cardtool.model.lists import Change
from cardtool.text import Text
from cardtool.views.harmless import escape
from cardtool.views.lists import csv
from cardtool.views.paper import Paper

_FINGERPRINT = 16
"""Digits of a certificate's fingerprint that tell it from others."""


def render(changes: Iterable[Change], text: Text, paper: Paper | None = None) -> Iterator[str]:
    """Yield a line for each change, below the name of its workstation."""
    arrow = "→" if (paper or Paper()).symbols else "->"
    shown = None
    for change in changes:
        workstation = change.host_id, change.host, change.unit
        if workstation != shown:
            shown = workstation
            unit = f" ({escape(change.unit)})" if change.unit else ""
            yield f"{escape(change.host) or '-'}{unit}\n"
        yield f"    {text.label(f'change-{change.what}')}{_details(change, text, arrow)}\n"
    if shown is None:
        yield f"{text.label('change-nothing')}\n"


def render_csv(changes: Iterable[Change], _text: Text | None = None) -> Iterator[str]:
    """Yield the heading and a row each; the columns are the fields of `Change`."""
    return csv.rows(Change.__struct_fields__, map(msgspec.structs.astuple, changes))


def _details(change: Change, text: Text, arrow: str) -> str:
    """Return what follows the words of a change."""
    match change.what:
        case "workstation-new" | "workstation-not-seen":
            return f": {text.moment(change.taken_at)}"
        case "verdict":
            by = f" ({text.label('change-by-time')})" if change.by == "time" else ""
            return f": {change.before} {arrow} {change.after}{by}"
        case "reader-appeared" | "reader-vanished":
            return f": {escape(change.before or change.after)}"
        case _:
            before, after = change.before[:_FINGERPRINT] or "-", change.after[:_FINGERPRINT]
            return f": {before} {arrow} {after}{_until(change, text)}"


def _until(change: Change, text: Text) -> str:
    """Return the day on which the new certificate ends."""
    if change.ends_at is None:
        return ""
    return f", {text.short_day(change.ends_at)}"
