# SPDX-License-Identifier: Apache-2.0
"""Tells which snapshots are the same text but for their names, numbers and dates.

A template is such a text with holes, and a layout is a template with the sizes of what stands in
the holes. A text is of a layout if it is the same bytes between the holes, and holds in each what
cardtool writes there: one cut tells it, and nothing is parsed. Only what is of no known layout is
read as JSON, to find its holes.
"""

import re
from struct import Struct
from typing import Any

import msgspec

from cardtool.fleet.judging import LONGEST
from cardtool.fleet.lean import DECODER, NOWHERE, Lean, Picks, Places, ders, picks, places, values

_HOLE = b"\0"
_MARK = "\x7f"
"""Begins what stands for a value, where a template is read for the places of its values."""

_NUMBERS = {
    b'"event_count":': rb"(?:0|[1-9][0-9]{0,15})",
    b'"elapsed_s":': rb"(?:0|[1-9][0-9]{0,8})(?:\.[0-9]{1,17})?",
}
"""Numbers that are each look's own, and are no part of a template."""

_OWN = re.compile(
    b"|".join(rb"(?<=%b)%b(?=[,}])" % (name, number) for name, number in _NUMBERS.items())
)
_ODD = bytes([*range(1, 32), *b'"\\'])
"""What JSON writes otherwise than it is read, or not at all; the rest stands as it is."""

_TRIED = 8
"""Layouts that are tried, of those that a text may have by its size."""

_Form = tuple[bytes | None, ...]
"""What stands between the values, and None for each value; a hole for each own number."""


class Template:
    """A text that was seen, without what varies in it."""

    def __init__(self, form: _Form, where: Places) -> None:
        """Remember what stands between the holes, and where the values stand."""
        self.places = where
        self.literals = tuple(_HOLE.join(each for each in form if each is not None).split(_HOLE))
        self.skeletons: dict[Any, Any] = {}
        """What is known of it, by which of its values are equal."""


class _Layout(msgspec.Struct, frozen=True):
    template: Template
    cut: Struct
    values: Picks
    """The values in the holes; the rest are numbers."""
    numbers: Picks
    is_number: re.Pattern[bytes]
    has_short: bool
    """One has a single byte, and may be the sign that stands where there is no name."""


class Templates:
    """The texts that were seen, without what varies in them."""

    def __init__(self, limit: int) -> None:
        """Remember so many."""
        self._limit = limit
        self._templates: dict[_Form, Template] = {}
        self._layouts: dict[tuple[int, ...], list[_Layout]] = {}

    def read(self, text: bytes) -> tuple[Template, list[str]] | None:
        """Return a text's template and its values; the last of them is empty.

        None: it is no snapshot as cardtool writes it, or something is too long or too odd.
        """
        where = (len(text), text.find(b'"modules":'), text.rfind(b'"elapsed_s":'))
        known = self._layouts.get(where, ())
        for layout in known:
            parts = layout.cut.unpack(text)
            if parts[::2] == layout.template.literals:
                return _filled(layout, parts)
        learnt = self._learnt(text)
        if learnt is None:
            return None
        remember(self._layouts, where, [learnt, *known[: _TRIED - 1]], self._limit)
        return _filled(learnt, learnt.cut.unpack(text))

    def _learnt(self, text: bytes) -> _Layout | None:
        """Return the layout of a text that is of none that is known."""
        if _HOLE in text or rb"\u0000" in text or _MARK.encode() in text:
            return None
        try:
            lean = DECODER.decode(text)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return None
        found = [each for each in values(lean) if each]
        if sum(map(_is_long, found)) > sum(map(_is_long, ders(lean))):
            return None
        form = _form(_OWN.sub(_HOLE, text), [each.encode() for each in found])
        if form is None:
            return None
        template = self._templates.get(form)
        if template is None:
            if (template := _template(form, found)) is None:
                return None
            remember(self._templates, form, template, self._limit)
        return _layout(template, text, found)


def remember(known: dict[Any, Any], key: Any, value: object, limit: int) -> None:  # noqa: ANN401
    """Keep a value under any key; the oldest makes room for it."""
    if key not in known and len(known) >= limit:
        del known[next(iter(known))]
    known[key] = value


def _filled(layout: _Layout, parts: tuple[bytes, ...]) -> tuple[Template, list[str]] | None:
    """Return what stands in the holes of a layout, if it may."""
    found = layout.values(parts)
    joined = _HOLE.join(found)
    if len(joined.translate(None, _ODD)) < len(joined):
        return None
    if not layout.is_number.fullmatch(b",".join(layout.numbers(parts))):
        return None
    try:
        strings = joined.decode().split("\0")
    except UnicodeDecodeError:
        return None
    if len(strings) != len(found) or (layout.has_short and "-" in strings):
        return None
    strings.append("")
    return layout.template, strings


def _is_long(text: str) -> bool:
    return len(text.encode()) > LONGEST


def _form(whole: bytes, found: list[bytes]) -> _Form | None:
    start = 0
    form: list[bytes | None] = []
    for each in found:
        at = whole.find(b':"%b"' % each, start)
        if at < 0:
            return None
        form += (whole[start : at + 2], None)
        start = at + 2 + len(each)
    return (*form, whole[start:])


def _template(form: _Form, found: list[str]) -> Template | None:
    """Read a form with marks in its holes; None: a value was cut out elsewhere than it stands."""
    marks = [f"{_MARK}{number}" for number in range(len(found))]
    waiting = iter(marks)
    parts = [next(waiting).encode() if each is None else each for each in form]
    try:
        lean: Lean = DECODER.decode(b"".join(parts).replace(_HOLE, b"0"))
        if [each for each in values(lean) if each] != marks:
            return None
        where = places(lean, lambda mark: int(mark[1:]) if mark else NOWHERE)
    except ValueError:
        return None
    return Template(form, where)


def _layout(template: Template, text: bytes, found: list[str]) -> _Layout:
    """Return a template with the sizes that its holes have in a text."""
    literals, at = template.literals, 0
    sizes: list[int] = []
    values, numbers, patterns = [], [], []
    waiting = iter(found)
    for place, each in enumerate(literals[:-1]):
        at += len(each)
        kind = next((number for name, number in _NUMBERS.items() if each.endswith(name)), None)
        if kind is None:
            size = len(next(waiting).encode())
            values.append(2 * place + 1)
        else:
            size = re.compile(kind).match(text, at).end() - at  # type: ignore[union-attr]
            numbers.append(2 * place + 1)
            patterns.append(kind)
        sizes += (len(each), size)
        at += size
    return _Layout(
        template=template,
        cut=Struct("".join(f"{size}s" for size in (*sizes, len(literals[-1])))),
        values=picks(values),
        numbers=picks(numbers),
        is_number=re.compile(b",".join(patterns)),
        has_short=any(len(each) == 1 for each in found),
    )
