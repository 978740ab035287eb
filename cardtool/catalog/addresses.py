# SPDX-License-Identifier: Apache-2.0
"""Turkish postal addresses without abbreviations, by the list in abbreviations.toml.

It knows words, but no places: an address that does not exist stays as it is.
"""

import re
import unicodedata

import msgspec

from cardtool.catalog.toml import shipped
from cardtool.model.once import once

_SMALL = "abcçdefgğhıijklmnoöprsştuüvyzqwxâîû"
_CAPITAL = "ABCÇDEFGĞHIİJKLMNOÖPRSŞTUÜVYZQWXÂÎÛ"
_CAPITALS = str.maketrans(_SMALL, _CAPITAL)
# each letter becomes one letter, so that places stay; without a Turkish keyboard people write i for
# ı
_FOLDED = str.maketrans(_CAPITAL + "ıâîû", _SMALL.translate(str.maketrans("ıâîû", "iaiu")) + "iaiu")

_LETTER = r"[^\W\d_]"
_MARK = r"\s*[.:][.:\s]*"
_GAPS = str.maketrans({".": r"\.\s*", " ": r"(?:\.\s*|\s+)"})
_ORDINAL = re.compile(r"\d\.\s*$")
_ROMAN = frozenset("ivx")
_DASH = re.compile(r"\s*[-\u2013]\s*(?=\d)")
_NUMBER = re.compile(r"[.:\s]+(?=\d)")
_STREET = re.compile(rf"(?:cadd?|cd|cadde(?:si)?|sok|sk|sokak|sokaği)(?!{_LETTER})")
_ROAD = re.compile(r"d\s*-?\s*\d{3}\s*(?:kara|devlet|yol)")
_FLOOR = re.compile(rf"(?<!{_LETTER})(?:kt?|kat)[\s.:\u2013-]*\d")
_FLAT = re.compile(rf"(?<!{_LETTER})(?:d|dai|daire)[\s.:\u2013-]*\d")
_DOOR = re.compile(rf"(?:\d\s*/?\s*{_LETTER}?|(?<!{_LETTER}){_LETTER}[\s.-]*bl(?:o?k)?)[\s.,/-]+$")
"""The number of a door or the name of a block, where a floor and a flat come next."""
_LONG = 4
"""Letters; after a longer word at the end of an address, a dot is a full stop."""


class Abbreviation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A word and its short forms."""

    full: str
    """Empty: it may be more than one."""
    short: tuple[str, ...]
    """Without the dot at the end."""
    ordinal: str = ""
    """What is written instead of `full` after an ordinal number, as in `3. Cadde`."""
    street: str = ""
    """What is written instead of `full` before `Cad.` or `Sok.`, as in `Belediye Caddesi`."""
    mark: bool = False
    """It is also a word, so it counts as short only if a dot or a colon follows it."""
    number: bool = False
    """It counts only before a number. With `mark` too, a bare letter among numbers counts."""
    after: bool = False
    """It counts only after another word."""


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One abbreviation that was found."""

    place: int
    """Its first character in the address, counted from 1."""
    short: str
    """As it was written."""
    full: str
    """What is written instead; empty: only its writer knows."""


class Expanded(msgspec.Struct, frozen=True, kw_only=True):
    """An address without the abbreviations that the list has."""

    text: str
    changes: tuple[Change, ...]
    unknown: tuple[Change, ...]
    """Words with a dot that the list does not have; they stay in the text."""


