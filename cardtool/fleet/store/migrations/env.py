# SPDX-License-Identifier: Apache-2.0
"""Run by Alembic for each upgrade: it uses the connection it is given, and opens none."""

from alembic import context

from cardtool.fleet.store.tables import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
