# SPDX-License-Identifier: Apache-2.0
"""Writes judged snapshots into the tables; the order in which they come changes nothing."""

from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec.structs import astuple, replace
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError, IntegrityError

from cardtool.fleet.columns import DUE_US
from cardtool.fleet.importing.copying import copied
from cardtool.fleet.importing.reading import Rows, Trouble
from cardtool.fleet.importing.statements import Statements
from cardtool.fleet.removing.forgotten import among
from cardtool.fleet.store import judged_by
from cardtool.fleet.store.bodies import unpack
from cardtool.fleet.store.database import Store
from cardtool.fleet.store.judged_by import JudgedBy

_KNOWN = "SELECT host_key FROM workstation WHERE host_key IN (SELECT value FROM json_each(?))"

_STORED = (
    "SELECT key_at, taken_at, body FROM ({}) AS wanted"
    " JOIN workstation ON workstation.host_key = key_at"
    " JOIN snapshot ON snapshot.workstation_id = workstation.id AND snapshot.taken_us = taken_at"
)
_STORED_BY = {
    "sqlite": "SELECT value ->> 0 AS key_at, value ->> 1 AS taken_at FROM json_each(?)",
    "postgresql": "SELECT value ->> 0 AS key_at, (value ->> 1)::bigint AS taken_at"
    " FROM json_array_elements(%s::json)",
}

_Values = tuple[Any, ...]
"""The fields of a record, in its order: `statements` takes them in the same."""

_CACHE_KB = 65_536
_LOG_PAGES = 16_384
"""Pages of the log before SQLite moves them into the file; one that many rows touch moves once."""


class Written(msgspec.Struct, kw_only=True):
    """What became of a block."""

    new: int = 0
    refused: dict[int, Trouble] = {}
    """By place in the block: what the database did not take, and what it said."""


def write(store: Store, rows: Rows, now_us: int, by: JudgedBy) -> Written:
    """Write a block in one transaction; where the database refuses a row, the others are kept.

    What was forgotten is not written again: it counts as known. `by` is what the rows were judged
    by; where the store has others by now, they are written as due.

    Raises:
        Refused: nothing can be written.
    """
    if not rows.places:
        return Written()
    whole: Sequence[int] = range(len(rows.places))
    if not store.is_sqlite:  # two importers that lock in one order never wait in a circle
        whole = sorted(whole, key=rows.key)
    with store.writing() as connection:
        if store.is_sqlite:
            connection.exec_driver_sql(f"PRAGMA cache_size = -{_CACHE_KB}")
            connection.exec_driver_sql(f"PRAGMA wal_autocheckpoint = {_LOG_PAGES}")
        statements = Statements(connection, now_us)
        written = Written()
        if judged_by.stored(connection, is_kept=True) != by:
            rows.workstations = [replace(row, turns_us=DUE_US) for row in rows.workstations]
        gone = among(
            connection, ((rows.key(each), rows.snapshots[each].taken_us) for each in whole)
        )
        whole = [each for place, each in enumerate(whole) if place not in gone] if gone else whole
        if not whole:
            return written
        found = _agreeing(connection, statements, rows, whole, written)
        if isinstance(found, int):
            written.new = found
            return written
        written.refused.clear()
        for index in whole:
            one = _agreeing(connection, statements, rows, (index,), written)
            if isinstance(one, int):
                written.new += one
            else:
                written.refused[rows.places[index]] = _with_text(one, rows, index)
        return written


def _agreeing(
    connection: Connection,
    statements: Statements,
    rows: Rows,
    which: Sequence[int],
    written: Written,
) -> int | Trouble:
    """Write some of a block without what contradicts the store, which is refused."""
    while isinstance(found := _attempt(connection, statements, rows, which), frozenset):
        for each in found:
            differs = Trouble(code="import-differs")
            written.refused[rows.places[each]] = _with_text(differs, rows, each)
        which = [each for each in which if each not in found]
    return found


def _with_text(trouble: Trouble, rows: Rows, index: int) -> Trouble:
    return msgspec.structs.replace(trouble, text=unpack(rows.snapshots[index].body))


def _attempt(
    connection: Connection,
    statements: Statements,
    rows: Rows,
    which: Sequence[int],
) -> int | Trouble | frozenset[int]:
    """Write some of a block or nothing, and return how many snapshots are new.

    Nothing is written either where the store has another snapshot of a workstation and moment:
    these are returned.
    """
    if not which:
        return 0
    try:
        with connection.begin_nested():
            return _added(connection, statements, rows, which)
    except _DiffersError as error:
        return error.which
    except (OverflowError, UnicodeError) as error:  # sqlite3 itself
        return Trouble(code="import-refused", detail=str(error))
    except DBAPIError as error:
        if isinstance(error, IntegrityError) or "DataError" in type(error).__name__:
            return Trouble(code="import-refused", detail=str(error.orig).strip().split("\n")[0])
        raise