class _File(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    words: tuple[str, ...]
    abbreviation: tuple[Abbreviation, ...]


@once
def load() -> tuple[Abbreviation, ...]:
    """Give the list."""
    return _file().abbreviation


def expand(address: str) -> Expanded:
    """Write every abbreviation in full; an address in capitals stays in capitals.

    Runs of white space become one blank first; places are counted after that.
    """
    given = unicodedata.normalize("NFC", " ".join(address.split()))
    in_capitals = not any(letter in _SMALL for letter in given)
    parts: list[str] = []
    changes: list[Change] = []
    unknown: list[Change] = []
    end = 0
    for match in _pattern().finditer(given.translate(_FOLDED)):
        start, stop = match.span()
        known = _by_short().get(_key(match["short"] or ""))
        written = given[start:stop].strip()
        if known is not None and known.full and _counts(known, match):
            parts.append(given[end:start])
            before = "".join(parts)
            full = _form(known, match, before)
            full = full.translate(_CAPITALS) if in_capitals else full
            dash = _DASH.match(given, stop) if known.number else None
            end = dash.end() if dash else stop
            parts.append(_set(full, before, match["mark"], given[end:]))
            changes.append(Change(place=start + 1, short=written, full=full))
        elif dot := _needless(match):
            parts += (given[end:stop], ":" if ":" in dot[0] else "", " ")
            end = dot.end()
            changes.append(Change(place=start + 1, short=f"{written}.", full=written))
        elif (known is not None and _is_unsure(known, match)) or _is_cut(match):
            unknown.append(Change(place=start + 1, short=written.rstrip(".: "), full=""))
    text = "".join([*parts, given[end:]])
    return Expanded(text=text, changes=tuple(changes), unknown=tuple(unknown))


def _counts(known: Abbreviation, match: re.Match[str]) -> bool:
    mark = match["mark"] or ""
    if known.number and not _is_before_number(match) and ":" not in mark:
        return False
    if known.after and not match.string[: match.start()].strip():
        return False
    return bool(mark) or not known.mark or (known.number and _is_among_numbers(match))


def _is_before_number(match: re.Match[str]) -> bool:
    return match.string[match.end() :].lstrip(" -\u2013")[:1].isdigit()


def _is_among_numbers(match: re.Match[str]) -> bool:
    """Tell whether a bare K or D is a floor or a flat: both are there, or a door comes first."""
    text, start = match.string, match.start()
    if _is_of_a_number(match):
        return False
    return bool((_FLOOR.search(text) and _FLAT.search(text)) or _DOOR.search(text[:start]))


def _is_of_a_number(match: re.Match[str]) -> bool:
    """Tell whether a letter belongs to a door, as in `12D 3`, or to a road, as in `D400`."""
    text, (start, stop) = match.string, match.span()
    is_door = text[start - 1 : start].isdigit() and not text[stop : stop + 1].isdigit()
    return is_door or bool(_ROAD.match(text, start))


def _is_unsure(known: Abbreviation, match: re.Match[str]) -> bool:
    """Tell whether only the writer knows its meaning: it has several, or is a bare K or D."""
    if not known.full:
        return True
    bare = known.number and known.mark and not match["mark"] and _is_before_number(match)
    return bare and not _is_of_a_number(match)


def _needless(match: re.Match[str]) -> re.Match[str] | None:
    """Return the dot between a whole word and its number, as in `Kat.3`."""
    is_whole = match["word"] in _before_numbers()
    return _NUMBER.match(match.string, match.end()) if is_whole else None


def _form(known: Abbreviation, match: re.Match[str], before: str) -> str:
    if known.ordinal and _ORDINAL.search(before):
        return known.ordinal
    is_street = known.street and _STREET.match(match.string[match.end() :].lstrip())
    return known.street if is_street else known.full


def _is_cut(match: re.Match[str]) -> bool:
    """Tell whether a word with a dot is an abbreviation: neither a word nor a Roman numeral."""
    word = match["word"] or (match["short"] if "." in (match["mark"] or "") else "")
    if len(word) > _LONG and not match.string[match.end() :].strip(". "):
        return False
    return bool(word) and _key(word) not in _whole_words() and not _ROMAN.issuperset(word)


def _set(full: str, before: str, mark: str | None, after: str) -> str:
    """Return a word with its colon, and blanks that separate it from its neighbours."""
    head = " " if before[-1:].isalnum() or before[-1:] in (".", ":") else ""
    colon = ":" if ":" in (mark or "") else ""
    gap = "" if not after or after[0] in " ,;/)-" else " "
    return f"{head}{full}{colon}{gap}"


def _key(short: str) -> str:
    return re.sub(r"[.\s]", "", short.translate(_FOLDED))


@once
def _file() -> _File:
    return shipped("abbreviations.toml", _File)


@once
def _by_short() -> dict[str, Abbreviation]:
    return {_key(short): entry for entry in load() for short in entry.short}


@once
def _whole_words() -> frozenset[str]:
    full = (f"{entry.full} {entry.ordinal} {entry.street}" for entry in load())
    return frozenset(map(_key, (*_file().words, *" ".join(full).split())))


@once
def _before_numbers() -> frozenset[str]:
    return frozenset(_key(entry.full) for entry in load() if entry.number)


@once
def _pattern() -> re.Pattern[str]:
    """Make the pattern of all short forms, the longest first, and of other words with a dot."""
    shorts = sorted((short for entry in load() for short in entry.short), key=len, reverse=True)
    words = "|".join(_spelt(short) for short in shorts if short[0].isalpha())
    # a sign, such as the one for a number, ends the word before it and so may follow a letter
    signs = "|".join(_spelt(short) for short in shorts if not short[0].isalpha())
    known = rf"(?P<short>(?<!{_LETTER})(?:{words})|{signs})(?!{_LETTER})(?P<mark>{_MARK})?"
    return re.compile(rf"(?:{known}|(?<!{_LETTER})(?P<word>{_LETTER}+)(?=\.))")


def _spelt(short: str) -> str:
    """Return the pattern of a short form; a space in it may be a dot as well."""
    return short.translate(_FOLDED).translate(_GAPS)
