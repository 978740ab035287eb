# SPDX-License-Identifier: Apache-2.0
"""Procedures for people and for programs: what to do, who does it, who pays, where it stands.

An address of a page, a number to be copied and a command are never broken: a line may be longer
than the page for them.
"""

from collections.abc import Iterable, Iterator
from itertools import groupby

import msgspec
from rich.text import Text as Line

from cardtool.catalog.addresses import Expanded
from cardtool.model.diagnosis import Actor
from cardtool.model.procedure import KEYS, Fact, Guide, Institution, Kind, Step, confirm
from cardtool.text import Text
from cardtool.views.data.json import document
from cardtool.views.harmless import escape
from cardtool.views.paper import Paper, hanging, heading
from cardtool.views.people.copied import NO_BREAK, entry
from cardtool.views.people.notes import noted
from cardtool.views.people.terminal import named

_COPIED = (Kind.IBAN, Kind.PHONE)
"""Kinds of facts with spaces in them, at which no line ends."""


class Receipt(msgspec.Struct, frozen=True, kw_only=True):
    """What a bank receipt must carry; the words are written in Turkish whatever the reader speaks.

    Without lines none is needed.
    """

    procedure: str
    lines: dict[str, str] = {}
    """By label, in order."""
    confirm: Fact | None = None
    """What stands in the last of them, and where it is from."""


def render(guides: Iterable[Guide], text: Text, paper: Paper | None = None) -> Iterator[str]:
    """Yield each procedure, part by part."""
    sheet = paper or Paper()
    for number, guide in enumerate(guides):
        if number:
            yield "\n"
        title = escape(text.procedure(guide.name, "title"))
        yield sheet.print([Line(title, style="bold", overflow="fold")])
        if guide.institution.name:
            yield entry("  ", guide.institution.name, sheet)
        if guide.role:
            yield entry("  ", f"{text.label('role')}: {text.label(f'role-{guide.role}')}", sheet)
        yield "\n"
        yield entry("  ", text.procedure(guide.name, "says"), sheet)
        yield entry("  ", f"{text.label('takes')}: {text.procedure(guide.name, 'takes')}", sheet)
        if guide.at_hand:
            yield sheet.print([heading(text.label("at-hand"))])
            yield from (entry("  - ", text.at_hand(code), sheet) for code in guide.at_hand)
        yield sheet.print([heading(text.label("steps"))])
        yield from _steps(guide, text, sheet)


def render_json(guides: Iterable[Guide], text: Text) -> Iterator[str]:
    """Yield one document per procedure."""
    for guide in guides:
        yield document(
            {
                "schema": 1,
                "name": guide.name,
                "title": text.procedure(guide.name, "title"),
                "says": text.procedure(guide.name, "says"),
                "takes": text.procedure(guide.name, "takes"),
                "institution": {"id": guide.institution.id, "name": guide.institution.name},
                "role": guide.role,
                "at_hand": [{"code": one, "says": text.at_hand(one)} for one in guide.at_hand],
                "steps": [_step_json(step, guide.institution, text) for step in guide.steps],
            }
        )


def listing(names: Iterable[str], text: Text, paper: Paper) -> str:
    """Return the list of procedures, and what each is for."""
    rows = ((name, escape(f"{title}. {says}")) for name, title, says in _listed(names, text))
    return paper.print([Line(text.label("procedures"), style="bold"), hanging(rows)])


def listing_json(names: Iterable[str], text: Text) -> str:
    """Return the list of procedures as one document."""
    keys = ("name", "title", "says")
    found = [dict(zip(keys, row, strict=True)) for row in _listed(names, text)]
    return document({"procedures": found})


def address(found: Expanded, hints: Iterable[str], text: Text, paper: Paper) -> str:
    """Return an address in a line of its own, with what was changed in it and what may lack."""
    title = Line(f"{text.label('address-written')}:", style="bold")
    parts = [paper.print([title]), f"  {escape(found.text)}\n"]
    rows = [
        (escape(change.short), f"{change.full} ({text.label('address-place')} {change.place})")
        for change in found.changes
    ]
    if rows:
        parts.append(paper.print([heading(text.label("address-changed")), hanging(rows)]))
    else:
        parts += ["\n", entry("", text.label("address-same"), paper)]
    parts += (entry("", text.label(f"address-hint-{hint}"), paper) for hint in hints)
    return "".join(parts)


