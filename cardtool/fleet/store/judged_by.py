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

_DECIDING = ("rules", "catalog", "model")
"""Packages that decide what a snapshot means; so does the module `fleet/columns.py`."""
_KINDS = (".py", ".toml", ".pyc")
"""A build may hold byte code in place of the sources."""
_PYC_HEADER_BYTES = 16
"""They hold the time of the source, among others. Source: PEP 552."""

_PARTS = ("dev", "a", "b", "rc", "end", "post", "")
"""What may come next in a version, earliest first; the last is a plain number."""


class JudgedBy(msgspec.Struct, frozen=True, kw_only=True):
    """What the columns of a store were judged by."""

    release: str
    """Version of cardtool."""
    rules: str
    """Fingerprint of its rules and of its catalogue."""
    policy: Policy


def this_program(policy: Policy) -> JudgedBy:
    """Return what this program judges by, with these thresholds."""
    return JudgedBy(release=__version__, rules=fingerprint(), policy=policy)


@functools.cache
def fingerprint() -> str:
    """Return the fingerprint of all files that decide what a snapshot means."""
    digest = hashlib.sha256()
    program = importlib.resources.files("cardtool")
    deciding = [program / name for name in _DECIDING]
    deciding += [file for file in (program / "fleet").iterdir() if file.name.startswith("columns.")]
    files = dict(named for entry in deciding for named in _files(entry.name, entry))
    for name, file in sorted(files.items()):
        body = file.read_bytes()
        body = body[_PYC_HEADER_BYTES:] if name.endswith(".pyc") else body.replace(b"\r\n", b"\n")
        digest.update(f"{name}\n".encode() + body)
    return digest.hexdigest()[:16]


def _files(name: str, entry: Traversable) -> Iterator[tuple[str, Traversable]]:
    if entry.is_dir():
        if entry.name != "__pycache__":
            for inner in entry.iterdir():
                yield from _files(f"{name}.{inner.name}", inner)
    elif name.endswith(_KINDS):
        yield name, entry


def stored(connection: Connection, *, is_locked: bool = False) -> JudgedBy | None:
    """Return what the columns were judged by; None: it is not recorded yet.

    `is_locked`: on PostgreSQL the record is locked against changes until the transaction ends.
    """
    query = select(JUDGED_BY.c.release, JUDGED_BY.c.rules, JUDGED_BY.c.policy)
    row = connection.execute(query.with_for_update(read=True) if is_locked else query).first()
    if row is None:
        return None
    policy = msgspec.json.decode(row.policy, type=Policy)
    return JudgedBy(release=row.release, rules=row.rules, policy=policy)


def mark_unless_same(store: Store, wanted: JudgedBy) -> None:
    """Mark every row as due, unless the same rules and thresholds judged the columns.

    Raises:
        Refused: a newer cardtool judged them.
    """
    with store.reading() as connection:
        recorded = stored(connection)
    if recorded == wanted:
        return
    if recorded is not None and is_later(recorded.release, __version__):
        release = recorded.release
        raise Refused(
            code="store-judged-newer", store=store.place, found=release, known=__version__
        )
    mark(store, wanted)


def mark(store: Store, wanted: JudgedBy) -> None:
    """Mark every row as due, and record the rules that judge from now on."""
    with store.writing() as connection:
        if not store.is_sqlite:  # one at a time, and not while an import holds the record
            connection.exec_driver_sql("LOCK TABLE judged_by IN EXCLUSIVE MODE")
        connection.execute(delete(JUDGED_BY))
        policy = msgspec.json.encode(wanted.policy).decode()
        values = {"id": 1, "release": wanted.release, "rules": wanted.rules, "policy": policy}
        connection.execute(insert(JUDGED_BY).values(values))
        connection.execute(update(WORKSTATION).values(turns_us=DUE_US))


def is_later(release: str, than: str) -> bool:
    """Tell whether a version comes after another one; a pre-release comes before its release.

    Source: PEP 440, Summary of permitted suffixes and relative ordering.
    """
    return _order(release) > _order(than)


def _order(release: str) -> list[tuple[int, int]]:
    parts = re.findall(r"(dev|a|b|rc|post)?(\d+)", release.partition("+")[0])
    return [(_PARTS.index(kind), int(number)) for kind, number in (*parts, ("end", "0"))]
