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
import sqlalchemy as sa

from cardtool.fleet.columns import CertificateRow, SnapshotRow, WorkstationRow
from cardtool.model.lists import RegisterEntry
from cardtool.model.moments import DAY_US

_STEPS = Path(__file__).parent / "migrations" / "versions"
SCHEMA = max(step.stem.removeprefix("step_") for step in _STEPS.glob("step_*"))
"""Version of these tables: the newest step of the migrations."""

METADATA = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

_TYPES: dict[object, Any] = {str: sa.String, int: sa.BigInteger, bytes: sa.LargeBinary}


def columns_of(record: type[msgspec.Struct]) -> Iterator[sa.Column[Any]]:
    """Yield a column for each field of a record."""
    for name, hint in get_type_hints(record, include_extras=True).items():
        kinds = get_args(hint) if isinstance(hint, types.UnionType) else (hint,)
        plain = getattr(kinds[0], "__origin__", kinds[0])
        extra = [meta.extra for meta in getattr(kinds[0], "__metadata__", ()) if meta.extra]
        kind = getattr(sa, extra[0]["sql"]) if extra else _TYPES[plain]
        yield sa.Column(name, kind, nullable=type(None) in kinds)


def _id() -> sa.Column[Any]:
    """Return the number of a row; SQLite numbers rows by itself only in an INTEGER."""
    return sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True)


def _text(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.String, nullable=False)


def _of_workstation() -> sa.Column[Any]:
    of_one = sa.ForeignKey("workstation.id", ondelete="CASCADE")
    return sa.Column("workstation_id", of_one, nullable=False)


WORKSTATION = sa.Table(
    "workstation",
    METADATA,
    _id(),
    *columns_of(WorkstationRow),
    sa.UniqueConstraint("host_key"),
    *(sa.Index(None, name) for name in ("host", "not_after_us", "turns_us", "person")),
    sa.Index(
        "ix_workstation_tally",
        *("codes", "severity", "verdict", "reader", "unit", "not_after_us", "taken_us", "host"),
        postgresql_include=["id"],  # every index of SQLite has it
    ),
    sa.Index(
        "ix_workstation_unit_tally",
        *("unit", "severity", "reader", "not_after_us", "taken_us"),
    ),
)
"""The last two indexes hold every column that counts need, in their order, so no row is read.

Each further index would make imports slower. A question has none of its own if one scan of these
two answers it in time.
"""

SNAPSHOT = sa.Table(
    "snapshot",
    METADATA,
    _id(),
    _of_workstation(),
    sa.Column("imported_us", sa.BigInteger, nullable=False),
    *columns_of(SnapshotRow),
    sa.UniqueConstraint("workstation_id", "taken_us"),
)

AHEAD_US = DAY_US
"""A clock further ahead of the import than this is wrong; less may be another time zone."""

IS_AHEAD: sa.ColumnElement[bool] = SNAPSHOT.c.taken_us > SNAPSHOT.c.imported_us + AHEAD_US
"""A snapshot dated more than a day after its import: it is the latest only if there is no other."""

CERTIFICATE = sa.Table(
    "certificate",
    METADATA,
    _id(),
    _of_workstation(),
    *columns_of(CertificateRow),
    sa.UniqueConstraint("workstation_id", "sha256"),
)
"""Every NES that was ever seen on a workstation, so the end of a card put away stays known."""

PERSON = sa.Table(
    "person",
    METADATA,
    _id(),
    _text("register"),
    sa.Column("place", sa.Integer, nullable=False),
    *columns_of(RegisterEntry),
    sa.UniqueConstraint("register", "place"),
    *(sa.Index(None, name) for name in ("number", "host", "user")),
)
"""The people of the personnel registers, as the identity policy left them; empty: not known.

`number` is spelt like `workstation.person`, and `host` and `user` are in small letters, so that
they can be compared.
"""

_FINGERPRINT = sa.Column("look", sa.String, key="fingerprint", primary_key=True)
FORGOTTEN = sa.Table("forgotten", METADATA, _FINGERPRINT)
"""Fingerprints of snapshots that must not come back, `fleet/removing/removal.py`."""

JUDGED_BY = sa.Table(
    "judged_by",
    METADATA,
    _id(),
    _text("release"),
    _text("rules"),
    sa.Column("policy", sa.Text, nullable=False),
)
"""Its only row says by which rules and thresholds all columns were judged (`judged_by`)."""
