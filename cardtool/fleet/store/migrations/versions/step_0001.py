# SPDX-License-Identifier: Apache-2.0
"""The first tables."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _texts(*names: str) -> list[sa.Column[Any]]:
    return [sa.Column(name, sa.String(), nullable=False) for name in names]


def _moments(*names: str, nullable: bool = False) -> list[sa.Column[Any]]:
    return [sa.Column(name, sa.BigInteger(), nullable=nullable) for name in names]


def _of_workstation() -> sa.Column[Any]:
    of_one = sa.ForeignKey("workstation.id", ondelete="CASCADE")
    return sa.Column("workstation_id", _ID, of_one, nullable=False)


def upgrade() -> None:
    """Make them."""
    op.create_table("forgotten", sa.Column("look", sa.String(), primary_key=True))
    op.create_table(
        "person",
        sa.Column("id", _ID, primary_key=True),
        *_texts("register"),
        sa.Column("place", sa.Integer(), nullable=False),
        *_texts("number", "name", "unit", "host", "user", "address", "email"),
        sa.UniqueConstraint("register", "place"),
    )
    op.create_table(
        "workstation",
        sa.Column("id", _ID, primary_key=True),
        *_texts("host_key", "host", "unit", "user"),
        *_moments("first_seen_us", "taken_us"),
        sa.Column("severity", sa.SmallInteger(), nullable=False),
        *_texts("verdict", "codes"),
        *_moments("turns_us", nullable=True),
        sa.Column("phases", sa.Text(), nullable=False),
        *_texts("reader"),
        sa.Column("readers", sa.Text(), nullable=False),
        *_texts("holder", "person", "issuer", "sha256"),
        *_moments("not_before_us", "not_after_us", "card_seen_us", nullable=True),
        sa.UniqueConstraint("host_key"),
    )
    for table, column in (
        ("person", "host"),
        ("person", "number"),
        ("person", "user"),
        ("workstation", "host"),
        ("workstation", "not_after_us"),
        ("workstation", "person"),
        ("workstation", "turns_us"),
    ):
        op.create_index(f"ix_{table}_{column}", table, [column])
    op.create_index(
        "ix_workstation_tally",
        "workstation",
        ["codes", "severity", "verdict", "reader", "unit", "not_after_us", "taken_us", "host"],
        postgresql_include=["id"],
    )
    op.create_index(
        "ix_workstation_unit_tally",
        "workstation",
        ["unit", "severity", "reader", "not_after_us", "taken_us"],
    )
    op.create_table(
        "certificate",
        sa.Column("id", _ID, primary_key=True),
        _of_workstation(),
        *_texts("sha256", "holder", "person", "issuer"),
        *_moments("not_before_us", "not_after_us", "first_seen_us", "last_seen_us"),
        sa.UniqueConstraint("workstation_id", "sha256"),
    )
    op.create_table(
        "snapshot",
        sa.Column("id", _ID, primary_key=True),
        _of_workstation(),
        *_moments("taken_us", "imported_us"),
        sa.Column("schema", sa.SmallInteger(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.UniqueConstraint("workstation_id", "taken_us"),
    )
