# SPDX-License-Identifier: Apache-2.0
"""Which column of a register is which: by the site's own headings, else by the usual ones.

Headings are compared without case, accents and punctuation, so "T.C. KİMLİK NO" is "tc kimlik no".
One that is not among the usual ones is understood by its words, as long as all of them are known:
"Görev Yaptığı Birim" is the unit, and "Ev Adresi" is not the address of the office.
"""

import re
from collections.abc import Mapping, Sequence

import msgspec

from cardtool.catalog.toml import shipped
from cardtool.fleet.register.grid import Grid
from cardtool.model.once import once
from cardtool.model.refused import Refused
from cardtool.model.turkey import folded

MEANINGS = ("number", "name", "surname", "unit", "host", "user", "address", "email")


class _Words(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A heading by its words: one of each group in `needs`, and besides these only `also`."""

    meaning: str
    needs: tuple[frozenset[str], ...]
    also: frozenset[str] = frozenset()

    def fits(self, words: frozenset[str]) -> bool:
        """Tell whether a heading with these words has this meaning."""
        has_each = all(words & group for group in self.needs)
        return has_each and words <= self.also.union(*self.needs)


class _File(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The headings that the catalogue has; its file says what they are."""

    usual: dict[str, tuple[str, ...]]
    english: dict[str, tuple[str, ...]]
    word: tuple[_Words, ...]


@once
def _known() -> _File:
    return shipped("headings.toml", _File)


IDENTIFYING = frozenset({"number", "host", "user"})
"""Meanings by which a row belongs to a person; a row needs one of them."""

_NEAR = IDENTIFYING | {"name", "surname"}
"""Meanings of which a heading may have a typing mistake."""

_FEWEST = 2
"""A row needs this many known headings: a title such as "T.C." alone is none."""

_LONG_ENOUGH = 6
"""Letters from which on a heading with one typing mistake is understood."""

SEARCHED = 200
"""Rows that are searched for headings."""


class Headings:
    """What each heading means."""

    def __init__(self, configured: Mapping[str, str]) -> None:
        """Take the site's headings by meaning; other meanings keep their usual headings.

        Raises:
            Refused: there is no such meaning.
        """
        for meaning in configured:
            if meaning not in MEANINGS:
                keys = ", ".join(MEANINGS)
                raise Refused(code="register-meaning", meaning=meaning, keys=keys)
        self._configured = configured
        names = {
            key: (configured[key],) if key in configured else _known().usual[key]
            for key in MEANINGS
        }
        english = {key: _known().english[key] for key in MEANINGS if key not in configured}
        self._meanings = {
            _key(name): key for of in (names, english) for key in of for name in of[key]
        }
        self._meanings |= {_key(name): key for key, name in configured.items()}
        self._mistaken = {
            (_key(name), len(name.split())): key
            for key in MEANINGS
            for name in names[key]
            if key in _NEAR and len(_key(name)) >= _LONG_ENOUGH
        }

    def columns(self, row: Sequence[str]) -> dict[str, int]:
        """Return the column of each meaning, if the row holds headings; else nothing."""
        places = self._places(row)
        return places if len(places) >= _FEWEST and IDENTIFYING & places.keys() else {}

    def _places(self, row: Sequence[str]) -> dict[str, int]:
        """Return the column of each meaning that a cell may be the heading of.

        A usual heading wins over one that is understood by its words, and that over one with a
        typing mistake.
        """
        places: dict[str, int] = {}
        for place, cell in enumerate(row):
            meaning = self._meanings.get(_key(cell))
            if meaning is not None:
                places.setdefault(meaning, place)
        left = {place: _split(cell) for place, cell in enumerate(row) if cell}
        for place in places.values():
            left.pop(place)
        for known in _known().word:
            if known.meaning in places or known.meaning in self._configured:
                continue
            for place in [at for at, words in left.items() if words and known.fits(words)][:1]:
                places[known.meaning] = place
                left.pop(place)
        for place in left:
            meaning = self._nearest(row[place])
            if meaning is not None:
                places.setdefault(meaning, place)
        return places

    def _nearest(self, cell: str) -> str | None:
        """Return the meaning of the usual heading that differs in one letter, in as many words."""
        heading = _key(cell)
        if len(heading) < _LONG_ENOUGH or not heading.isalpha():
            return None
        near = (
            meaning
            for (name, words), meaning in self._mistaken.items()
            if words == len(cell.split()) and _is_near(heading, name)
        )
        return next(near, None)

    def names(self, cell: str) -> bool:
        """Say whether a cell is a heading."""
        words = _split(cell)
        return _key(cell) in self._meanings or any(known.fits(words) for known in _known().word)

    def found_in(self, grids: Sequence[Grid]) -> int:
        """Return how many columns are understood in these sheets."""
        tops = (grid.rows[:SEARCHED] for grid in grids)
        return sum(max((len(self.columns(row)) for _, row in rows), default=0) for rows in tops)

    def known_in(self, grids: Sequence[Grid]) -> list[str]:
        """Return the known headings of the row that has most, whether or not they are enough."""
        rows = [row for grid in grids for _, row in grid.rows[:SEARCHED]]
        known = ([row[place] for place in sorted(self._places(row).values())] for row in rows)
        return max(known, key=len, default=[])

    def check(self, grids: Sequence[Grid]) -> None:
        """Refuse sheets without a row of headings, or without a heading that the site named.

        Raises:
            Refused: there is no such row or heading.
        """
        cells = {_key(cell) for grid in grids for _, row in grid.rows[:SEARCHED] for cell in row}
        for meaning, name in self._configured.items():
            if _key(name) not in cells:
                raise Refused(code="register-column", meaning=meaning, name=name)
        if self.found_in(grids):
            return
        if not any(grid.rows for grid in grids):
            raise Refused(code="register-blank")
        if len(found := self.known_in(grids)) >= _FEWEST:
            raise Refused(code="register-nobody", found=", ".join(found))
        usual = ", ".join(_known().usual[key][0] for key in MEANINGS if key != "surname")
        raise Refused(code="register-headings", usual=usual)


def _key(heading: str) -> str:
    return "".join(filter(str.isalnum, folded(heading)))


def _is_near(one: str, other: str) -> bool:
    """Tell whether a letter of a text is missing, added, wrong, or in its neighbour's place."""
    if abs(len(one) - len(other)) > 1:
        return False
    pairs = enumerate(zip(one, other, strict=False))
    start = next(
        (place for place, (mine, theirs) in pairs if mine != theirs), len(min(one, other, key=len))
    )
    mine, theirs = one[start:], other[start:]
    is_turned = mine[:2] == theirs[1::-1] and mine[2:] == theirs[2:]
    return is_turned or theirs[1:] in (mine, mine[1:]) or mine[1:] == theirs


def _split(heading: str) -> frozenset[str]:
    """Return the words of a heading without what stands in brackets."""
    return frozenset(re.findall(r"[a-z0-9]+", folded(re.sub(r"\([^()]*\)", " ", heading))))
