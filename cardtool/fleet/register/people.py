# SPDX-License-Identifier: Apache-2.0
"""Reads the people of a register: checks each row, and disguises it as the site's policy says.

What it returns may be stored. A row that is wrong is reported by its number alone.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation

import msgspec

from cardtool.fleet.register.grid import Grid, grids
from cardtool.fleet.register.headings import TELLING, Headings
from cardtool.model.numbers import is_one
from cardtool.model.origin import IdentityPolicy, account
from cardtool.model.redact import hashed, without_numbers
from cardtool.model.refused import Refused
from cardtool.model.register import Entry, Trouble

_SCIENTIFIC = re.compile(r"\d([.,]\d+)?[eE]\+?\d{1,2}")
_DECIMALS = re.compile(r"[.,]0+$")
_HIDDEN = re.compile(r"(?=.*[0-9])(?=.*[*xX\u2022\u25cf#])[0-9*xX\u2022\u25cf#]{5,20}")
"""A number of which a list for everybody hides digits: 100******36."""
_HASH = re.compile(r"~[0-9a-f]{16}")
_LONGEST = 300
"""Characters of one value; more is no name and no address."""


class Disguise(msgspec.Struct, frozen=True, kw_only=True):
    """What of a person is stored."""

    policy: IdentityPolicy
    key: bytes | None = None
    """Secret of the keyed hash; needed where the policy is `hashed`."""

    def said(self, text: str) -> str:
        """Return a text, and any number in it as certificates in the store have it."""
        cut = text[:_LONGEST]
        return cut if self.policy is IdentityPolicy.FULL else without_numbers(cut, self._used)

    def named(self, text: str) -> str:
        """Return what names a person: nothing where everything personal is hashed."""
        return "" if self.policy is IdentityPolicy.HASHED else self.said(text)

    def user(self, text: str) -> str:
        """Return an account's name as `Origin.user` has it."""
        name = account(text)
        return hashed(self._used, name) if name and self._used else self.said(name)

    def again(self, entry: Entry) -> Entry:
        """Return what may be stored of an entry that was stored under another policy, or this."""
        user = entry.user if _HASH.fullmatch(entry.user) else self.user(entry.user)
        return Entry(
            number=self.said(entry.number),
            name=self.named(entry.name),
            unit=self.said(entry.unit),
            host=self.said(entry.host),
            user=user,
            address=self.said(entry.address),
            email=self.named(entry.email),
        )

    @property
    def _used(self) -> bytes | None:
        return self.key if self.policy is IdentityPolicy.HASHED else None


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """What a row says."""

    entry: Entry
    columns: frozenset[str]
    """Fields of the entry that the row speaks of, empty or not; of the others it knows nothing."""


class Register(msgspec.Struct, frozen=True, kw_only=True):
    """What a file says."""

    lines: tuple[Line, ...]
    rows: int
    troubles: tuple[Trouble, ...]
    disguise: Disguise
    """How people are disguised in it."""
    unread: tuple[str, ...] = ()
    """Headings of columns that were not understood, each once."""

    @property
    def entries(self) -> tuple[Entry, ...]:
        """Return what is kept of each row."""
        return tuple(each.entry for each in self.lines)


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
    headings.check(best)
    unread: dict[str, None] = {}
    found = [each for grid in best for each in _people(grid, headings, disguise, unread)]
    if not found:
        raise Refused(code="register-no-rows")
    return Register(
        lines=tuple(line for line, _ in found if line is not None),
        rows=len(found),
        troubles=tuple(trouble for _, trouble in found if trouble is not None),
        disguise=disguise,
        unread=tuple(unread),
    )


def short(host: str) -> str:
    """Return a workstation's name as a register's is compared: small letters, no domain."""
    return host.casefold().partition(".")[0]


def _people(
    grid: Grid, headings: Headings, disguise: Disguise, unread: dict[str, None]
) -> Iterator[tuple[Line | None, Trouble | None]]:
    """Yield what each row below the headings says; printed lists repeat these on every page.

    Headings that are not understood are added to `unread`.
    """
    columns: dict[str, int] = {}
    for row, cells in grid.rows:
        telling = [cells[place] for place in _telling(columns, cells) if cells[place]]
        # only all of them: a computer or an account may be called as a heading is, "PC" or "User"
        if not columns or (telling and all(map(headings.names, telling))):
            if known := headings.columns(cells):
                columns = known
                for place, cell in enumerate(cells):
                    if cell and place not in known.values():
                        unread[disguise.said(cell)] = None
            continue
        values = {key: cells[place] for key, place in columns.items() if place < len(cells)}
        entry, reason = _person(values, cells, disguise)
        trouble = Trouble(sheet=grid.sheet, row=row, reason=reason, kept=entry is not None)
        line = None if entry is None else Line(entry=entry, columns=_spoken_of(columns, reason))
        yield line, trouble if reason else None


def _spoken_of(columns: Mapping[str, int], reason: str) -> frozenset[str]:
    """Return the fields that a row speaks of; a number that cannot be used says nothing."""
    return frozenset(columns) - {"surname"} - ({"number"} if reason else frozenset())


def _telling(columns: Mapping[str, int], cells: Sequence[str]) -> Iterator[int]:
    places = (columns.get(key, len(cells)) for key in TELLING)
    return (place for place in places if place < len(cells))


def _person(
    values: Mapping[str, str], cells: Sequence[str], disguise: Disguise
) -> tuple[Entry | None, str]:
    """Return what is kept of a row, and what is wrong with it."""
    said = {key: value for key, value in values.items() if value}
    if _is_title(said, cells):
        return None, "nobody"
    number, reason = _number(said.get("number", ""))
    host = disguise.said(short(said.get("host", "")))
    user = disguise.user(said.get("user", ""))
    if not (number or host or user):
        return None, reason or "nobody"
    entry = Entry(
        number=disguise.said(number),
        name=disguise.named(" ".join(filter(None, map(said.get, ("name", "surname"))))),
        unit=disguise.said(said.get("unit", "")),
        host=host,
        user=user,
        address=disguise.said(said.get("address", "")),
        email=disguise.named(said.get("email", "")),
    )
    return entry, reason


def _is_title(said: Mapping[str, str], cells: Sequence[str]) -> bool:
    """Tell whether a row is a line between the people, alone or merged over several columns."""
    telling = [said[key] for key in TELLING if key in said]
    is_alone = len(list(filter(None, cells))) == 1 and "number" in said
    is_words = not any(map(str.isdigit, "".join(telling)))
    return is_words and (is_alone or (len(telling) > 1 and len(set(telling)) == 1))


def _number(text: str) -> tuple[str, str]:
    """Return a number whose check digits are right, and what is wrong where they are not."""
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
    if not text:
        return "", ""
    if is_one(digits):
        return digits, ""
    return "", "number-rounded" if is_scientific else "number-wrong"
