# SPDX-License-Identifier: Apache-2.0
"""Records the rows that this version writes: `python -m tests.rig.released`, before a release.

What is recorded of a released version is never written again: later versions must read it.
"""

import base64
import json
import tempfile
from pathlib import Path

from sqlalchemy import select

from cardtool.fleet.store.tables import CERTIFICATE, JUDGED_BY, SCHEMA, SNAPSHOT, WORKSTATION
from tests import desks, fleets

FOLDER = Path(__file__).parents[1] / "recorded" / "fleet"


def write() -> Path:
    """Write the rows of a small store, and return the file."""
    snapshot = fleets.snapshot("masa-17", desks.AT, desks.nes(), unit="Ankara 1", user="ayse")
    tables = {}
    with tempfile.TemporaryDirectory() as name:
        store = fleets.keep_in(str(Path(name) / "fleet.db"), Path(name), snapshot)
        with store.reading() as connection:
            for table in (WORKSTATION, SNAPSHOT, CERTIFICATE, JUDGED_BY):
                with connection.execute(select(table)) as result:
                    rows = result.mappings().all()
                tables[table.name] = [
                    {key: _plain(value) for key, value in row.items()} for row in rows
                ]
        store.close()
    FOLDER.mkdir(exist_ok=True)
    file = FOLDER / f"{SCHEMA}.json"
    file.write_text(json.dumps(tables, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return file


def _plain(value: object) -> object:
    return {"base64": base64.b64encode(value).decode()} if isinstance(value, bytes) else value


if __name__ == "__main__":
    write()
