# SPDX-License-Identifier: Apache-2.0
"""The columns are those of now: no phases, but by which rules they were judged.

No row says so yet, so every workstation is judged again before it is shown.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Change them."""
    kind = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "judged_by",
        sa.Column("id", kind, primary_key=True),
        sa.Column("release", sa.String(), nullable=False),
        sa.Column("rules", sa.String(), nullable=False),
        sa.Column("policy", sa.Text(), nullable=False),
    )
    op.drop_column("workstation", "phases")
