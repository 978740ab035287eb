# SPDX-License-Identifier: Apache-2.0
"""Writes judged snapshots into the store, some blocks in one transaction."""

from collections.abc import Sequence

import msgspec
from msgspec.structs import replace
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError, IntegrityError

from cardtool.fleet.columns import DUE_US
from cardtool.fleet.importing.merging import merge, stored_otherwise
from cardtool.fleet.importing.reading import Judged, Row, Trouble
from cardtool.fleet.removing.forgotten import among
from cardtool.fleet.store import judged_by
from cardtool.fleet.store.bodies import unpack
from cardtool.fleet.store.database import Store
from cardtool.fleet.store.judged_by import JudgedBy

_CACHE_KB = 65_536
_LOG_PAGES = 16_384
"""Pages of the log before SQLite writes them to the file: a page that many change, once."""

_Place = tuple[Judged, Row]
"""A row, and the `Judged` that holds it."""


def write(store: Store, judged: Sequence[Judged], now_us: int, by: JudgedBy) -> int:
    """Write the rows in one transaction, and return how many snapshots are new.

    A row that the store refuses becomes a trouble of its text; the others are kept. Forgotten
    snapshots are not written again. `by` is what the rows were judged by; if the store records
    other rules by now, the rows are written as due.

    Raises:
        Refused: nothing can be written.
    """
    places = [(piece, row) for piece in judged for row in piece.rows]
    if not places:
        return 0
    with store.writing() as connection:
        if store.is_sqlite:
            connection.exec_driver_sql(f"PRAGMA cache_size = -{_CACHE_KB}")
            connection.exec_driver_sql(f"PRAGMA wal_autocheckpoint = {_LOG_PAGES}")
        else:  # importers that lock rows in the same order cannot deadlock
            places.sort(key=lambda place: place[1].workstation.host_key)
        is_other = judged_by.stored(connection, is_kept=True) != by
        keys = ((row.workstation.host_key, row.snapshot.taken_us) for _, row in places)
        gone = among(connection, keys)
        kept = [place for number, place in enumerate(places) if number not in gone]
        return _write(connection, kept, now_us, is_due=is_other)


def _write(connection: Connection, places: list[_Place], now_us: int, *, is_due: bool) -> int:
    """Write rows, or each half of them if the database refuses one; return how many are new."""
    rows = [_due(row) if is_due else row for _, row in places]
    try:
        with connection.begin_nested() as attempt:
            new = merge(connection, rows, now_us) if rows else 0
            differing = _differing(connection, rows) if new < len(rows) else set()
            if not differing:
                return new
            attempt.rollback()
    except (OverflowError, UnicodeError) as error:  # raised by sqlite3 itself
        reason = str(error)
    except DBAPIError as error:
        if not isinstance(error, IntegrityError) and "DataError" not in type(error).__name__:
            raise
        reason = str(error.orig).strip().split("\n")[0]
    else:
        for number in differing:
            _refuse(places[number], Trouble(code="import-differs"))
        rest = [place for number, place in enumerate(places) if number not in differing]
        return _write(connection, rest, now_us, is_due=is_due)
    if len(places) == 1:
        _refuse(places[0], Trouble(code="import-refused", detail=reason))
        return 0
    half = len(places) // 2
    parts = (places[:half], places[half:])
    return sum(_write(connection, part, now_us, is_due=is_due) for part in parts)


def _due(row: Row) -> Row:
    return replace(row, workstation=replace(row.workstation, turns_us=DUE_US))


def _refuse(place: _Place, trouble: Trouble) -> None:
    judged, row = place
    judged.rows.remove(row)
    judged.troubles[row.place] = replace(trouble, text=unpack(row.snapshot.body))


def _differing(connection: Connection, rows: Sequence[Row]) -> set[int]:
    """Return the places of rows whose snapshot is stored already with other JSON."""
    return {
        number
        for number, body in stored_otherwise(connection)
        if not _is_same(bytes(body), rows[number].snapshot.body)
    }


def _is_same(stored: bytes, body: bytes) -> bool:
    """Tell whether two bodies hold the same JSON, however it is spaced."""
    one, other = unpack(stored), unpack(body)
    return one == other or msgspec.json.decode(one) == msgspec.json.decode(other)
