# SPDX-License-Identifier: Apache-2.0
"""Keeps registers in the store: merging one replaces what it said before."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec
from sqlalchemy import Connection, Row, delete, insert, or_, select

from cardtool.fleet.register.people import Disguise, Line, Register, short
from cardtool.fleet.store.database import Store
from cardtool.fleet.store.tables import CERTIFICATE, PERSON, WORKSTATION
from cardtool.model.refused import Refused
from cardtool.model.register import Entry, Merged
from cardtool.model.turkey import folded

_FIELDS = Entry.__struct_fields__
_AT_ONCE = 500
_FEW = 5
"""More than one part in so many that would go is asked about: it may be the wrong file."""
_MASKED = "*"
"""Stands in a number that lost its middle, so two people may share it."""


def merge(
    store: Store, register: Register, name: str = "", *, may_remove_many: bool = False
) -> Merged:
    """Keep a register in place of what it said before; all of it or nothing.

    `name` tells registers apart, where a site has several. Of what a row does not speak of, for it
    has no such column, what was known of the person stays.

    Raises:
        Refused: no row of it can be used, or more than a fifth of the people would go and
            nobody said that they may; the store is as it was.
    """
    if not register.lines:
        raise Refused(code="register-empty", rows=register.rows)
    with store.writing() as connection:
        own = PERSON.c.register == name
        rows = connection.execute(select(PERSON).where(own).order_by(PERSON.c.id))
        before = dict.fromkeys(_entry(row) for row in rows)
        known = _Before(before)
        carried: dict[str, None] = {}
        completed = [known.complete(line, register.disguise, carried) for line in register.lines]
        entries = list(dict.fromkeys(completed))
        new, gone = len(set(map(_who, entries)) - known.people), len(known.left)
        if gone * _FEW > len(known.people) and not may_remove_many:
            raise Refused(code="register-many-gone", gone=gone, before=len(known.people))
        connection.execute(delete(PERSON).where(own))
        rows_to_keep = [
            {"register": name, "place": place, **msgspec.structs.asdict(entry)}
            for place, entry in enumerate(entries, 1)
        ]
        connection.execute(insert(PERSON), rows_to_keep)
    return Merged(
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
    """The people whom a register named before, and which of them it names no more."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        self._people: dict[tuple[str, str, str], Entry | None] = {}
        """By each of their keys; None where several share it."""
        self.people: set[tuple[str, str, str]] = set()
        for entry in entries:
            self.people.add(_who(entry))
            for key in _keys(entry):
                is_shared = self._people.get(key, entry) != entry
                self._people[key] = None if is_shared else entry
        self.left = set(self.people)

    def complete(self, line: Line, disguise: Disguise, carried: dict[str, None]) -> Entry:
        """Return a row with what was known of its person and it does not speak of."""
        self.left.discard(_who(line.entry))
        found = (self._people.get(key) for key in _keys(line.entry))
        known = next((each for each in found if each and not _differ(each, line.entry)), None)
        if known is None:
            return line.entry
        self.left.discard(_who(known))
        kept = msgspec.structs.asdict(disguise.again(known))
        missed = {
            field: value
            for field, value in kept.items()
            if value and field not in line.columns and not getattr(line.entry, field)
        }
        carried.update(dict.fromkeys(missed))
        return msgspec.structs.replace(line.entry, **missed)


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """Whose a workstation is, by the register."""

    by: str
    """What they were found by: number, user or host; empty: by nothing."""
    people: tuple[Entry, ...] = ()


def whose(connection: Connection, desks: Sequence[tuple[str, str, str]]) -> list[Known]:
    """Return for each number, user and host name whose desk it is; the number decides, then user.

    A masked number tells nobody. Several people may share a workstation.
    """
    wanted = [
        {"number": "" if _MASKED in number else number, "user": user, "host": short(host)}
        for number, user, host in desks
    ]
    found: dict[tuple[str, str], dict[Entry, None]] = {}
    for start in range(0, len(wanted), _AT_ONCE):
        part = wanted[start : start + _AT_ONCE]
        any_of = or_(*(PERSON.c[key].in_({each[key] for each in part} - {""}) for key in part[0]))
        for row in connection.execute(select(PERSON).where(any_of).order_by(PERSON.c.id)):
            for key in part[0]:
                if said := getattr(row, key):
                    found.setdefault((key, said), {})[_entry(row)] = None
    return [_known(each, found) for each in wanted]


def _known(wanted: Mapping[str, str], found: Mapping[tuple[str, str], Iterable[Entry]]) -> Known:
    for by, said in wanted.items():
        if said and (by, said) in found:
            return Known(by=by, people=tuple(found[by, said]))
    return Known(by="")


def unseen(connection: Connection) -> Iterator[Entry]:
    """Yield the entries of which neither a workstation, nor an account, nor a card was ever seen.

    Memory grows with the register alone.
    """
    keys: dict[tuple[str, str], list[int]] = {}
    left: dict[int, Entry] = {}
    for row in connection.execute(select(PERSON).order_by(PERSON.c.id)):
        left[row.id] = entry = _entry(row)
        for key in ("number", "user", "host"):
            if (said := getattr(entry, key)) and _MASKED not in said:
                keys.setdefault((key, said), []).append(row.id)

    def seen(key: str, said: str) -> None:
        for number in keys.pop((key, said), ()):
            left.pop(number, None)

    desks = select(WORKSTATION.c.host, WORKSTATION.c.user, WORKSTATION.c.person)
    for row in connection.execute(desks):
        seen("host", short(row.host))
        seen("user", row.user)
        seen("number", row.person)
    for (person,) in connection.execute(select(CERTIFICATE.c.person).distinct()):
        seen("number", person)
    yield from left.values()


def _entry(row: Row[tuple[object, ...]]) -> Entry:
    return Entry(**{field: getattr(row, field) for field in _FIELDS})


def _differ(one: Entry, other: Entry) -> bool:
    """Tell whether two entries are of two people, who may share a computer."""
    mine, theirs = ({key: rest for key, *rest in _keys(each)} for each in (one, other))
    for key in ("number", "user"):
        if key in mine and key in theirs:
            return mine[key] != theirs[key]
    return bool(one.name and other.name) and folded(one.name) != folded(other.name)


def is_empty(connection: Connection) -> bool:
    """Tell whether no register was ever taken."""
    return connection.execute(select(PERSON.c.id).limit(1)).first() is None


def _who(entry: Entry) -> tuple[str, str, str]:
    """Return what identifies a person within a register."""
    return next(_keys(entry), ("", "", ""))


def _keys(entry: Entry) -> Iterator[tuple[str, str, str]]:
    """Yield what a person is known by, the surest first."""
    for key in ("number", "user", "host"):
        if said := getattr(entry, key):
            yield key, said, entry.name if _MASKED in said else ""
