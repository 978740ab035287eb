# SPDX-License-Identifier: Apache-2.0
"""Remembers which snapshots were forgotten, so that an import does not bring them back.

It keeps a SHA-256 of workstation and moment for each, and nothing about a person. Somebody who
tries all workstations and all moments can find out which snapshot it was.
"""

import hashlib
from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, select, text

from cardtool.fleet.store.tables import FORGOTTEN, SNAPSHOT, WORKSTATION

_AT_ONCE = 1000

_LOCK = 0x666F72676F74
"""Key of the PostgreSQL lock ("forgot") that imports share and `fleet forget` holds alone."""

_ADD = text("INSERT INTO forgotten (look) VALUES (:look) ON CONFLICT (look) DO NOTHING")


def note(connection: Connection, snapshots: Sequence[int]) -> None:
    """Keep the fingerprints of snapshots that are about to be removed, given by row number.

    From here on imports wait until the removal is finished. So no import is between asking
    (`among`) and writing meanwhile.
    """
    _lock(connection, "pg_advisory_xact_lock")
    for start in range(0, len(snapshots), _AT_ONCE):
        query = select(WORKSTATION.c.host_key, SNAPSHOT.c.taken_us).join_from(SNAPSHOT, WORKSTATION)
        some = SNAPSHOT.c.id.in_(snapshots[start : start + _AT_ONCE])
        rows = connection.execute(query.where(some)).all()
        if rows:
            connection.execute(_ADD, [{"look": _fingerprint(key, when)} for key, when in rows])


def among(connection: Connection, snapshots: Iterable[tuple[str, int]]) -> frozenset[int]:
    """Return the places of forgotten snapshots; each is given by `host_key` and `taken_us`."""
    _lock(connection, "pg_advisory_xact_lock_shared")
    if connection.execute(select(FORGOTTEN.c.look).limit(1)).first() is None:
        return frozenset()
    every = [_fingerprint(*snapshot) for snapshot in snapshots]
    found: set[str] = set()
    for start in range(0, len(every), _AT_ONCE):
        some = FORGOTTEN.c.look.in_(every[start : start + _AT_ONCE])
        found.update(connection.execute(select(FORGOTTEN.c.look).where(some)).scalars())
    return frozenset(place for place, fingerprint in enumerate(every) if fingerprint in found)


def _lock(connection: Connection, function: str) -> None:
    if connection.dialect.name == "postgresql":  # SQLite lets one write at a time
        connection.execute(text(f"SELECT {function}(:key)"), {"key": _LOCK})


def _fingerprint(host_key: str, taken_us: int) -> str:
    return hashlib.sha256(f"{taken_us} {host_key}".encode()).hexdigest()
