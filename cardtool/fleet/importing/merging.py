# SPDX-License-Identifier: Apache-2.0
"""Merges rows into the tables; the order in which snapshots arrive does not matter.

The rows go into temporary tables first (PostgreSQL: by COPY), and from there into each table by one
statement. Such a statement may change a row only once, so the rows of one workstation are merged
before.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from msgspec.structs import astuple, replace
from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    Integer,
    MetaData,
    String,
    Table,
    and_,
    case,
    func,
    literal,
    or_,
    select,
    tuple_,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError
from sqlalchemy.schema import CreateTable, DropTable
from sqlalchemy.sql import true

from cardtool.fleet.columns import (
    DUE_US,
    OF_THE_NES,
    CertificateRow,
    SnapshotRow,
    WorkstationRow,
)
from cardtool.fleet.importing.reading import Row
from cardtool.fleet.store.tables import AHEAD_US, CERTIFICATE, SNAPSHOT, WORKSTATION, columns_of

_WORKSTATION_FIELDS = WorkstationRow.__struct_fields__
_SNAPSHOT_FIELDS = SnapshotRow.__struct_fields__
_CERTIFICATE_FIELDS = CertificateRow.__struct_fields__


def _incoming(name: str, *columns: Column[Any]) -> Table:
    """Declare a temporary table; `place` is the order in which its rows are written."""
    place = Column("place", Integer, nullable=False)
    return Table(
        f"incoming_{name}",
        MetaData(),
        place,
        *columns,
        prefixes=["TEMPORARY"],
        postgresql_on_commit="DROP",  # a pool of connections outlives the import
    )


_WORKSTATIONS = _incoming("workstation", *columns_of(WorkstationRow))
_SNAPSHOTS = _incoming("snapshot", Column("host_key", String), *columns_of(SnapshotRow))
_CERTIFICATES = _incoming("certificate", Column("host_key", String), *columns_of(CertificateRow))


def merge(connection: Connection, rows: Sequence[Row], now_us: int) -> int:
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
            seen = certificates.get((key, certificate.sha256), certificate)
            certificates[key, certificate.sha256] = _both_certificates(seen, certificate, limit_us)
    _fill(connection, _WORKSTATIONS, map(astuple, workstations.values()))
    _merge_workstations(connection, limit_us)
    snapshots = ((row.workstation.host_key, *astuple(row.snapshot)) for row in rows)
    _fill(connection, _SNAPSHOTS, snapshots)
    new = _insert_snapshots(connection, now_us)
    if certificates:
        _fill(
            connection, _CERTIFICATES, ((key, *astuple(c)) for (key, _), c in certificates.items())
        )
        _merge_certificates(connection, limit_us)
    return new


def stored_otherwise(connection: Connection) -> Iterable[tuple[int, bytes]]:
    """Return the place of each row whose snapshot is stored with another body, and that body."""
    query = (
        select(_SNAPSHOTS.c.place, SNAPSHOT.c.body)
        .where(WORKSTATION.c.host_key == _SNAPSHOTS.c.host_key)
        .where(SNAPSHOT.c.workstation_id == WORKSTATION.c.id)
        .where(SNAPSHOT.c.taken_us == _SNAPSHOTS.c.taken_us)
        .where(SNAPSHOT.c.body != _SNAPSHOTS.c.body)
    )
    return [(row.place, row.body) for row in connection.execute(query)]


def _fill(connection: Connection, table: Table, values: Iterable[tuple[Any, ...]]) -> None:
    """Create a temporary table with these rows, numbered in their order.

    The rows go to the driver directly: SQLAlchemy would take several times as long for a row as the
    database does.

    Raises:
        DBAPIError: the database refuses a row.
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


