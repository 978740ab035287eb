# SPDX-License-Identifier: Apache-2.0
"""Writes judged snapshots into the store; the order in which they arrive does not matter.

The rows of a transaction go into temporary tables first (PostgreSQL: by COPY), and from there into
each table by one statement. Such a statement may change a row only once, so the rows of one
workstation are merged before.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
import sqlalchemy as sa
from msgspec.structs import astuple, replace
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.schema import CreateTable, DropTable

from cardtool.fleet.columns import (
    DUE_US,
    OF_THE_NES,
    CertificateRow,
    SnapshotRow,
    WorkstationRow,
)
from cardtool.fleet.importing.judging import Judged, Row
from cardtool.fleet.importing.pieces import Trouble
from cardtool.fleet.removing.removal import forgotten_among
from cardtool.fleet.store import judged_by
from cardtool.fleet.store.bodies import unpack
from cardtool.fleet.store.database import Store
from cardtool.fleet.store.judged_by import JudgedBy
from cardtool.fleet.store.tables import AHEAD_US, CERTIFICATE, SNAPSHOT, WORKSTATION, columns_of

_CACHE_KB = 57_344
_LOG_PAGES = 16_384
"""Pages of the log before SQLite writes them to the file: a page that many change, once."""

_Place = tuple[Judged, Row]
"""A row, and the `Judged` that holds it."""


def _incoming(name: str, *columns: sa.Column[Any]) -> sa.Table:
    """Declare a temporary table; `place` is the order in which its rows are written."""
    return sa.Table(
        f"incoming_{name}",
        sa.MetaData(),
        sa.Column("place", sa.Integer, nullable=False),
        *columns,
        prefixes=["TEMPORARY"],
        postgresql_on_commit="DROP",  # a pool of connections outlives the import
    )


def _of_host(name: str, record: type[msgspec.Struct]) -> sa.Table:
    return _incoming(name, sa.Column("host_key", sa.String), *columns_of(record))


_WORKSTATIONS = _incoming("workstation", *columns_of(WorkstationRow))
_SNAPSHOTS = _of_host("snapshot", SnapshotRow)
_CERTIFICATES = _of_host("certificate", CertificateRow)


def write(store: Store, judged: Sequence[Judged], now_us: int, by: JudgedBy) -> int:
    """Write the rows in one transaction, and return how many snapshots are new.

    A row that the store refuses becomes a trouble of its text; the others are kept. Forgotten
    snapshots are not written again. `by` is what the rows were judged by; if the store records
    other rules by now, the rows are written as due.
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
        is_other = judged_by.stored(connection, is_locked=True) != by
        keys = ((row.workstation.host_key, row.snapshot.taken_us) for _, row in places)
        gone = forgotten_among(connection, keys)
        kept = [place for number, place in enumerate(places) if number not in gone]
        return _write(connection, kept, now_us, is_due=is_other)


def _write(connection: sa.Connection, places: list[_Place], now_us: int, *, is_due: bool) -> int:
    """Write rows, or each half of them if the database refuses one; return how many are new."""
    rows = [_due(row) if is_due else row for _, row in places]
    try:
        with connection.begin_nested() as attempt:
            new = _merge(connection, rows, now_us) if rows else 0
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


def _differing(connection: sa.Connection, rows: Sequence[Row]) -> set[int]:
    """Return the places of rows whose snapshot is stored already with other JSON."""
    query = (
        sa.select(_SNAPSHOTS.c.place, SNAPSHOT.c.body)
        .where(WORKSTATION.c.host_key == _SNAPSHOTS.c.host_key)
        .where(SNAPSHOT.c.workstation_id == WORKSTATION.c.id)
        .where(SNAPSHOT.c.taken_us == _SNAPSHOTS.c.taken_us)
        .where(SNAPSHOT.c.body != _SNAPSHOTS.c.body)
    )
    return {
        row.place
        for row in connection.execute(query)
        if not _is_same(bytes(row.body), rows[row.place].snapshot.body)
    }


