# SPDX-License-Identifier: Apache-2.0
"""Judges again what is due, so that the columns of the store are those of now.

A row is due when its turn has come, or when it was judged by other rules. All of its columns are
made again, from the snapshots that are kept; to do so twice changes nothing.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

import msgspec
from msgspec.structs import asdict, replace
from sqlalchemy import ColumnElement, Connection, bindparam, delete, func, select, update
from sqlalchemy.sql import true

from cardtool.fleet.asking.past import latest, own, readable, texts
from cardtool.fleet.columns import (
    OF_THE_NES,
    CertificateRow,
    Columns,
    StoredRow,
    WorkstationRow,
)
from cardtool.fleet.pool import Terms, current_terms, judging, results
from cardtool.fleet.store import judged_by
from cardtool.fleet.store.database import Store
from cardtool.fleet.store.judged_by import JudgedBy
from cardtool.fleet.store.tables import CERTIFICATE, WORKSTATION
from cardtool.model.moments import to_us
from cardtool.model.refused import Refused
from cardtool.rules.policy import Policy

_AT_ONCE = 1000
"""Rows in one transaction: a writer beside it waits no longer than that."""
_LATEST_US = 2**63 - 1
_MEANWHILE_US = 60_000_000
"""A question for a moment less than this long ago is a question for now."""


class Columned(msgspec.Struct, frozen=True, kw_only=True):
    """For which rows and moments the stored columns hold."""

    policy: Policy
    """By which they were judged."""
    from_us: int
    """They are those of this moment, and hold from then on until each row's turn."""
    is_ours: bool
    """They were judged by the rules of this program; else no row's columns hold."""

    def due(self, at: datetime) -> ColumnElement[bool]:
        """Return the condition that a row's columns do not hold at a moment."""
        at_us = to_us(at)
        is_known = self.is_ours and at_us >= self.from_us
        return WORKSTATION.c.turns_us <= at_us if is_known else true()

    def holds(self, row: StoredRow, at_us: int) -> bool:
        """Tell whether the columns of a row hold at a moment."""
        is_known = self.is_ours and at_us >= self.from_us
        return is_known and (row.turns_us is None or row.turns_us > at_us)


def advance(store: Store, at: datetime, policy: Policy) -> Columned:
    """Judge every row that is due, and say which columns hold: those of all rows, as a rule.

    `policy` is for a store that does not say by which its columns were judged. Where the store may
    only be read, nothing is judged here, and the rows stay due. Several may do this at once.

    Raises:
        Refused: a newer cardtool judged the columns.
    """
    with store.reading() as connection:
        found = judged_by.stored(connection)
    wanted, from_us = judged_by.mine(found.policy if found else policy), to_us(at) - _MEANWHILE_US
    try:
        judged_by.settle(store, wanted)
        bring_up(store, at, wanted)
    except Refused as error:
        if error.code != "store-read-only":
            raise
        return Columned(policy=wanted.policy, from_us=from_us, is_ours=found == wanted)
    return Columned(policy=wanted.policy, from_us=from_us, is_ours=True)


def is_any_due(store: Store, columned: Columned, at: datetime) -> bool:
    """Tell whether there is a row whose columns do not hold at a moment."""
    query = select(WORKSTATION.c.id).where(columned.due(at)).limit(1)
    with store.asking() as connection:
        return connection.execute(query).first() is not None


def bring_up(store: Store, at: datetime, by: JudgedBy) -> int:
    """Judge every row that is due, and return how many there were.

    Raises:
        Refused: the store cannot be written to.
    """
    due = WORKSTATION.c.turns_us <= to_us(at)
    with store.reading() as connection:
        number = connection.execute(select(func.count()).where(due)).scalar_one()
    done = 0
    if not number:
        return done
    with store.writing() as connection:  # where that is refused, nothing is judged in vain
        judged_by.stored(connection, is_kept=True)
    terms = Terms(at=at, policy=by.policy)
    with judging(terms, number) as pool:
        for page, found in results(pool, judged, _pages(store, due)):
            _write(store, page, found, terms, by)
            done += len(page)
            store.progress(done, max(done, number))
    return done


def judged(bodies: list[bytes]) -> list[Columns | None]:
    """Judge stored snapshots, in whatever process; None: this version cannot read one."""
    terms = current_terms()
    return [readable(body, terms) for body in bodies]


_Row = Any


