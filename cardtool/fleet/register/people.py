# SPDX-License-Identifier: Apache-2.0
"""Reads the people of a register: checks each row, and hides what the site's policy hides.

What it returns may be stored. A wrong row is reported by its row number, never by its content.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation

import msgspec

from cardtool.fleet.register.grid import Grid, grids
from cardtool.fleet.register.headings import IDENTIFYING, SEARCHED, Headings
from cardtool.model.hiding import hashed, without_numbers
from cardtool.model.lists import RegisterEntry, RegisterTrouble
from cardtool.model.names import account
from cardtool.model.numbers import is_hashed, is_identity_number
from cardtool.model.refused import Refused
from cardtool.model.surroundings import IdentityPolicy
from cardtool.model.turkey import folded

_SCIENTIFIC = re.compile(r"\d([.,]\d+)?[eE]\+?\d{1,2}")
_DECIMALS = re.compile(r"[.,]0+$")
_HIDDEN = re.compile(r"(?=.*[0-9])(?=.*[*xX\u2022\u25cf#])[0-9*xX\u2022\u25cf#]{5,20}")
"""A number with hidden digits, as published lists have them: 100******36."""
_BETWEEN = re.compile(r"[\s'\"`\u00b4\u2018\u2019\u200b=.,:;-]")
"""What is written in and around a number: ="…" and ' keep Excel from rounding it."""
_TITLE = re.compile(r"\At\W?c\W?(?:\s?k\W?(?:n\W?)?|\s?kimlik)?(?:\s?no)?\b", re.IGNORECASE)
_GIVEN_NAMES = re.compile(r"(?!.*(?:soy|surname|full|display))(?:.*\b)?(?:adi?|isim|ismi|name)")
"""A heading, folded, of given names: "Adı", "Personelin Adı", "First name"."""
_MOST_SHARED = 20
"""Columns that may stand before lists beside each other."""
_LONGEST = 300
"""Characters of one value; the rest is cut off."""


class Disguise(msgspec.Struct, frozen=True, kw_only=True):
    """Hides in a register what the identity policy says; what it returns may be stored."""

    policy: IdentityPolicy
    key: bytes | None = None
    """Secret of the keyed hash; only the policy `hashed` needs it."""

    def text(self, text: str) -> str:
        """Return a text in which identity numbers are spelt as in the store's certificates."""
        cut = text[:_LONGEST]
        return cut if self.policy is IdentityPolicy.FULL else without_numbers(cut, self._used)

    def name(self, text: str) -> str:
        """Return a name or an e-mail address; nothing under the policy `hashed`."""
        return "" if self.policy is IdentityPolicy.HASHED else self.text(text)

    def user(self, text: str) -> str:
        """Return an account's name as `Origin.user` has it; it may be hashed already."""
        if is_hashed(text):
            return text
        name = account(text)
        return hashed(self._used, name) if name and self._used else self.text(name)

    def entry(self, entry: RegisterEntry) -> RegisterEntry:
        """Return what may be stored of an entry, also of one that was stored under any policy."""
        ways = {"name": self.name, "email": self.name, "user": self.user}
        values = msgspec.structs.asdict(entry).items()
        return RegisterEntry(
            **{field: ways.get(field, self.text)(value) for field, value in values}
        )

    @property
    def _used(self) -> bytes | None:
        return self.key if self.policy is IdentityPolicy.HASHED else None


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """What a row says."""

    entry: RegisterEntry
    columns: frozenset[str]
    """Fields of the entry that the row has a column for, empty or not."""


class Register(msgspec.Struct, frozen=True, kw_only=True):
    """What a file says."""

    lines: tuple[Line, ...]
    rows: int
    troubles: tuple[RegisterTrouble, ...]
    disguise: Disguise
    """How people are hidden in it."""
    unread: tuple[str, ...] = ()
    """Headings of columns that were not understood, each once."""


def read(
    body: bytes, columns: Mapping[str, str], disguise: Disguise, sheet: str | None = None
) -> Register:
    """Read a register from the bytes of its file; `columns` are the site's headings by meaning.

    Raises:
        Refused: it cannot be read, or has no headings or no rows.
    """
    headings = Headings(columns)
    ways = list(grids(body, sheet))
    best = max(ways, key=headings.found_in)
    if not headings.found_in(best):
        best = max(ways, key=lambda way: len(headings.known_in(way)))
    headings.check(best)
    unread: dict[str, None] = {}
    lists = [one for grid in best for one in _beside(grid, headings)]
    rows = [row for one in lists for row in _people(one, headings, disguise, unread)]
    if not rows:
        raise Refused(code="register-no-rows")
    return Register(
        lines=tuple(line for line, _ in rows if line is not None),
        rows=len(rows),
        troubles=tuple(trouble for _, trouble in rows if trouble is not None),
        disguise=disguise,
        unread=tuple(unread),
    )


def short(host: str) -> str:
    """Return a workstation's name as it is compared: small letters, no domain."""
    return host.casefold().partition(".")[0]


