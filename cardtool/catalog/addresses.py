# SPDX-License-Identifier: Apache-2.0
"""Turkish postal addresses without abbreviations, by the list in abbreviations.toml.

It knows words, no places: an address that no postman could find comes through as it is.
"""

import functools
import pkgutil
import re
import tomllib
import unicodedata

import msgspec

_SMALL = "abcçdefgğhıijklmnoöprsştuüvyzqwxâîû"
_CAPITAL = "ABCÇDEFGĞHIİJKLMNOÖPRSŞTUÜVYZQWXÂÎÛ"
_CAPITALS = str.maketrans(_SMALL, _CAPITAL)
# one letter for one, so that places stay; whoever has no Turkish keyboard writes i for ı
_FOLDED = str.maketrans(_CAPITAL + "ıâîû", _SMALL.translate(str.maketrans("ıâîû", "iaiu")) + "iaiu")

_LETTER = r"[^\W\d_]"
_MARK = r"\s*[.:][.:\s]*"
_GAPS = str.maketrans({".": r"\.\s*", " ": r"(?:\.\s*|\s+)"})
_ORDINAL = re.compile(r"\d\.\s*$")
_ROMAN = frozenset("ivx")


class Abbreviation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A word and the ways it is cut short."""

    full: str
    """Empty: it may be more than one."""
    short: tuple[str, ...]
    """Without the dot at the end."""
    ordinal: str = ""
    """What is written instead of `full` after an ordinal number, as in `3. Cadde`."""
    mark: bool = False
    """It is a word as well, so it counts only with a dot or a colon after it."""
    number: bool = False
    """It counts only before a number."""


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
    """Words with a dot that the list does not have; they stand in the text as they were."""


class _File(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    words: tuple[str, ...]
    abbreviation: tuple[Abbreviation, ...]


@functools.cache
def load() -> tuple[Abbreviation, ...]:
    """Give the list."""
    return _file().abbreviation


def expand(address: str) -> Expanded:
    """Write every abbreviation in full; an address in capitals stays in capitals.

    Whitespace is made even first, and places are counted after that.
    """
    given = unicodedata.normalize("NFC", " ".join(address.split()))
    in_capitals = not any(each in _SMALL for each in given)
    parts: list[str] = []
    changes: list[Change] = []
    unknown: list[Change] = []
    end = 0
    for found in _pattern().finditer(_fold(given)):
        start, stop = found.span()
        known = _by_short().get(_key(found["short"] or ""))
        written = given[start:stop].strip()
        if known is not None and known.full and _counts(known, found):
            parts.append(given[end:start])
            before = "".join(parts)
            full = known.ordinal if known.ordinal and _ORDINAL.search(before) else known.full
            full = full.translate(_CAPITALS) if in_capitals else full
            parts.append(_set(full, before, found["mark"], given[stop:]))
            end = stop
            changes.append(Change(place=start + 1, short=written, full=full))
        elif (known is not None and not known.full) or _is_cut(found):
            unknown.append(Change(place=start + 1, short=written.rstrip(".: "), full=""))
    text = "".join([*parts, given[end:]])
    return Expanded(text=text, changes=tuple(changes), unknown=tuple(unknown))


def _counts(known: Abbreviation, found: "re.Match[str]") -> bool:
    mark = found["mark"] or ""
    before_number = found.string[found.end() :].lstrip()[:1].isdigit()
    if known.number and not before_number and ":" not in mark:
        return False
    return bool(mark) or not known.mark


def _is_cut(found: "re.Match[str]") -> bool:
    """Tell whether a word with a dot looks cut short: no whole word, and no roman number."""
    word = found["word"] or (found["short"] if "." in (found["mark"] or "") else "")
    return bool(word) and _key(word) not in _whole_words() and not _ROMAN.issuperset(word)


def _set(full: str, before: str, mark: str | None, after: str) -> str:
    """Return a word with the colon it had, kept apart from its neighbours."""
    head = " " if before[-1:].isalnum() or before[-1:] in (".", ":") else ""
    colon = ":" if ":" in (mark or "") else ""
    gap = "" if not after or after[0] in " ,;/)-" else " "
    return f"{head}{full}{colon}{gap}"


def _fold(text: str) -> str:
    return text.translate(_FOLDED)


def _key(short: str) -> str:
    return re.sub(r"[.\s]", "", _fold(short))


@functools.cache
def _file() -> _File:
    text = (pkgutil.get_data(__name__, "abbreviations.toml") or b"").decode()
    return msgspec.convert(tomllib.loads(text), _File)


@functools.cache
def _by_short() -> dict[str, Abbreviation]:
    return {_key(short): each for each in load() for short in each.short}


@functools.cache
def _whole_words() -> frozenset[str]:
    full = (word for each in load() for word in f"{each.full} {each.ordinal}".split())
    return frozenset(map(_key, (*_file().words, *full)))


@functools.cache
def _pattern() -> "re.Pattern[str]":
    """Find in folded text what the list has, the longest first, and any other word with a dot."""
    shorts = sorted((short for each in load() for short in each.short), key=len, reverse=True)
    some = "|".join(map(_spelt, shorts))
    known = rf"(?P<short>{some})(?!{_LETTER})(?P<mark>{_MARK})?"
    return re.compile(rf"(?<!{_LETTER})(?:{known}|(?P<word>{_LETTER}+)(?=\.))")


def _spelt(short: str) -> str:
    """Return the pattern of a short form; a space in it may be a dot as well."""
    return _fold(short).translate(_GAPS)
