# SPDX-License-Identifier: Apache-2.0
"""The register in the store: what is merged replaces what the same register said before."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec
from sqlalchemy import Connection, Row, delete, insert, or_, select

from cardtool.fleet.register.people import Register, short
from cardtool.fleet.store import Store
from cardtool.fleet.tables import CERTIFICATE, PERSON, WORKSTATION
from cardtool.model.register import Entry, Merged

_FIELDS = Entry.__struct_fields__
_AT_ONCE = 500
_MASKED = "*"
"""Stands in a number that lost its middle, so two people may share it."""


def merge(store: Store, register: Register, name: str = "") -> Merged:
    """Keep a register in place of what it said before; all of it or nothing.

    `name` tells registers apart, where a site has several.
    """
    entries = list(dict.fromkeys(register.entries))
    with store.writing() as connection:
        own = PERSON.c.register == name
        before = {_who(_entry(row)) for row in connection.execute(select(PERSON).where(own))}
        connection.execute(delete(PERSON).where(own))
        rows = [
            {"register": name, "place": place, **msgspec.structs.asdict(entry)}
            for place, entry in enumerate(entries, 1)
        ]
        if rows:
            connection.execute(insert(PERSON), rows)
    after = set(map(_who, entries))
    return Merged(
        rows=register.rows,
        kept=len(entries),
        new=len(after - before),
        gone=len(before - after),
        repeated=len(register.entries) - len(entries),
        troubles=register.troubles,
    )


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


def _who(entry: Entry) -> tuple[str, str, str]:
    """Return what tells one person of a register from the next."""
    for key in ("number", "user", "host"):
        if said := getattr(entry, key):
            return key, said, entry.name if _MASKED in said else ""
    return "", "", ""
