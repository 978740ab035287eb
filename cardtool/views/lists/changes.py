# SPDX-License-Identifier: Apache-2.0
"""Shows what changed: on workstations since a day, and in the store by a personnel register.

The contents of a register's rows are never repeated.
"""

from collections.abc import Iterable, Iterator

import msgspec

from cardtool.model.lists import Change, MergedRegister, RegisterEntry, RegisterTrouble
from cardtool.text import Text
from cardtool.views.harmless import escape
from cardtool.views.lists import csv
from cardtool.views.paper import PAPER, Paper

_FINGERPRINT = 16
"""Digits of a certificate's fingerprint that tell it from others."""

_COUNTS = ("rows", "kept", "new", "gone", "repeated")

_MOST = 50
"""Rows to correct that are listed for people; programs get all."""


def render(changes: Iterable[Change], text: Text, paper: Paper = PAPER) -> Iterator[str]:
    """Yield a line for each change, below the name of its workstation."""
    arrow = "→" if paper.symbols else "->"
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


def merged(register: MergedRegister, text: Text) -> Iterator[str]:
    """Yield what came of a register: the counts, then the rows to correct."""
    for count in _COUNTS:
        yield f"{text.label(f'register-{count}')}: {getattr(register, count)}\n"
    if register.unread:
        yield f"\n{text.label('register-unread')}:\n"
        yield from (f"    {escape(heading)}\n" for heading in register.unread)
    if register.carried:
        fields = ", ".join(text.label(f"register-field-{field}") for field in register.carried)
        yield f"\n{text.label('register-carried')}: {fields}\n"
    if register.troubles:
        yield f"\n{text.label('register-troubles')}: {len(register.troubles)}\n"
        yield from (f"    {_trouble(row, text)}\n" for row in register.troubles[:_MOST])
    if len(register.troubles) > _MOST:
        yield "    ...\n"


def unseen(entries: Iterable[RegisterEntry], text: Text) -> Iterator[str]:
    """Yield a line for each entry of the register that no snapshot ever matched."""
    count = 0
    for count, entry in enumerate(entries, 1):
        if count == 1:
            yield f"\n{text.label('register-unseen')}:\n"
        values = (entry.unit, entry.name, entry.host, entry.user if entry.name == "" else "")
        yield f"    {', '.join(filter(None, map(escape, values))) or escape(entry.number)}\n"
    if not count:
        yield f"\n{text.label('register-all-seen')}\n"


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
            until = f", {text.short_day(change.ends_at)}" if change.ends_at else ""
            return f": {before} {arrow} {after}{until}"


def _trouble(trouble: RegisterTrouble, text: Text) -> str:
    sheet = f"{escape(trouble.sheet)}, " if trouble.sheet else ""
    kept = text.label("register-taken" if trouble.kept else "register-left-out")
    reason = text.label(f"register-{trouble.reason}")
    return f"{sheet}{text.label('register-row')} {trouble.row}: {reason} ({kept})"