def _added(connection: Connection, statements: Statements, rows: Rows, which: Sequence[int]) -> int:
    """Write some of a block, and return how many snapshots are new.

    Raises:
        _DiffersError: the store has others.
    """
    new = 0
    if connection.dialect.name == "sqlite":
        if _are_all_first(connection, statements, rows, which):
            return len(which)
        fresh, which = _parted(connection, rows, which)
        if fresh:
            new += _insert_first(connection, statements, rows, fresh)
    if which:
        if connection.dialect.name == "sqlite":
            added = _looks(connection, statements, rows, which)
        else:
            added = copied(connection, statements, rows, which)
        if added < len(which):
            _compare(connection, rows, which)
        new += added
    return new


class _DiffersError(Exception):
    """The store has other snapshots than these, of the same workstations and moments."""

    def __init__(self, which: frozenset[int]) -> None:
        super().__init__()
        self.which = which


def _compare(connection: Connection, rows: Rows, which: Sequence[int]) -> None:
    """Compare with what is stored, where not all of it was new."""
    keys = {each: (rows.key(each), rows.snapshots[each].taken_us) for each in which}
    query = _STORED.format(_STORED_BY[connection.dialect.name])
    found = connection.exec_driver_sql(query, (msgspec.json.encode([*keys.values()]).decode(),))
    stored = {(key, taken_us): bytes(body) for key, taken_us, body in found}
    other = frozenset(
        each
        for each, key in keys.items()
        if key in stored and not _is_same(stored[key], rows.snapshots[each].body)
    )
    if other:
        raise _DiffersError(other)


def _is_same(stored: bytes, body: bytes) -> bool:
    """Tell whether two bodies hold the same JSON, however it is spaced."""
    if stored == body:
        return True
    one, other = unpack(stored), unpack(body)
    return one == other or msgspec.json.decode(one) == msgspec.json.decode(other)


def _parted(
    connection: Connection, rows: Rows, which: Sequence[int]
) -> tuple[Sequence[int], Sequence[int]]:
    """Divide first snapshots of unknown workstations from all others.

    Nobody else writes to an SQLite file meanwhile, so what is unknown stays so.
    """
    keys = list(map(rows.key, which))
    found = connection.exec_driver_sql(_KNOWN, (msgspec.json.encode(keys).decode(),))
    seen = {key for (key,) in found}
    if len(seen) == len(keys):
        return (), which
    fresh: list[int] = []
    rest: list[int] = []
    for each, key in zip(which, keys, strict=True):
        (rest if key in seen else fresh).append(each)
        seen.add(key)
    return fresh, rest


def _are_all_first(
    connection: Connection, statements: Statements, rows: Rows, which: Sequence[int]
) -> bool:
    """Insert snapshots as if no workstation were known; write nothing where one is."""
    try:
        with connection.begin_nested():
            _insert_first(connection, statements, rows, which)
    except IntegrityError:
        return False
    return True


def _insert_first(
    connection: Connection, statements: Statements, rows: Rows, which: Sequence[int]
) -> int:
    """Insert workstations that are not there yet: SQLite numbers them one after another.

    Source: https://www.sqlite.org/autoinc.html.
    """
    ((last,),) = connection.exec_driver_sql("SELECT coalesce(max(id), 0) FROM workstation")
    stations = [astuple(rows.workstations[each]) for each in which]
    looks: list[_Values] = []
    certificates: list[_Values] = []
    for number, each in enumerate(which, last + 1):
        looks.append((*astuple(rows.snapshots[each]), number))
        certificates += [(*astuple(one), number) for one in rows.certificates[each]]
    connection.exec_driver_sql(statements.first_workstation, stations)
    connection.exec_driver_sql(statements.first_snapshot, looks)
    if certificates:
        connection.exec_driver_sql(statements.first_certificate, certificates)
    return len(looks)


def _looks(connection: Connection, statements: Statements, rows: Rows, which: Sequence[int]) -> int:
    """Insert or merge, whatever is there, and return how many snapshots are new."""
    stations: list[_Values] = []
    looks: list[_Values] = []
    certificates: list[_Values] = []
    for each in which:
        key = rows.key(each)
        stations.append(astuple(rows.workstations[each]))
        looks.append((*astuple(rows.snapshots[each]), key))
        certificates += [(*astuple(one), key) for one in rows.certificates[each]]
    connection.exec_driver_sql(statements.workstation, stations)
    new = connection.exec_driver_sql(statements.snapshot, looks).rowcount
    if certificates:
        connection.exec_driver_sql(statements.certificate, certificates)
    return new
