# SPDX-License-Identifier: Apache-2.0
"""The tables of the store, for SQLite and PostgreSQL alike.

Moments are whole microseconds since 1970 in UTC (`*_us`), so that both databases compare and sort
them as numbers. `snapshot` is what came, kept as it came; `workstation` and `certificate` are made
of it and can be made again.
"""

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
)

SCHEMA = "0001"
"""Version of these tables: the newest step in `fleet/migrations`."""

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

WORKSTATION = Table(
    "workstation",
    METADATA,
    Column("id", _ID, primary_key=True),
    Column("host_key", String, nullable=False, unique=True),  # host_id, or the name without one
    Column("host", String, nullable=False),
    Column("unit", String, nullable=False),
    Column("user", String, nullable=False),
    Column("first_seen_us", BigInteger, nullable=False),
    Column("taken_us", BigInteger, nullable=False),
    # as it stands at the moment it was judged for last (`advance` moves it on)
    Column("severity", SmallInteger, nullable=False),  # Severity.rank
    Column("verdict", String, nullable=False),
    Column("codes", String, nullable=False),  # separated by blanks
    Column("turns_us", BigInteger),  # when the next phase begins; null: never
    Column("phases", Text, nullable=False),  # JSON, fleet/judging.py
    Column("reader", String, nullable=False),  # ReaderState
    Column("readers", Text, nullable=False),  # JSON list
    # the NES that counts, last seen in this or an earlier snapshot
    Column("holder", String, nullable=False),
    Column("person", String, nullable=False),
    Column("issuer", String, nullable=False),
    Column("sha256", String, nullable=False),
    Column("not_before_us", BigInteger),
    Column("not_after_us", BigInteger),
    Column("card_seen_us", BigInteger),
    Index(None, "host"),
    Index(None, "not_after_us"),
    Index(None, "turns_us"),
    Index(None, "person"),
    Index(
        "ix_workstation_tally",
        *("codes", "severity", "verdict", "reader", "unit", "not_after_us", "taken_us", "host"),
        postgresql_include=["id"],  # in SQLite's it is anyway
    ),
    Index(
        "ix_workstation_unit_tally",
        *("unit", "severity", "reader", "not_after_us", "taken_us"),
    ),
)
"""The last two indexes hold all that is asked for, in the order of the counts: no row is read.

Every other index makes an import slower, so what one look through these answers in time has none.
"""

SNAPSHOT = Table(
    "snapshot",
    METADATA,
    Column("id", _ID, primary_key=True),
    Column("workstation_id", ForeignKey("workstation.id", ondelete="CASCADE"), nullable=False),
    Column("taken_us", BigInteger, nullable=False),
    Column("imported_us", BigInteger, nullable=False),
    Column("schema", SmallInteger, nullable=False),
    Column("body", LargeBinary, nullable=False),  # compressed JSON
    UniqueConstraint("workstation_id", "taken_us"),
)

CERTIFICATE = Table(
    "certificate",
    METADATA,
    Column("id", _ID, primary_key=True),
    Column("workstation_id", ForeignKey("workstation.id", ondelete="CASCADE"), nullable=False),
    Column("sha256", String, nullable=False),
    Column("holder", String, nullable=False),
    Column("person", String, nullable=False),
    Column("issuer", String, nullable=False),
    Column("not_before_us", BigInteger, nullable=False),
    Column("not_after_us", BigInteger, nullable=False),
    Column("first_seen_us", BigInteger, nullable=False),
    Column("last_seen_us", BigInteger, nullable=False),
    UniqueConstraint("workstation_id", "sha256"),
)
"""Every NES that was ever seen on a workstation: a card in a drawer keeps its end date."""

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
"""Who a personnel register names, as the identity policy left them; empty: it does not say.

`number` is spelt as `workstation.person` is, `host` and `user` in small letters: they are compared.
"""

FORGOTTEN = Table("forgotten", METADATA, Column("look", String, primary_key=True))
"""Fingerprints of looks that must not come back, `fleet/forgotten.py`."""
