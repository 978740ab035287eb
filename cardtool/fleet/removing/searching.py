# SPDX-License-Identifier: Apache-2.0
"""Finds what the store holds of a workstation or a person. Removes nothing."""

from collections.abc import Iterator

import msgspec
from sqlalchemy import ColumnElement, Connection, Table, select

from cardtool.fleet.register.people import short
from cardtool.fleet.removing.recognising import Match, Person, Recogniser
from cardtool.fleet.store.bodies import unpack
from cardtool.fleet.store.database import Store
from cardtool.fleet.store.tables import CERTIFICATE, PERSON, SNAPSHOT, WORKSTATION
from cardtool.model.hiding import starred


class Trace(msgspec.Struct, frozen=True, kw_only=True):
    """What the store holds of a workstation or a person, as row numbers."""

    workstations: tuple[int, ...] = ()
    """Workstations that go whole."""
    snapshots: tuple[int, ...] = ()
    """Snapshots that hold the person; their workstations stay if other snapshots are left."""
    changed: tuple[int, ...] = ()
    """Workstations that these snapshots belong to, or whose columns show the person."""
    certificates: tuple[int, ...] = ()
    entries: tuple[int, ...] = ()
    """Rows of a personnel register."""
    accounts: tuple[str, ...] = ()
    """The person's accounts: snapshots taken under one go too."""
    shared: tuple[str, ...] = ()
    """Accounts under which somebody else's card was seen too: their snapshots stay."""

    def is_empty(self) -> bool:
        """Tell whether the store holds nothing of them."""
        rows = self.workstations + self.snapshots + self.changed + self.certificates
        return not (rows or self.entries)


def of_host(store: Store, host: str) -> Trace:
    """Find a workstation by its name in any case, or by its `host_id`."""
    columns, wanted = WORKSTATION.c, host.casefold()
    with store.reading() as connection:
        rows = connection.execute(select(columns.id, columns.host_key, columns.host))
        workstations = tuple(
            row.id for row in rows if row.host_key == host or row.host.casefold() == wanted
        )
        return Trace(
            workstations=workstations,
            snapshots=_ids(connection, SNAPSHOT, SNAPSHOT.c.workstation_id.in_(workstations)),
            certificates=_ids(
                connection, CERTIFICATE, CERTIFICATE.c.workstation_id.in_(workstations)
            ),
            entries=_ids(connection, PERSON, PERSON.c.host == short(host)),
        )


def _ids(connection: Connection, table: Table, condition: ColumnElement[bool]) -> tuple[int, ...]:
    return tuple(connection.execute(select(table.c.id).where(condition)).scalars())


def has_masked(store: Store, number: str) -> bool:
    """Tell whether the store has a masked number that this number may stand for."""
    mask = starred(number)
    with store.reading() as connection:
        return any(
            connection.execute(select(column).where(column.startswith(mask)).limit(1)).first()
            for column in (CERTIFICATE.c.person, WORKSTATION.c.person, PERSON.c.number)
        )


def of_person(store: Store, person: Person) -> Trace:
    """Find a person by their number, in full, hashed or masked, by name or by account.

    Every snapshot in the store is read. It holds the person if it has their number, its hash or
    the fingerprint of one of their certificates, if it has both their masked number and their
    name, or if one of their accounts was logged on. An account is theirs if the register names it
    for them and nobody else, or if their card was seen under it and nobody else's ever was.

    Raises:
        Refused: what was given fits several people.
    """
    with store.reading() as connection:
        recogniser = Recogniser(connection, person)
        snapshots = list(_matching(connection, recogniser))
        shared = {match.user for match in snapshots if match.is_others} - recogniser.named
        known = {match.user for match in snapshots if match.is_theirs} | recogniser.accounts
        accounts = known - shared - {""}
        if (
            accounts - recogniser.accounts
        ):  # newly found: read again for snapshots taken under these
            recogniser.accounts |= accounts
            snapshots = list(_matching(connection, recogniser))
            shared |= {match.user for match in snapshots if match.is_others} - recogniser.named
            accounts -= shared
        gone = [match for match in snapshots if match.is_theirs or match.user in accounts]
        changed = {match.workstation for match in gone} | recogniser.workstations(
            connection, accounts
        )
        return Trace(
            snapshots=tuple(match.id for match in gone),
            changed=tuple(sorted(changed)),
            certificates=recogniser.certificates,
            entries=recogniser.entries(connection, accounts),
            accounts=tuple(sorted(accounts & {match.user for match in gone})),
            shared=tuple(sorted(known & shared - {""})),
        )


def _matching(connection: Connection, recogniser: Recogniser) -> Iterator[Match]:
    needles = recogniser.needles()
    query = select(SNAPSHOT.c.id, SNAPSHOT.c.workstation_id, SNAPSHOT.c.body)
    for row in connection.execute(query) if needles else ():
        body = unpack(row.body)
        if b"\\u" in body:  # written by another program, with letters escaped
            body = msgspec.json.encode(msgspec.json.decode(body))
        lower = body.lower()
        if any(needle in lower for needle in needles):
            match = recogniser.match(row, body)
            if match.is_theirs or match.user in recogniser.accounts:
                yield match
