# SPDX-License-Identifier: Apache-2.0
"""Hashes the people in the records of a list, as they are hashed in a snapshot that is sent.

A value that is hashed already stays. So with the same key a list shows a person in the same way,
whether the store holds their number and account whole or hashed.
"""

import functools
from typing import Any, TypeVar, get_args, get_origin

import msgspec

from cardtool.model.origin import account
from cardtool.model.redact import hashed, without_numbers
from cardtool.model.values import is_hashed

_Record = TypeVar("_Record", bound=msgspec.Struct)

_PERSONAL = frozenset({"holder", "person", "number", "name", "email"})
_FREE = frozenset({"host", "unit", "address"})
"""Fields whose text may contain an identity number."""
_NAMES = _PERSONAL | _FREE | {"user"}

_SHORTEST = 11
"""Characters of a text that may hold an identity number."""


class Hiding:
    """Hashes personal values, under one key."""

    def __init__(self, key: bytes) -> None:
        """Use a key; without the site's own, persons can be told apart in one output only."""
        self._key = key
        self._kept = functools.lru_cache(maxsize=1 << 14)(self._free)

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

    def person(self, value: str) -> str:
        """Return what stands for a name, a number or an address of mail."""
        return value if not value or is_hashed(value) else hashed(self._key, value)

    def user(self, value: str) -> str:
        """Return what stands for an account, whatever domain is before it."""
        return value if not value or is_hashed(value) else hashed(self._key, account(value))

    def free(self, value: str) -> str:
        """Return a text whose identity numbers are hashed."""
        return value if len(value) < _SHORTEST else self._kept(value)

    def _free(self, value: str) -> str:
        return without_numbers(value, self._key)

    def _changed(self, field: str, value: str) -> str:
        if field in _PERSONAL:
            return self.person(value)
        if field == "user":
            return self.user(value)
        return self.free(value)


@functools.cache
def _personal(record: type[msgspec.Struct]) -> tuple[str, ...]:
    """Return the fields of a record that may hold something of a person, or records that do."""
    return tuple(
        field.name
        for field in msgspec.structs.fields(record)
        if field.name in _NAMES or _holds_records(field.type)
    )


def _holds_records(kind: object) -> bool:
    of = get_args(kind)[:1] if get_origin(kind) is tuple else ()
    return bool(of) and isinstance(of[0], type) and issubclass(of[0], msgspec.Struct)
