# SPDX-License-Identifier: Apache-2.0
"""Keeps registers in the store; a new version of a register replaces the earlier one."""

from collections.abc import Collection, Iterator, Sequence

import msgspec
from msgspec.structs import asdict, replace
from sqlalchemy import Connection, Row, delete, insert, or_, select

from cardtool.fleet.register.people import Disguise, Line, Register, short
from cardtool.fleet.store.database import Store
from cardtool.fleet.store.tables import CERTIFICATE, PERSON, WORKSTATION
from cardtool.model.lists import MergedRegister, RegisterEntry
from cardtool.model.refused import Refused
from cardtool.model.turkey import folded

_FIELDS = RegisterEntry.__struct_fields__
_AT_ONCE = 500
_ONE_IN = 5
"""If more than one in this many people would go, ask first: it may be the wrong file."""
_MASKED = "*"
"""Marks a masked number, which two people may share."""

_Key = tuple[str, str, str]
"""What identifies a person: the name of a field, its value, and the name if that is masked."""


def merge(
    store: Store, register: Register, name: str = "", *, may_remove_many: bool = False
) -> MergedRegister:
    """Keep a register in place of its earlier version; all of it or nothing.

    `name` tells several registers of a site apart. If the register has no column for something,
    what was known of each person about it stays.

    Raises:
        Refused: no row can be used, or more than a fifth of the people would go and
            `may_remove_many` is false; the store has not changed.
    """
    if not register.lines:
        raise Refused(code="register-empty", rows=register.rows)
    with store.writing() as connection:
        is_of_register = PERSON.c.register == name
        rows = connection.execute(select(PERSON).where(is_of_register).order_by(PERSON.c.id))
        known = _Before(dict.fromkeys(map(_entry, rows)))
        carried: dict[str, None] = {}
        completed = [known.complete(line, register.disguise, carried) for line in register.lines]
        entries = list(dict.fromkeys(completed))
        new, gone = len(set(map(_who, entries)) - known.people), len(known.left)
        if gone * _ONE_IN > len(known.people) and not may_remove_many:
            raise Refused(code="register-many-gone", gone=gone, before=len(known.people))
        connection.execute(delete(PERSON).where(is_of_register))
        of_register = [
            {"register": name, "place": place, **asdict(entry)}
            for place, entry in enumerate(entries, 1)
        ]
        connection.execute(insert(PERSON), of_register)
    return MergedRegister(
        rows=register.rows,
        kept=len(entries),
        new=new,
        gone=gone,
        repeated=len(register.lines) - len(entries),
        troubles=register.troubles,
        unread=register.unread,
        carried=tuple(field for field in _FIELDS if field in carried),
    )


class _Before:
    """The people of the earlier version of a register, and which of them the new one lacks."""

    def __init__(self, entries: Collection[RegisterEntry]) -> None:
        self._people: dict[_Key, RegisterEntry | None] = {}
        """By each of their keys; None where several people share a key."""
        for entry in entries:
            for key in _keys(entry):
                is_shared = self._people.get(key, entry) != entry
                self._people[key] = None if is_shared else entry
        self.people = set(map(_who, entries))
        self.left = set(self.people)

    def complete(self, line: Line, disguise: Disguise, carried: dict[str, None]) -> RegisterEntry:
        """Return a row, completed by what was known of the person where it has no column."""
        self.left.discard(_who(line.entry))
        earlier = (self._people.get(key) for key in _keys(line.entry))
        same = (entry for entry in earlier if entry and not _differ(entry, line.entry))
        known = next(same, None)
        if known is None:
            return line.entry
        self.left.discard(_who(known))
        kept = asdict(disguise.entry(known))
        missed = {
            field: value
            for field, value in kept.items()
            if value and field not in line.columns and not getattr(line.entry, field)
        }
        carried.update(dict.fromkeys(missed))
        return replace(line.entry, **missed)


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """The people of a workstation, as the register has them."""

    by: str = ""
    """How they were found: number, user or host; empty: nobody was found."""
    people: tuple[RegisterEntry, ...] = ()


def people_of(connection: Connection, desks: Sequence[tuple[str, str, str]]) -> list[Known]:
    """Return the people of each workstation, given by number, user and host name.

    The number decides, then the user, then the host. A masked number identifies nobody. Several
    people may share a workstation.
    """
    wanted = [
        {"number": "" if _MASKED in number else number, "user": user, "host": short(host)}
        for number, user, host in desks
    ]
    entries: dict[tuple[str, str], dict[RegisterEntry, None]] = {}
    for start in range(0, len(wanted), _AT_ONCE):
        part = wanted[start : start + _AT_ONCE]
        any_of = or_(*(PERSON.c[key].in_({keys[key] for keys in part} - {""}) for key in part[0]))
        for row in connection.execute(select(PERSON).where(any_of).order_by(PERSON.c.id)):
            for key in part[0]:
                if value := getattr(row, key):
                    entries.setdefault((key, value), {})[_entry(row)] = None
    firsts = (next((by for by in keys.items() if by in entries), None) for keys in wanted)
    return [Known(by=by[0], people=tuple(entries[by])) if by else Known() for by in firsts]


def unseen(connection: Connection) -> Iterator[RegisterEntry]:
    """Yield the entries whose workstation, account and card were never seen.

    Memory grows with the register, not with the store.
    """
    keys: dict[tuple[str, str], list[int]] = {}
    left: dict[int, RegisterEntry] = {}
    for row in connection.execute(select(PERSON).order_by(PERSON.c.id)):
        left[row.id] = entry = _entry(row)
        for key in ("number", "user", "host"):
            if (value := getattr(entry, key)) and _MASKED not in value:
                keys.setdefault((key, value), []).append(row.id)

    def seen(key: str, value: str) -> None:
        for number in keys.pop((key, value), ()):
            left.pop(number, None)

    desks = select(WORKSTATION.c.host, WORKSTATION.c.user, WORKSTATION.c.person)
    for row in connection.execute(desks):
        seen("host", short(row.host))
        seen("user", row.user)
        seen("number", row.person)
    for (person,) in connection.execute(select(CERTIFICATE.c.person).distinct()):
        seen("number", person)
    yield from left.values()


def _entry(row: Row[tuple[object, ...]]) -> RegisterEntry:
    return RegisterEntry(**{field: getattr(row, field) for field in _FIELDS})


def _differ(one: RegisterEntry, other: RegisterEntry) -> bool:
    """Tell whether two entries belong to different people, who may share a workstation."""
    mine, theirs = ({key: rest for key, *rest in _keys(entry)} for entry in (one, other))
    for key in ("number", "user"):
        if key in mine and key in theirs:
            return mine[key] != theirs[key]
    return bool(one.name and other.name) and folded(one.name) != folded(other.name)


def is_empty(connection: Connection) -> bool:
    """Tell whether the store holds no register."""
    return connection.execute(select(PERSON.c.id).limit(1)).first() is None


def _who(entry: RegisterEntry) -> _Key:
    return next(_keys(entry), ("", "", ""))


def _keys(entry: RegisterEntry) -> Iterator[_Key]:
    """Yield the keys of a person, the surest first."""
    for key in ("number", "user", "host"):
        if value := getattr(entry, key):
            yield key, value, entry.name if _MASKED in value else ""
