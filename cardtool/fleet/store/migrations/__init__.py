# SPDX-License-Identifier: Apache-2.0
"""How the tables of an older store become those of this version.

A released step never changes what it makes: stores were made by it. It therefore spells its tables
out, where `fleet/store/tables.py` says what they are today; only the names of keys and constraints
follow the convention there.
"""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection


def upgrade(connection: Connection, revision: str = "head") -> None:
    """Bring the tables to a version, within the transaction of the connection."""
    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    if __file__.endswith(".pyc"):  # a build of byte code alone
        config.set_main_option("sourceless", "true")
    command.upgrade(config, revision)