def _beside(grid: Grid, headings: Headings) -> list[Grid]:
    """Return the lists of a sheet that stand beside each other, each under the same headings.

    All lists have an identifying column in common. Columns before the first list belong to all.
    """
    tops = (cells for _, cells in grid.rows[:SEARCHED] if headings.columns(cells))
    top = next(tops, ())
    for first in filter(None, dict.fromkeys(top[:_MOST_SHARED])):
        starts = [place for place, cell in enumerate(top) if cell == first]
        spans = [slice(*ends) for ends in zip(starts, [*starts[1:], len(top)], strict=True)]
        identifying = [IDENTIFYING & headings.columns(top[span]).keys() for span in spans]
        if len(spans) > 1 and set.intersection(*map(set, identifying)):
            return [_part(grid, starts[0], span) for span in spans]
    return [grid]


def _part(grid: Grid, shared: int, span: slice) -> Grid:
    """Return one of the lists beside each other, with the first columns, which they share."""
    rows = [(row, cells[:shared] + cells[span]) for row, cells in grid.rows if any(cells[span])]
    return Grid(sheet=grid.sheet, rows=tuple(rows))


def _people(
    grid: Grid, headings: Headings, disguise: Disguise, unread: dict[str, None]
) -> Iterator[tuple[Line | None, RegisterTrouble | None]]:
    """Yield what each row below the headings says.

    Printed lists repeat the headings on every page. Headings that are not understood are added to
    `unread`.
    """
    columns: dict[str, int] = {}
    headings_row: tuple[str, ...] = ()
    of_names = ""
    headings_at = 0
    for row, cells in grid.rows:
        if cells == headings_row:
            continue
        values = {key: cells[place] for key, place in columns.items() if place < len(cells)}
        identifying = [values[key] for key in IDENTIFYING if values.get(key)]
        # all of them: a single computer or account may be called "PC" or "User", like a heading
        if not columns or (identifying and all(map(headings.names, identifying))):
            if known := headings.columns(cells):
                goes_on = row == headings_at + 1  # a heading may stand in two rows
                columns, headings_row = {**(columns if goes_on else {}), **known}, cells
                headings_at = row
                of_names = cells[known["name"]] if "name" in known else of_names
                if columns.get("surname") == columns.get("name"):
                    columns.pop("surname", None)
                for place, cell in enumerate(cells):
                    if cell and place not in known.values():
                        unread[disguise.text(cell)] = None
            continue
        entry, reason = _person(values, cells, of_names, disguise)
        trouble = RegisterTrouble(sheet=grid.sheet, row=row, reason=reason, kept=entry is not None)
        covered = columns.keys() - {"surname"} - ({"number"} if reason else set())
        line = None if entry is None else Line(entry=entry, columns=frozenset(covered))
        yield line, trouble if reason else None


def _person(
    values: Mapping[str, str], cells: Sequence[str], of_names: str, disguise: Disguise
) -> tuple[RegisterEntry | None, str]:
    """Return what is kept of a row, and what is wrong with it; `of_names` heads its names."""
    filled = {key: value for key, value in values.items() if value}
    if _is_title(filled, cells):
        return None, "nobody"
    number, reason = _number(filled.get("number", ""))
    entry = RegisterEntry(
        number=number,
        name=_whole_name(filled.get("name", ""), filled.get("surname", ""), of_names),
        host=short(filled.get("host", "")),
        **{key: filled[key] for key in ("unit", "user", "address", "email") if key in filled},
    )
    entry = disguise.entry(entry)
    is_somebody = entry.number or entry.host or entry.user
    return (entry, reason) if is_somebody else (None, reason or "nobody")


def _whole_name(name: str, surname: str, heading: str) -> str:
    """Return name and surname; the column of the name may have the surname already.

    Not if its heading says that it has given names alone: Deniz is a name and a surname.
    """
    may_have_it = surname and not _GIVEN_NAMES.fullmatch(folded(heading))
    if may_have_it and f" {name}".endswith(f" {surname}") and name != surname:
        return name
    return f"{name} {surname}".strip()


def _is_title(filled: Mapping[str, str], cells: Sequence[str]) -> bool:
    """Tell whether a row is a title between the people, in one cell or merged over several."""
    identifying = [filled[key] for key in IDENTIFYING if key in filled]
    number = filled.get("number", "")
    is_alone = sum(map(bool, cells)) == 1 or number == filled.get("name")
    if sum(map(str.isalpha, number)) > sum(map(str.isdigit, number)) and is_alone:
        return True
    is_words = not any(map(str.isdigit, "".join(identifying)))
    return is_words and len(identifying) > 1 and len(set(identifying)) == 1


def _number(text: str) -> tuple[str, str]:
    """Return a number with right check digits; else no number, and what is wrong with it."""
    if not re.search(r"[\w*#\u2022\u25cf]", text):
        return "", ""
    bare = _BETWEEN.sub("", _TITLE.sub("", text))
    if is_identity_number(bare):
        return bare, ""
    digits = re.sub(r"[\s'\u2019\u200b-]", "", text)
    if _HIDDEN.fullmatch(digits):
        return "", "number-masked"
    is_scientific = bool(_SCIENTIFIC.fullmatch(digits))
    if is_scientific:
        try:
            digits = str(int(Decimal(digits.replace(",", "."))))
        except InvalidOperation:
            digits = ""
    digits = _DECIMALS.sub("", digits)
    if is_identity_number(digits):
        return digits, ""
    return "", "number-rounded" if is_scientific else "number-wrong"