def address_json(found: Expanded, hints: Iterable[str]) -> str:
    """Return the same as one document."""
    return document({"address": found.text, "changes": found.changes, "hints": list(hints)})


def receipt(asked: Receipt, text: Text, paper: Paper) -> str:
    """Return the lines of a receipt, none of them broken, or that none is needed."""
    if not asked.lines:
        return entry("", text.label("receipt-needless"), paper)
    title = Line(f"{text.label('receipt-lines')}:", style="bold")
    lines = (f"  {label}: {escape(value)}\n" for label, value in asked.lines.items())
    said = [text.of_fact("confirm", asked.confirm)] if asked.confirm else []
    after = (entry("", words, paper) for words in (*said, text.label("receipt-kept")))
    return "".join([paper.print([title]), *lines, "\n", *after])


def receipt_json(asked: Receipt) -> str:
    """Return the same as one document."""
    lines = [{"label": label, "value": value} for label, value in asked.lines.items()]
    content = {"procedure": asked.procedure, "needed": bool(lines), "lines": lines}
    return document({**content, **_to_confirm(asked.confirm)})


def _listed(names: Iterable[str], text: Text) -> list[tuple[str, str, str]]:
    return [(name, text.procedure(name, "title"), text.procedure(name, "says")) for name in names]


def _steps(guide: Guide, text: Text, paper: Paper) -> Iterator[str]:
    """Yield the steps; what is to be confirmed before paying stands once, numbered, below them."""
    last, notes = Actor.YOU, dict[int, str]()
    for actor, group in groupby(enumerate(noted(guide, text), 1), key=lambda row: row[1][0].actor):
        if actor is not last:
            yield paper.print([named(actor, text)])
            last = actor
        for place, (step, number, note) in group:
            mark = f"  {place}. "
            words = _whole(step, guide.institution, text)
            if number:
                words += f" [{number}]"
                notes[number] = note
            yield entry(mark, words, paper)
            beside = _beside(step, guide, text)
            yield from (entry(" " * len(mark), words, paper) for words in beside)
    yield "\n" if notes else ""
    yield from (entry(f"  [{number}] ", words, paper) for number, words in notes.items())


def _beside(step: Step, guide: Guide, text: Text) -> Iterator[str]:
    """Yield what stands below a step: for whom it is, who pays."""
    if step.roles and guide.role is None:
        roles = ", ".join(text.label(f"role-{role}") for role in step.roles)
        yield f"{text.label('role')}: {roles}"
    if step.payer:
        yield f"{text.label('payer')}: {text.label(f'payer-{step.payer}')}"


def _whole(step: Step, institution: Institution, text: Text) -> str:
    """Say a step, with no break in what is to be copied from it."""
    words = text.guide(step.code)
    for key in step.facts:
        if KEYS[key].kind in _COPIED:
            value = institution.facts[key].value
            words = words.replace(value, value.replace(" ", NO_BREAK))
    return words


def _step_json(step: Step, institution: Institution, text: Text) -> dict[str, object]:
    links = [institution.facts[key].value for key in step.facts if KEYS[key].kind is Kind.LINK]
    return {
        "code": step.code,
        "actor": step.actor,
        "roles": step.roles,
        "payer": step.payer,
        "says": text.guide(step.code),
        **({"link": links[0]} if links else {}),
        "facts": {key: institution.facts[key] for key in step.facts},
        **_to_confirm(confirm(step, institution)),
    }


def _to_confirm(fact: Fact | None) -> dict[str, object]:
    """Give the source and the day of what is to be confirmed before paying, or nothing."""
    return {"confirm": {"source": fact.source, "checked": fact.checked}} if fact else {}