def _is_same(stored: bytes, body: bytes) -> bool:
    """Tell whether two bodies hold the same JSON, however it is spaced."""
    one, other = unpack(stored), unpack(body)
    try:
        return one == other or msgspec.json.decode(one) == msgspec.json.decode(other)
    except (msgspec.DecodeError, UnicodeError):  # text of fields that nothing reads may be broken
        return False


def _merge(connection: sa.Connection, rows: Sequence[Row], now_us: int) -> int:
    """Write rows in their order, and return how many of their snapshots are new."""
    limit_us = now_us + AHEAD_US
    workstations: dict[str, WorkstationRow] = {}
    certificates: dict[tuple[str, str], CertificateRow] = {}
    for row in rows:
        workstation = row.workstation
        key = workstation.host_key
        if key in workstations:
            workstation = _both_workstations(workstations[key], workstation, limit_us)
        workstations[key] = workstation
        for certificate in row.certificates:
            seen = certificates.get((key, certificate.sha256))
            if seen is not None:
                certificate = _both_certificates(seen, certificate, limit_us)  # noqa: PLW2901
            certificates[key, certificate.sha256] = certificate
    _fill(connection, _WORKSTATIONS, map(astuple, workstations.values()))
    _merge_workstations(connection, limit_us)
    snapshots = ((row.workstation.host_key, *astuple(row.snapshot)) for row in rows)
    _fill(connection, _SNAPSHOTS, snapshots)
    insert = _insert(connection, SNAPSHOT, _SNAPSHOTS, imported_us=now_us).on_conflict_do_nothing()
    new: int = connection.execute(insert.execution_options(preserve_rowcount=True)).rowcount
    if certificates:
        values = ((key, *astuple(row)) for (key, _), row in certificates.items())
        _fill(connection, _CERTIFICATES, values)
        _merge_certificates(connection, limit_us)
    return new


def _fill(connection: sa.Connection, table: sa.Table, values: Iterable[tuple[Any, ...]]) -> None:
    """Create a temporary table with these rows, numbered in their order.

    The rows go to the driver directly: SQLAlchemy would take several times as long for a row as the
    database does.
    """
    connection.execute(DropTable(table, if_exists=True))
    connection.execute(CreateTable(table))
    numbered = ((place, *row) for place, row in enumerate(values))
    if connection.dialect.name == "sqlite":
        marks = ", ".join("?" * len(table.columns))
        connection.exec_driver_sql(f"INSERT INTO {table.name} VALUES ({marks})", list(numbered))  # noqa: S608 - our own name
        return
    statement = f"COPY {table.name} FROM STDIN"
    driver: Any = connection.connection.driver_connection
    errors = connection.dialect.loaded_dbapi.Error
    try:
        with driver.cursor() as cursor, cursor.copy(statement) as out:
            for row in numbered:
                out.write_row(row)
    except errors as error:
        raise DBAPIError.instance(statement, None, error, errors) from error


def _insert(connection: sa.Connection, table: sa.Table, source: sa.Table, **values: int) -> Any:  # noqa: ANN401 - either dialect's own
    """Return the statement that inserts the rows of a temporary table in their order.

    Besides the fields of the source it sets these values, and the number of the workstation where
    the source names its key.
    """
    fields: dict[str, sa.ColumnElement[Any]] = {
        column.name: column for column in source.c if column.name in table.c
    }
    fields |= {name: sa.literal(value, sa.BigInteger) for name, value in values.items()}
    is_row: sa.ColumnElement[bool] = sa.true()  # SQLite wants a condition before ON CONFLICT
    if table is not WORKSTATION:
        fields["workstation_id"] = WORKSTATION.c.id
        is_row = WORKSTATION.c.host_key == source.c.host_key
    query = sa.select(*fields.values()).where(is_row).order_by(source.c.place)
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    return dialect.insert(table).from_select(list(fields), query)


