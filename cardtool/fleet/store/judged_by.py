# SPDX-License-Identifier: Apache-2.0
"""Records by which rules and thresholds the columns of a store were judged.

A program with other rules marks every row as due (`DUE_US`) and records its own rules, in one
transaction. A row that is due is judged again before it is shown (`advance`).
"""

import functools
import hashlib
import importlib.resources
import re
from collections.abc import Iterator
from importlib.resources.abc import Traversable

import msgspec
from sqlalchemy import Connection, delete, insert, select, update

from cardtool import __version__
from cardtool.fleet.columns import DUE_US
from cardtool.fleet.store.database import Store
from cardtool.fleet.store.tables import JUDGED_BY, WORKSTATION
from cardtool.model.refused import Refused
from cardtool.rules.renewal import Policy

_DECIDING = ("cardtool.rules", "cardtool.catalog", "cardtool.model")
"""Packages that decide what a snapshot means; so does the module `fleet/columns.py`."""
_KINDS = (".py", ".toml")

_PARTS = ("dev", "a", "b", "rc", "end", "post", "")
"""What may come next in a version, earliest first; the last is a plain number."""


class JudgedBy(msgspec.Struct, frozen=True, kw_only=True):
    """What the columns of a store were judged by."""

    release: str
    """Version of cardtool."""
    rules: str
    """Fingerprint of its rules and of its catalogue."""
    policy: Policy

    @property
    def is_newer(self) -> bool:
        """Tell whether a later version of cardtool than this one judged."""
        return is_later(self.release, __version__)


def mine(policy: Policy) -> JudgedBy:
    """Return what this program judges by."""
    return JudgedBy(release=__version__, rules=rules(), policy=policy)


@functools.cache
def rules() -> str:
    """Return the fingerprint of all files that decide what a snapshot means."""
    digest = hashlib.sha256()
    columns = importlib.resources.files("cardtool.fleet") / "columns.py"
    for package in _DECIDING:
        for name, file in sorted(_files(importlib.resources.files(package), package)):
            digest.update(f"{name}\n".encode() + file.read_bytes().replace(b"\r\n", b"\n"))
    digest.update(columns.read_bytes().replace(b"\r\n", b"\n"))
    return digest.hexdigest()[:16]


def _files(folder: Traversable, name: str) -> Iterator[tuple[str, Traversable]]:
    for entry in folder.iterdir():
        if entry.is_dir():
            yield from _files(entry, f"{name}.{entry.name}")
        elif entry.name.endswith(_KINDS):
            yield f"{name}.{entry.name}", entry


def stored(connection: Connection, *, is_kept: bool = False) -> JudgedBy | None:
    """Return what the columns were judged by; None: it is not recorded yet.

    `is_kept`: in PostgreSQL nobody can change the record until the transaction ends.
    """
    query = select(JUDGED_BY.c.release, JUDGED_BY.c.rules, JUDGED_BY.c.policy)
    row = connection.execute(query.with_for_update(read=True) if is_kept else query).first()
    if row is None:
        return None
    policy = msgspec.json.decode(row.policy, type=Policy)
    return JudgedBy(release=row.release, rules=row.rules, policy=policy)


def settle(store: Store, wanted: JudgedBy) -> None:
    """Mark every row as due, unless the same rules and thresholds judged the columns.

    Raises:
        Refused: a newer cardtool judged them, or the store cannot be written to.
    """
    with store.reading() as connection:
        found = stored(connection)
    if found == wanted:
        return
    if found is not None and found.is_newer:
        raise newer(store, found)
    mark(store, wanted)


def mark(store: Store, wanted: JudgedBy) -> None:
    """Mark every row as due, and record the rules that judge from now on.

    Raises:
        Refused: the store cannot be written to.
    """
    with store.writing() as connection:
        if (
            not store.is_sqlite
        ):  # one at a time, and not while an import is writing: it holds the record
            connection.exec_driver_sql("LOCK TABLE judged_by IN EXCLUSIVE MODE")
        connection.execute(delete(JUDGED_BY))
        values = {
            "id": 1,
            "release": wanted.release,
            "rules": wanted.rules,
            "policy": msgspec.json.encode(wanted.policy).decode(),
        }
        connection.execute(insert(JUDGED_BY).values(values))
        connection.execute(update(WORKSTATION).values(turns_us=DUE_US))


def newer(store: Store, found: JudgedBy) -> Refused:
    """Return the refusal of a store that a newer cardtool judged."""
    return Refused(
        code="store-judged-newer", store=store.place, found=found.release, known=__version__
    )


def is_later(release: str, than: str) -> bool:
    """Tell whether a version comes after another one; a pre-release comes before its release.

    Source: PEP 440, Summary of permitted suffixes and relative ordering.
    """
    return _order(release) > _order(than)


def _order(release: str) -> list[tuple[int, int]]:
    parts = re.findall(r"(dev|a|b|rc|post)?(\d+)", release.partition("+")[0])
    return [(_PARTS.index(kind), int(number)) for kind, number in (*parts, ("end", "0"))]
