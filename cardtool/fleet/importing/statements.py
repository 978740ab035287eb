# SPDX-License-Identifier: Apache-2.0
# ruff: noqa: S608 - statements are made of the names of our own tables, values are never in them
"""The statements that write snapshots, merged so that their order changes nothing.

They are texts that the driver takes a list of rows for: through SQLAlchemy's own expressions each
row costs several times what the database takes for it (docs/scale.md).
"""

from collections.abc import Sequence

from sqlalchemy import Connection, Table

from cardtool.fleet.columns import (
    DUE_US,
    OF_THE_NES,
    CertificateRow,
    SnapshotRow,
    WorkstationRow,
)
from cardtool.fleet.store.tables import AHEAD_US, CERTIFICATE, SNAPSHOT, WORKSTATION


class Statements:
    """The statements, in the dialect of a database."""

    def __init__(self, connection: Connection, now_us: int) -> None:
        """Word them for a database, and for the moment of the import."""
        self.limit_us = now_us + AHEAD_US
        """What is dated later is of a clock that was ahead."""
        later = _Later(self.limit_us)
        self._mark = "?" if connection.dialect.paramstyle == "qmark" else "%s"
        names = WorkstationRow.__struct_fields__
        workstations = self._insert(WORKSTATION, names)
        merge = (
            f" ON CONFLICT (host_key) DO UPDATE SET {_merged(names, later)}"
            f" WHERE {later('workstation', 'taken_us')}"
            " OR excluded.first_seen_us < workstation.first_seen_us"
            f" OR {later('workstation', 'card_seen_us')}"
        )
        self.workstation = f"{workstations} VALUES ({self._marks(len(names))}){merge}"
        self.copied_workstations = (
            f"{workstations} SELECT {_listed(names)} FROM {incoming(WORKSTATION)}"
            f" ORDER BY host_key{merge}"
        )
        self.first_workstation = self._plain(WORKSTATION, names)
        fields = SnapshotRow.__struct_fields__
        looks = self._insert(SNAPSHOT, ["imported_us", *fields, "workstation_id"])
        values = f"{now_us:d}, {self._marks(len(fields))}"
        self.first_snapshot = f"{looks} VALUES ({values}, {self._mark})"
        self.snapshot = (
            f"{looks} SELECT {values}, id FROM workstation"
            f" WHERE host_key = {self._mark} ON CONFLICT (workstation_id, taken_us) DO NOTHING"
        )
        self.copied_snapshots = (
            f"{looks} SELECT {now_us:d}, {_listed(fields)}, workstation_id"
            f" FROM {incoming(SNAPSHOT)} ON CONFLICT (workstation_id, taken_us) DO NOTHING"
        )
        names = CertificateRow.__struct_fields__
        self.first_certificate = (
            f"{self._plain(CERTIFICATE, [*names, 'workstation_id'])}"
            " ON CONFLICT (workstation_id, sha256) DO NOTHING"  # one card in two readers
        )
        certificates = self._insert(CERTIFICATE, [*names, "workstation_id"])
        merge = (
            f" ON CONFLICT (workstation_id, sha256) DO UPDATE SET"
            f" first_seen_us = {_first('certificate')},"
            f" last_seen_us = CASE WHEN {later('certificate', 'last_seen_us')}"
            " THEN excluded.last_seen_us ELSE certificate.last_seen_us END"
            " WHERE excluded.first_seen_us < certificate.first_seen_us"
            f" OR {later('certificate', 'last_seen_us')}"
        )
        self.certificate = (
            f"{certificates} SELECT {self._marks(len(names))}, id FROM workstation"
            f" WHERE host_key = {self._mark}{merge}"
        )
        self.copied_certificates = (
            f"{certificates} SELECT {_listed(names)}, workstation_id"
            f" FROM {incoming(CERTIFICATE)} ORDER BY workstation_id, sha256{merge}"
        )

    def _plain(self, table: Table, names: Sequence[str]) -> str:
        return f"{self._insert(table, names)} VALUES ({self._marks(len(names))})"

    def _insert(self, table: Table, names: Sequence[str]) -> str:
        return f"INSERT INTO {table.name} ({_listed(names)})"

    def _marks(self, number: int) -> str:
        return ", ".join([self._mark] * number)


def incoming(table: Table) -> str:
    """Return the name of the temporary table from which rows of a table come."""
    return f"incoming_{table.name}"


def made(table: Table, names: Sequence[str]) -> str:
    """Return the statement that makes this temporary table, where there is none."""
    return (
        f"CREATE TEMPORARY TABLE IF NOT EXISTS {incoming(table)} ON COMMIT DROP AS"
        f" SELECT {_listed(names)} FROM {table.name} WITH NO DATA"
    )


def copy(table: Table, names: Sequence[str]) -> str:
    """Return the statement that copies rows into the temporary table of a table."""
    return f"COPY {incoming(table)} ({_listed(names)}) FROM STDIN"


class _Later:
    """The condition that a new row is later; one dated ahead never is."""

    def __init__(self, limit_us: int) -> None:
        self._limit_us = limit_us

    def __call__(self, table: str, name: str) -> str:
        other, mine = f"excluded.{name}", f"{table}.{name}"
        limit = self._limit_us
        return (
            f"({other} IS NOT NULL AND ({mine} IS NULL"
            f" OR ({other} <= {limit}, {other}) > ({mine} <= {limit}, {mine})))"
        )


def _merged(names: Sequence[str], later: _Later) -> str:
    """Return what becomes of each column where the workstation is known."""
    parts = []
    for name in names:
        if name == "host_key":
            continue
        if name == "first_seen_us":
            parts.append(f"{name} = {_first('workstation')}")
            continue
        when = later("workstation", "card_seen_us" if name in OF_THE_NES else "taken_us")
        column = _quoted(name)
        if (
            name == "turns_us"
        ):  # a row that is due stays due: its other columns may be of older rules
            when = f"({when} AND coalesce(workstation.turns_us, 0) <> {DUE_US})"
        parts.append(
            f"{column} = CASE WHEN {when} THEN excluded.{column} ELSE workstation.{column} END"
        )
    return ", ".join(parts)


def _first(table: str) -> str:
    mine, other = f"{table}.first_seen_us", "excluded.first_seen_us"
    return f"CASE WHEN {other} < {mine} THEN {other} ELSE {mine} END"


def _listed(names: Sequence[str]) -> str:
    return ", ".join(map(_quoted, names))


def _quoted(name: str) -> str:
    return f'"{name}"'