def _merge_workstations(connection: sa.Connection, limit_us: int) -> None:
    insert = _insert(connection, WORKSTATION, _WORKSTATIONS)
    stored, new = WORKSTATION.c, insert.excluded
    is_later = _is_later_there(new.taken_us, stored.taken_us, limit_us)
    is_card_later = _is_later_there(new.card_seen_us, stored.card_seen_us, limit_us)
    is_first = new.first_seen_us < stored.first_seen_us
    conditions = dict.fromkeys(WorkstationRow.__struct_fields__, is_later)
    conditions |= dict.fromkeys(OF_THE_NES, is_card_later) | {"first_seen_us": is_first}
    # a row that is due stays due: older rules may have judged its other columns
    conditions["turns_us"] = sa.and_(is_later, sa.func.coalesce(stored.turns_us, 0) != DUE_US)
    del conditions["host_key"]
    _update(connection, insert, ["host_key"], conditions)


def _merge_certificates(connection: sa.Connection, limit_us: int) -> None:
    insert = _insert(connection, CERTIFICATE, _CERTIFICATES)
    new, stored = insert.excluded, CERTIFICATE.c
    conditions = {
        "first_seen_us": new.first_seen_us < stored.first_seen_us,
        "last_seen_us": _is_later_there(new.last_seen_us, stored.last_seen_us, limit_us),
    }
    _update(connection, insert, ["workstation_id", "sha256"], conditions)


def _update(
    connection: sa.Connection,
    insert: Any,  # noqa: ANN401 - either dialect's own
    key: list[str],
    conditions: dict[str, sa.ColumnElement[bool]],
) -> None:
    """Insert rows; where the key is known, change each column whose condition holds."""
    new, stored = insert.excluded, insert.table.c
    changes = {
        name: sa.case((condition, new[name]), else_=stored[name])
        for name, condition in conditions.items()
    }
    is_changed = sa.or_(*dict.fromkeys(conditions.values()))
    change = insert.on_conflict_do_update(index_elements=key, set_=changes, where=is_changed)
    connection.execute(change)


def _is_later_there(
    new: sa.ColumnElement[Any], stored: sa.ColumnElement[Any], limit_us: int
) -> sa.ColumnElement[bool]:
    """Return the SQL condition that a new moment is later, in the sense of `_is_later`."""
    pairs = [sa.tuple_(moment <= limit_us, moment) for moment in (new, stored)]
    return sa.and_(new.is_not(None), sa.or_(stored.is_(None), pairs[0] > pairs[1]))


def _is_later(new_us: int, known_us: int, limit_us: int) -> bool:
    """Tell whether a moment is later; one from a clock that runs ahead is never later."""
    return (new_us <= limit_us, new_us) > (known_us <= limit_us, known_us)


def _both_workstations(known: WorkstationRow, new: WorkstationRow, limit_us: int) -> WorkstationRow:
    """Return the merged row of two snapshots of one workstation."""
    row, older = known, new
    if _is_later(new.taken_us, known.taken_us, limit_us):
        row, older = new, known
    if older.card_seen_us is not None and (
        row.card_seen_us is None or _is_later(older.card_seen_us, row.card_seen_us, limit_us)
    ):
        row = replace(row, **{name: getattr(older, name) for name in OF_THE_NES})
    return replace(row, first_seen_us=min(known.first_seen_us, new.first_seen_us))


def _both_certificates(known: CertificateRow, new: CertificateRow, limit_us: int) -> CertificateRow:
    """Return the merged row of one certificate that two snapshots saw."""
    is_later = _is_later(new.last_seen_us, known.last_seen_us, limit_us)
    return replace(
        known,
        first_seen_us=min(known.first_seen_us, new.first_seen_us),
        last_seen_us=new.last_seen_us if is_later else known.last_seen_us,
    )
