# SPDX-License-Identifier: Apache-2.0
"""How the tables of an older store become those of this version.

A released step never changes: stores were made by it. It therefore spells its tables out, where
`fleet/store/tables.py` says what they are today.
"""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection


def upgrade(connection: Connection, revision: str = "head") -> None:
    """Bring the tables to a version, within the transaction of the connection."""
    command.upgrade(_config(connection), revision)


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config
