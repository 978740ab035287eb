# SPDX-License-Identifier: Apache-2.0
"""The readers to order: a list with the people who need them, or a row each for programs."""

import textwrap
from collections import Counter
from collections.abc import Iterable, Iterator

from rich.text import Text as Line

from cardtool.model.lists import Order, ReaderState, RegisterEntry
from cardtool.text import Text
from cardtool.views.harmless import escape
from cardtool.views.lists.csv import Value, rows
from cardtool.views.paper import PAPER, Paper

_FIELDS = tuple(name for name in Order.__struct_fields__ if name != "people")

_PEOPLE = {
    "people": "name",
    "people_unit": "unit",
    "people_address": "address",
    "people_email": "email",
}
"""Column -> field of the register."""

HEADING = (*_FIELDS, *_PEOPLE)
"""Columns of the CSV; the values of several people are joined by ` | `, each value once."""

_OWN = {"to_order", "form", "assumed", "model", "since_at", "stale", "known_by", *_PEOPLE}
"""Columns that no other list has."""

_INDENT = "    "


def render(orders: Iterable[Order], text: Text, paper: Paper = PAPER) -> Iterator[str]:
    """Yield the readers to order with the number of each form, then what is not ordered."""
    forms: Counter[str] = Counter()
    part = None
    for order in orders:
        if order.to_order is not part:
            if part:
                yield _total(forms, text)
            part = order.to_order
            title = text.label("orders-to-order" if part else "orders-to-mend")
            yield paper.print([Line(), Line(title, style="bold")])
        forms[order.form] += order.to_order
        yield "".join(_wrapped(line, paper) for line in _lines(order, text))
    if part is None:
        yield paper.print([Line(text.label("orders-nothing"))])
    elif part:
        yield _total(forms, text)


def render_csv(orders: Iterable[Order], _text: Text | None = None) -> Iterator[str]:
    """Yield the heading and a row each."""
    return rows(HEADING, map(row, orders))


def row(order: Order) -> Iterator[Value]:
    """Yield the values of an order in the order of `HEADING`."""
    yield from (getattr(order, field) for field in _FIELDS)
    for field in _PEOPLE.values():
        values = (getattr(person, field) for person in order.people)
        yield " | ".join(dict.fromkeys(filter(None, values)))


def titles(text: Text) -> Iterator[str]:
    """Yield the heading in words, for a workbook."""
    for name in HEADING:
        yield text.label(f"order-{name}" if name in _OWN else f"list-{name}")


def in_words(order: Order, text: Text) -> Iterator[Value]:
    """Yield the values of an order, with words in place of names for programs."""
    words = {
        "reader": f"list-reader-{order.reader.value}",
        "form": f"orders-form-{order.form}",
        "known_by": f"order-known-{order.known_by}" if order.known_by else "",
    }
    for name, value in zip(HEADING, row(order), strict=True):
        key = words.get(name)
        yield text.label(key) if key else value


def _lines(order: Order, text: Text) -> Iterator[str]:
    unit = f" ({escape(order.unit)})" if order.unit else ""
    words = text.label(f"list-reader-{order.reader.value}")
    if order.reader is ReaderState.MISSING:
        assumed = f" ({text.label('orders-assumed')})" if order.assumed else ""
        words = f"{text.label(f'orders-form-{order.form}')}{assumed}"
    yield f"{escape(order.host) or '-'}{unit}: {words}"
    for person in order.people:
        yield f"{_INDENT}{text.label('orders-for')}: {_about(person)}"
    if not order.people and order.holder:
        yield f"{_INDENT}{text.label('orders-holder')}: {escape(order.holder)}"
    if order.model:
        yield f"{_INDENT}{text.label('orders-model')}: {escape(order.model)}"
    days = [("orders-since", order.since_at), ("orders-taken", order.taken_at)]
    dated = [f"{text.label(key)}: {text.short_day(day)}" for key, day in days if day is not None]
    stale = f" ({text.label('orders-stale')})" if order.stale else ""
    yield f"{_INDENT}{', '.join(dated)}{stale}"
    if not order.to_order:
        yield f"{_INDENT}{text.label('orders-verdict')}: {escape(order.verdict)}"


def _about(person: RegisterEntry) -> str:
    values = (escape(getattr(person, field)) for field in _PEOPLE.values())
    return ", ".join(filter(None, values)) or escape(person.user or person.host) or "-"


def _wrapped(line: str, paper: Paper) -> str:
    indent = len(line) - len(line.lstrip())
    folded = textwrap.wrap(line, paper.width, subsequent_indent=" " * (indent + 2))
    return "".join(f"{part}\n" for part in folded)


def _total(forms: Counter[str], text: Text) -> str:
    counts = (f"{text.label(f'orders-form-{form}')}: {forms[form]}" for form in sorted(forms))
    return f"\n{text.label('orders-total')}: {forms.total()} ({', '.join(counts)})\n"
