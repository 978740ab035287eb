# SPDX-License-Identifier: Apache-2.0
"""Remembers which snapshots were forgotten, so that an import does not bring them back.

It keeps a SHA-256 of the workstation and the moment of each, and nothing of a person. Somebody who
tries all names of workstations and all seconds can find out which snapshot it was.
"""

import hashlib
from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, select, text

from cardtool.fleet.store.tables import FORGOTTEN, SNAPSHOT, WORKSTATION

_AT_ONCE = 1000

_LOCK = 0x666F72676F74
"""Key of PostgreSQL's lock, which imports share and `fleet forget` holds alone: "forgot"."""

_ADD = text("INSERT INTO forgotten (look) VALUES (:look) ON CONFLICT (look) DO NOTHING")


def note(connection: Connection, snapshots: Sequence[int]) -> None:
    """Keep the fingerprints of snapshots that are about to be removed, by the rows' numbers.

    Imports wait from here on until all of it is removed: none has asked and not yet written.
    """
    _lock(connection, "pg_advisory_xact_lock")
    for start in range(0, len(snapshots), _AT_ONCE):
        query = select(WORKSTATION.c.host_key, SNAPSHOT.c.taken_us).join_from(SNAPSHOT, WORKSTATION)
        some = SNAPSHOT.c.id.in_(snapshots[start : start + _AT_ONCE])
        rows = connection.execute(query.where(some)).all()
        if rows:
            connection.execute(_ADD, [{"look": _fingerprint(key, when)} for key, when in rows])


def among(connection: Connection, snapshots: Iterable[tuple[str, int]]) -> frozenset[int]:
    """Return the places of those that were forgotten; each is a `host_key` and a `taken_us`."""
    _lock(connection, "pg_advisory_xact_lock_shared")
    if connection.execute(select(FORGOTTEN.c.look).limit(1)).first() is None:
        return frozenset()
    every = [_fingerprint(*snapshot) for snapshot in snapshots]
    found: set[str] = set()
    for start in range(0, len(every), _AT_ONCE):
        some = FORGOTTEN.c.look.in_(every[start : start + _AT_ONCE])
        found.update(connection.execute(select(FORGOTTEN.c.look).where(some)).scalars())
    return frozenset(place for place, each in enumerate(every) if each in found)


def _lock(connection: Connection, function: str) -> None:
    if connection.dialect.name == "postgresql":  # SQLite has one who writes at a time
        connection.execute(text(f"SELECT {function}(:key)"), {"key": _LOCK})


def _fingerprint(host_key: str, taken_us: int) -> str:
    return hashlib.sha256(f"{taken_us} {host_key}".encode()).hexdigest()
