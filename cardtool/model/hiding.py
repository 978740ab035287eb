# SPDX-License-Identifier: Apache-2.0
"""Replaces personal values by hashes or stars, in texts and in the records of lists."""

import functools
import hashlib
import hmac
import re
from typing import Any, TypeVar, get_args

import msgspec

from cardtool.model.names import account
from cardtool.model.numbers import PLAIN, digits, is_hashed, replace_spaced

_Record = TypeVar("_Record", bound=msgspec.Struct)

_PERSONAL = frozenset({"holder", "person", "number", "name", "email"})
_FREE = frozenset({"host", "unit", "address"})
"""Fields whose text may contain an identity number."""
_NAMES = _PERSONAL | _FREE | {"user"}

_SHORTEST = 11
"""Characters; a shorter text cannot hold an identity number."""

_MASKED = r"(?:.{2}\*+.{2}|\*+)(?: \(\d+\))?"


def hashed(key: bytes, value: str) -> str:
    """Return the hash that replaces a personal value everywhere under this key."""
    digest = hmac.new(key, value.encode(errors="surrogatepass"), hashlib.sha256)
    return f"~{digest.hexdigest()[:16]}"


def starred(value: str) -> str:
    """Return a value with stars in place of its middle; a short one is all stars."""
    edge = 2
    hidden = len(value) - 2 * edge
    return f"{value[:edge]}{'*' * hidden}{value[-edge:]}" if hidden > 0 else "*" * len(value)


def without_numbers(text: str, key: bytes | None) -> str:
    """Return a text whose identity numbers are hashed, or masked if there is no key."""
    change = starred if key is None else lambda number: hashed(key, digits(number))
    return replace_spaced(re.sub(PLAIN, lambda match: change(match[0]), text), change)


class Stars:
    """Hides the middle of values; two values that would look the same get a number."""

    def __init__(self) -> None:
        self._shown: dict[str, str] = {}
        self._count: dict[str, int] = {}

    def __call__(self, value: str) -> str:
        """Return a value hidden; one that is hidden already stays."""
        if re.fullmatch(_MASKED, value, re.DOTALL):
            return value
        stars, key = starred(value), value.casefold()
        if key not in self._shown:
            self._count[stars] = count = self._count.get(stars, 0) + 1
            self._shown[key] = "" if count == 1 else f" ({count})"
        return stars + self._shown[key]


class Hiding:
    """Hashes the people in the records of a list, as in a snapshot that is sent.

    A value that is hashed already stays. So with the same key a list shows a person in the same
    way, whether the store holds their number and account whole or hashed.
    """

    def __init__(self, key: bytes) -> None:
        """Use a key. With a random key, two outputs show the same person by different hashes."""
        self._key = key
        self._kept = functools.lru_cache(maxsize=1 << 14)(without_numbers)

    def record(self, record: _Record) -> _Record:
        """Return a record, such as a `Summary` or an `Order`, without the persons in it."""
        changed: dict[str, Any] = {}
        for field in _personal(type(record)):
            value = getattr(record, field)
            if isinstance(value, tuple):
                changed[field] = tuple(map(self.record, value))
            elif value and (hidden := self._changed(field, value)) != value:
                changed[field] = hidden
        return msgspec.structs.replace(record, **changed) if changed else record

    def free(self, value: str) -> str:
        """Return a text whose identity numbers are hashed."""
        return value if len(value) < _SHORTEST else self._kept(value, self._key)

    def _changed(self, field: str, value: str) -> str:
        if field in _FREE:
            return self.free(value)
        if is_hashed(value):
            return value
        return hashed(self._key, account(value) if field == "user" else value)


@functools.cache
def _personal(record: type[msgspec.Struct]) -> tuple[str, ...]:
    """Return the fields of a record that may hold something of a person, or records that do."""
    return tuple(
        field.name
        for field in msgspec.structs.fields(record)
        if field.name in _NAMES
        or any(isinstance(part, type(msgspec.Struct)) for part in get_args(field.type))
    )
