# SPDX-License-Identifier: Apache-2.0
"""The first tables."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make them."""
    op.create_table(
        "forgotten",
        sa.Column("look", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("look", name=op.f("pk_forgotten")),
    )
    op.create_table(
        "person",
        sa.Column("id", _ID, nullable=False),
        sa.Column("register", sa.String(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("unit", sa.String(), nullable=False),
        sa.Column("host", sa.String(), nullable=False),
        sa.Column("user", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person")),
        sa.UniqueConstraint("register", "place", name=op.f("uq_person_register_place")),
    )
    op.create_index(op.f("ix_person_host"), "person", ["host"], unique=False)
    op.create_index(op.f("ix_person_number"), "person", ["number"], unique=False)
    op.create_index(op.f("ix_person_user"), "person", ["user"], unique=False)
    op.create_table(
        "workstation",
        sa.Column("id", _ID, nullable=False),
        sa.Column("host_key", sa.String(), nullable=False),
        sa.Column("host", sa.String(), nullable=False),
        sa.Column("unit", sa.String(), nullable=False),
        sa.Column("user", sa.String(), nullable=False),
        sa.Column("first_seen_us", sa.BigInteger(), nullable=False),
        sa.Column("taken_us", sa.BigInteger(), nullable=False),
        sa.Column("severity", sa.SmallInteger(), nullable=False),
        sa.Column("verdict", sa.String(), nullable=False),
        sa.Column("codes", sa.String(), nullable=False),
        sa.Column("turns_us", sa.BigInteger(), nullable=True),
        sa.Column("phases", sa.Text(), nullable=False),
        sa.Column("reader", sa.String(), nullable=False),
        sa.Column("readers", sa.Text(), nullable=False),
        sa.Column("holder", sa.String(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("issuer", sa.String(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("not_before_us", sa.BigInteger(), nullable=True),
        sa.Column("not_after_us", sa.BigInteger(), nullable=True),
        sa.Column("card_seen_us", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_workstation")),
        sa.UniqueConstraint("host_key", name=op.f("uq_workstation_host_key")),
    )
    op.create_index(op.f("ix_workstation_host"), "workstation", ["host"], unique=False)
    op.create_index(
        op.f("ix_workstation_not_after_us"), "workstation", ["not_after_us"], unique=False
    )
    op.create_index(op.f("ix_workstation_person"), "workstation", ["person"], unique=False)
    op.create_index(
        "ix_workstation_tally",
        "workstation",
        ["codes", "severity", "verdict", "reader", "unit", "not_after_us", "taken_us", "host"],
        unique=False,
        postgresql_include=["id"],
    )
    op.create_index(op.f("ix_workstation_turns_us"), "workstation", ["turns_us"], unique=False)
    op.create_index(
        "ix_workstation_unit_tally",
        "workstation",
        ["unit", "severity", "reader", "not_after_us", "taken_us"],
        unique=False,
    )
    op.create_table(
        "certificate",
        sa.Column("id", _ID, nullable=False),
        sa.Column("workstation_id", _ID, nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("holder", sa.String(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("issuer", sa.String(), nullable=False),
        sa.Column("not_before_us", sa.BigInteger(), nullable=False),
        sa.Column("not_after_us", sa.BigInteger(), nullable=False),
        sa.Column("first_seen_us", sa.BigInteger(), nullable=False),
        sa.Column("last_seen_us", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workstation_id"],
            ["workstation.id"],
            name=op.f("fk_certificate_workstation_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_certificate")),
        sa.UniqueConstraint(
            "workstation_id", "sha256", name=op.f("uq_certificate_workstation_id_sha256")
        ),
    )
    op.create_table(
        "snapshot",
        sa.Column("id", _ID, nullable=False),
        sa.Column("workstation_id", _ID, nullable=False),
        sa.Column("taken_us", sa.BigInteger(), nullable=False),
        sa.Column("imported_us", sa.BigInteger(), nullable=False),
        sa.Column("schema", sa.SmallInteger(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workstation_id"],
            ["workstation.id"],
            name=op.f("fk_snapshot_workstation_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_snapshot")),
        sa.UniqueConstraint(
            "workstation_id", "taken_us", name=op.f("uq_snapshot_workstation_id_taken_us")
        ),
    )
