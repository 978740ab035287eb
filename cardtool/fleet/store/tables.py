# SPDX-License-Identifier: Apache-2.0
"""The tables of the store, for SQLite and PostgreSQL alike.

Moments are whole microseconds since 1970 in UTC (`*_us`), so that both databases compare and sort
them as numbers. The table `snapshot` keeps what was received, unchanged. The tables `workstation`
and `certificate` are computed from it, and can be computed again.
"""

import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args, get_type_hints

import msgspec
import sqlalchemy
from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from cardtool.fleet.columns import CertificateRow, SnapshotRow, WorkstationRow
from cardtool.model.moments import DAY_US

SCHEMA = max(
    step.stem.removeprefix("step_")
    for step in Path(__file__).parent.glob("migrations/versions/step_*.py")
)
"""Version of these tables: the newest step of the migrations."""

METADATA = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

_ID = BigInteger().with_variant(Integer, "sqlite")
"""SQLite numbers rows by itself only in an INTEGER PRIMARY KEY."""

_TYPES: dict[object, Any] = {str: String, int: BigInteger, bytes: LargeBinary}


def columns_of(record: type[msgspec.Struct]) -> Iterator[Column[Any]]:
    """Yield a column for each field of a record."""
    for name, hint in get_type_hints(record, include_extras=True).items():
        kinds = get_args(hint) if isinstance(hint, types.UnionType) else (hint,)
        plain = getattr(kinds[0], "__origin__", kinds[0])
        extra = [meta.extra for meta in getattr(kinds[0], "__metadata__", ()) if meta.extra]
        kind = getattr(sqlalchemy, extra[0]["sql"]) if extra else _TYPES[plain]
        yield Column(name, kind, nullable=type(None) in kinds)


def _of_workstation() -> Column[Any]:
    return Column(
        "workstation_id", ForeignKey("workstation.id", ondelete="CASCADE"), nullable=False
    )


WORKSTATION = Table(
    "workstation",
    METADATA,
    Column("id", _ID, primary_key=True),
    *columns_of(WorkstationRow),
    UniqueConstraint("host_key"),
    Index(None, "host"),
    Index(None, "not_after_us"),
    Index(None, "turns_us"),
    Index(None, "person"),
    Index(
        "ix_workstation_tally",
        *("codes", "severity", "verdict", "reader", "unit", "not_after_us", "taken_us", "host"),
        postgresql_include=["id"],  # every index of SQLite has it
    ),
    Index(
        "ix_workstation_unit_tally",
        *("unit", "severity", "reader", "not_after_us", "taken_us"),
    ),
)
"""The last two indexes hold every column that counts need, in their order, so no row is read.

Each further index would make imports slower. A question has none of its own if one scan of these
two answers it in time.
"""

SNAPSHOT = Table(
    "snapshot",
    METADATA,
    Column("id", _ID, primary_key=True),
    _of_workstation(),
    Column("imported_us", BigInteger, nullable=False),
    *columns_of(SnapshotRow),
    UniqueConstraint("workstation_id", "taken_us"),
)

AHEAD_US = DAY_US
"""A clock further ahead of the import than this is wrong; less may be another time zone."""

IS_AHEAD: ColumnElement[bool] = SNAPSHOT.c.taken_us > SNAPSHOT.c.imported_us + AHEAD_US
"""A snapshot dated more than a day after its import: it never counts as the latest over another."""

CERTIFICATE = Table(
    "certificate",
    METADATA,
    Column("id", _ID, primary_key=True),
    _of_workstation(),
    *columns_of(CertificateRow),
    UniqueConstraint("workstation_id", "sha256"),
)
"""Every NES that was ever seen on a workstation, so the end of a card put away stays known."""

PERSON = Table(
    "person",
    METADATA,
    Column("id", _ID, primary_key=True),
    Column("register", String, nullable=False),
    Column("place", Integer, nullable=False),
    Column("number", String, nullable=False),
    Column("name", String, nullable=False),
    Column("unit", String, nullable=False),
    Column("host", String, nullable=False),
    Column("user", String, nullable=False),
    Column("address", String, nullable=False),
    Column("email", String, nullable=False),
    UniqueConstraint("register", "place"),
    Index(None, "number"),
    Index(None, "host"),
    Index(None, "user"),
)
"""The people of the personnel registers, as the identity policy left them; empty: not known.

`number` is spelt like `workstation.person`, and `host` and `user` are in small letters, so that
they can be compared.
"""

FORGOTTEN = Table("forgotten", METADATA, Column("look", String, primary_key=True))
"""Fingerprints of snapshots that must not come back, `fleet/removing/forgotten.py`."""

JUDGED_BY = Table(
    "judged_by",
    METADATA,
    Column("id", _ID, primary_key=True),
    Column("release", String, nullable=False),
    Column("rules", String, nullable=False),
    Column("policy", Text, nullable=False),
)
"""Its only row says by which rules and thresholds all columns were judged (`judged_by`)."""
