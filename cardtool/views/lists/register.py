# SPDX-License-Identifier: Apache-2.0
"""What became of a personnel register, and who of it was never seen; no row is repeated."""

from collections.abc import Iterable, Iterator

from cardtool.model.lists import Entry, Merged, Trouble
from cardtool.text import Text
from cardtool.views.data.json import document
from cardtool.views.harmless import escape

_COUNTS = ("rows", "kept", "new", "gone", "repeated")
_MOST = 50
"""Rows to correct that are listed for people; programs get all."""


def render(merged: Merged, text: Text) -> Iterator[str]:
    """Yield the counts, then where rows are to be corrected."""
    for count in _COUNTS:
        yield f"{text.label(f'register-{count}')}: {getattr(merged, count)}\n"
    if merged.unread:
        yield f"\n{text.label('register-unread')}:\n"
        for heading in merged.unread:
            yield f"    {escape(heading)}\n"
    if merged.carried:
        fields = ", ".join(text.label(f"register-field-{field}") for field in merged.carried)
        yield f"\n{text.label('register-carried')}: {fields}\n"
    if not merged.troubles:
        return
    yield f"\n{text.label('register-troubles')}: {len(merged.troubles)}\n"
    for trouble in merged.troubles[:_MOST]:
        yield f"    {_trouble(trouble, text)}\n"
    if len(merged.troubles) > _MOST:
        yield "    ...\n"


def render_json(merged: Merged) -> Iterator[str]:
    """Yield the report as one document."""
    yield document(merged)


def render_unseen(entries: Iterable[Entry], text: Text) -> Iterator[str]:
    """Yield a line for each entry of which nothing was ever seen."""
    count = 0
    for count, entry in enumerate(entries, 1):
        if count == 1:
            yield f"\n{text.label('register-unseen')}:\n"
        values = (entry.unit, entry.name, entry.host, entry.user if entry.name == "" else "")
        yield f"    {', '.join(filter(None, map(escape, values))) or escape(entry.number)}\n"
    if not count:
        yield f"\n{text.label('register-all-seen')}\n"


def _trouble(trouble: Trouble, text: Text) -> str:
    sheet = f"{escape(trouble.sheet)}, " if trouble.sheet else ""
    kept = text.label("register-taken" if trouble.kept else "register-left-out")
    reason = text.label(f"register-{trouble.reason}")
    return f"{sheet}{text.label('register-row')} {trouble.row}: {reason} ({kept})"