def _merge_workstations(connection: Connection, limit_us: int) -> None:
    stored, source = WORKSTATION.c, select(*(_WORKSTATIONS.c[name] for name in _WORKSTATION_FIELDS))
    insert = _insert(connection, WORKSTATION).from_select(
        _WORKSTATION_FIELDS, source.where(true()).order_by(_WORKSTATIONS.c.place)
    )
    new = insert.excluded
    is_later = _is_later_there(new.taken_us, stored.taken_us, limit_us)
    is_card_later = _is_later_there(new.card_seen_us, stored.card_seen_us, limit_us)
    # a row that is due stays due: older rules may have judged its other columns
    may_turn = and_(is_later, func.coalesce(stored.turns_us, 0) != DUE_US)
    conditions = dict.fromkeys(_WORKSTATION_FIELDS, is_later) | dict.fromkeys(
        OF_THE_NES, is_card_later
    )
    conditions["turns_us"] = may_turn
    conditions["first_seen_us"] = is_first = new.first_seen_us < stored.first_seen_us
    del conditions["host_key"]
    changes = {
        name: case((condition, new[name]), else_=stored[name])
        for name, condition in conditions.items()
    }
    connection.execute(
        insert.on_conflict_do_update(
            index_elements=["host_key"], set_=changes, where=or_(is_later, is_first, is_card_later)
        )
    )


def _insert_snapshots(connection: Connection, now_us: int) -> int:
    """Insert the snapshots that are not stored yet, and return how many they are."""
    fields = (_SNAPSHOTS.c[name] for name in _SNAPSHOT_FIELDS)
    source = select(WORKSTATION.c.id, literal(now_us, BigInteger), *fields)
    insert = _insert(connection, SNAPSHOT).from_select(
        ["workstation_id", "imported_us", *_SNAPSHOT_FIELDS],
        source.where(WORKSTATION.c.host_key == _SNAPSHOTS.c.host_key).order_by(_SNAPSHOTS.c.place),
    )
    insert = insert.on_conflict_do_nothing().execution_options(preserve_rowcount=True)
    return connection.execute(insert).rowcount


def _merge_certificates(connection: Connection, limit_us: int) -> None:
    fields = (_CERTIFICATES.c[name] for name in _CERTIFICATE_FIELDS)
    source = select(WORKSTATION.c.id, *fields)
    insert = _insert(connection, CERTIFICATE).from_select(
        ["workstation_id", *_CERTIFICATE_FIELDS],
        source.where(WORKSTATION.c.host_key == _CERTIFICATES.c.host_key).order_by(
            _CERTIFICATES.c.place
        ),
    )
    new, stored = insert.excluded, CERTIFICATE.c
    is_first = new.first_seen_us < stored.first_seen_us
    is_later = _is_later_there(new.last_seen_us, stored.last_seen_us, limit_us)
    changes = {
        "first_seen_us": case((is_first, new.first_seen_us), else_=stored.first_seen_us),
        "last_seen_us": case((is_later, new.last_seen_us), else_=stored.last_seen_us),
    }
    connection.execute(
        insert.on_conflict_do_update(
            index_elements=["workstation_id", "sha256"],
            set_=changes,
            where=or_(is_first, is_later),
        )
    )


def _insert(connection: Connection, table: Table) -> Any:  # noqa: ANN401 - either dialect's own
    return (sqlite if connection.dialect.name == "sqlite" else postgresql).insert(table)


def _is_later_there(
    new: ColumnElement[Any], stored: ColumnElement[Any], limit_us: int
) -> ColumnElement[bool]:
    """Return the SQL condition that a new moment is later, in the sense of `_is_later`."""
    pairs = [tuple_(moment <= limit_us, moment) for moment in (new, stored)]
    return and_(new.is_not(None), or_(stored.is_(None), pairs[0] > pairs[1]))


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
    return (
        known
        if known is new
        else replace(
            known,
            first_seen_us=min(known.first_seen_us, new.first_seen_us),
            last_seen_us=new.last_seen_us if is_later else known.last_seen_us,
        )
    )
