# SPDX-License-Identifier: Apache-2.0
"""The columns are those of now: no phases, but by which rules they were judged.

No row says so yet, so every workstation is judged again before it is shown.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Change them."""
    op.create_table(
        "judged_by",
        sa.Column("id", _ID, nullable=False),
        sa.Column("release", sa.String(), nullable=False),
        sa.Column("rules", sa.String(), nullable=False),
        sa.Column("policy", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_judged_by")),
    )
    op.drop_column("workstation", "phases")