def _pages(store: Store, due: ColumnElement[bool]) -> Iterator[tuple[list[_Row], list[bytes]]]:
    """Yield some of the rows that are due at a time, with the latest snapshot of each."""
    last = 0
    query = select(WORKSTATION).where(due).order_by(WORKSTATION.c.id).limit(_AT_ONCE)
    while True:
        with store.asking() as connection:
            page = connection.execute(query.where(WORKSTATION.c.id > last)).all()
            bodies = own(connection, [row.id for row in page])
            lost = [row.id for row in page if row.id not in bodies]
            bodies |= latest(connection, lost, _LATEST_US)
        if not page:
            return
        last = page[-1].id
        yield list(page), [bodies.get(row.id, b"") for row in page]


_FIELDS = tuple(
    name for name in WorkstationRow.__struct_fields__ if name not in {"host_key", "first_seen_us"}
)


def _write(
    store: Store, page: list[_Row], found: Sequence[Columns | None], terms: Terms, by: JudgedBy
) -> None:
    """Write the new columns of rows that nobody changed meanwhile."""
    columns = WORKSTATION.c
    change = (
        update(WORKSTATION)
        .where(
            columns.id == bindparam("own_id"),
            columns.taken_us == bindparam("own_taken"),
            columns.turns_us == bindparam("own_turn"),
        )
        .values({name: bindparam(f"new_{name}") for name in _FIELDS})
    )
    with store.writing() as connection:
        if judged_by.stored(connection, is_kept=True) != by:
            return  # whoever came with other rules judges them
        certificates = _Certificates(connection, [row.id for row in page])
        changes = []
        for row, made in zip(page, found, strict=True):
            if made is None:
                changed = {name: getattr(row, name) for name in _FIELDS} | {"turns_us": None}
            else:
                certificates.compare(row.id, made)
                station = made.workstation
                if not station.sha256 and row.sha256:
                    station = _with_nes(connection, row.id, station, terms, certificates)
                changed = asdict(station)
            keys = {"own_id": row.id, "own_taken": row.taken_us, "own_turn": row.turns_us}
            changes.append(keys | {f"new_{name}": changed[name] for name in _FIELDS})
        connection.execute(change, changes)
        certificates.write(connection)


def _with_nes(
    connection: Connection,
    number: int,
    station: WorkstationRow,
    terms: Terms,
    certificates: "_Certificates",
) -> WorkstationRow:
    """Return the columns with the NES of the last snapshot that has one."""
    for text in texts(connection, number, _LATEST_US):
        made = readable(text, terms)
        if made is not None and made.workstation.sha256:
            certificates.compare(number, made)
            nes = {name: getattr(made.workstation, name) for name in OF_THE_NES}
            return replace(station, **nes)
    return station


class _Certificates:
    """The certificates of some workstations, and the changes to write."""

    def __init__(self, connection: Connection, workstations: list[int]) -> None:
        here = CERTIFICATE.c.workstation_id.in_(workstations)
        self._rows = {
            (row.workstation_id, row.sha256): row
            for row in connection.execute(select(CERTIFICATE).where(here))
        }
        self._changed: list[dict[str, Any]] = []
        self._refused: list[int] = []

    def compare(self, number: int, made: Columns) -> None:
        """Compare with what a snapshot shows."""
        shown = {certificate.sha256: certificate for certificate in made.certificates}
        for (workstation, sha256), row in self._rows.items():
            if workstation != number or row.last_seen_us != made.workstation.taken_us:
                continue
            if sha256 not in shown:
                self._refused.append(row.id)
                continue
            now = _dateless(shown[sha256])
            if any(getattr(row, name) != value for name, value in now.items()):
                self._changed.append({"own_id": row.id, **{f"new_{k}": v for k, v in now.items()}})

    def write(self, connection: Connection) -> None:
        """Write the changes."""
        if self._refused:
            connection.execute(delete(CERTIFICATE).where(CERTIFICATE.c.id.in_(self._refused)))
        if self._changed:
            names = [name[4:] for name in self._changed[0] if name.startswith("new_")]
            change = update(CERTIFICATE).where(CERTIFICATE.c.id == bindparam("own_id"))
            change = change.values({name: bindparam(f"new_{name}") for name in names})
            connection.execute(change, self._changed)


def _dateless(certificate: CertificateRow) -> dict[str, Any]:
    """Return what does not depend on when a certificate was seen."""
    fields = asdict(certificate)
    return {k: v for k, v in fields.items() if k not in {"sha256", "first_seen_us", "last_seen_us"}}
