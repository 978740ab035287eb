# SPDX-License-Identifier: Apache-2.0
"""Makes snapshots for the tests of questions to the store, and imports them.

Its people are invented. The snapshots go the way of real ones: through a file and the import.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
from msgspec.structs import replace
from sqlalchemy import select

from cardtool.fleet.importing.files import of_file
from cardtool.fleet.importing.finishing import Report
from cardtool.fleet.importing.folders import Location
from cardtool.fleet.importing.judging import Terms, judged_blocks
from cardtool.fleet.importing.pieces import Piece
from cardtool.fleet.importing.run import import_judged
from cardtool.fleet.store.database import Store
from cardtool.fleet.store.tables import CERTIFICATE, SNAPSHOT, WORKSTATION
from cardtool.model.certificate import Certificate
from cardtool.model.redact import leaving
from cardtool.model.snapshot import Reader, Snapshot
from cardtool.model.surroundings import IdentityPolicy, Origin, UsbDevice
from cardtool.rules.renewal import Policy
from cardtool.views.harmless import escape
from tests import desks

KEY = bytes.fromhex("9b1f6c2ad84e703551c7a0ef3d628b94")

Keep = Callable[..., Store]
"""Imports snapshots into a store, and returns it."""


def snapshot(
    host: str,
    at: datetime,
    *cards: Certificate,
    readers: tuple[Reader, ...] | None = None,
    usb: tuple[UsbDevice, ...] | None = None,
    unit: str = "",
    user: str = "",
    identity: IdentityPolicy = IdentityPolicy.FULL,
) -> Snapshot:
    """Make a snapshot of a workstation with a card, as the policy lets it leave."""
    modules = (desks.module(desks.slot(desks.token(*cards, desks.authority()))),) if cards else ()
    seen = (desks.reader(),) if readers is None and cards else readers
    desk = desks.desk(readers=seen, modules=modules, host=replace(desks.HOST, name=host))
    origin = Origin(host_id=f"{host.casefold():0>32}"[:32], unit=unit, user=user, identity=identity)
    made = replace(desk, taken_at=at, origin=origin)
    if usb is not None:
        made = replace(made, usb=usb)
    return leaving(made, identity, KEY)


def numbered(
    number: int = 0, *, days: int = 0, nes: Certificate | None = None, unit: str = "BİDB"
) -> Snapshot:
    """Make a snapshot of a workstation that is told by a number, days after the tests' moment."""
    modules = (desks.module(desks.slot(desks.token(nes))),) if nes else ()
    return replace(
        desks.desk(modules=modules),
        taken_at=desks.AT + timedelta(days=days),
        origin=Origin(host_id=f"{number:032x}", unit=unit, identity=IdentityPolicy.HASHED),
    )


def line(snapshot: Snapshot) -> bytes:
    """Return a snapshot as cardtool writes it."""
    return msgspec.json.encode(snapshot)


def lines(number: int) -> list[bytes]:
    """Return snapshots of so many workstations, each with a card."""
    return [line(numbered(each, nes=desks.nes())) for each in range(number)]


def pieces_of(file: Path) -> list[Piece]:
    """Return what the import reads of a file that was named."""
    return list(of_file(Location(named=file)))


def without_reader(host: str, at: datetime, **said: str) -> Snapshot:
    """Make a snapshot in which USB was read and has no reader."""
    return snapshot(host, at, readers=(), usb=(), **said)  # type: ignore[arg-type]


def with_dead_driver(host: str, at: datetime) -> Snapshot:
    """Make a snapshot with a reader on USB that the system does not offer."""
    return snapshot(host, at, readers=(), usb=(desks.usb("072F:9000", drivers=()),))


def take(
    store: Store,
    *paths: Path,
    at: datetime = desks.AT,
    policy: Policy | None = None,
    identity: IdentityPolicy = IdentityPolicy.FULL,
    rejected: Path | None = None,
    processes: int = 0,
    remove: bool = False,
    limit_s: float = 20.0,
) -> Report:
    """Import files and folders; the reason for what is set aside is the file's name and a code."""
    terms = Terms(
        at=at,
        policy=policy or Policy(),
        identity=identity,
        limit_s=limit_s,
        rejected=rejected,
    )
    with judged_blocks(paths, terms, processes) as judged:
        return import_judged(
            store,
            judged,
            terms,
            says=lambda trouble, file: escape(f"{file} {trouble.code}"),
            remove=remove,
        )


def keep_in(address: str, folder: Path, *snapshots: Snapshot, at: datetime | None = None) -> Store:
    """Import snapshots into the store of an address, in this order; `at`: the clock meanwhile."""
    store = Store(address)
    file = folder / "snapshots.ndjson"
    file.write_bytes(b"".join(msgspec.json.encode(each) + b"\n" for each in snapshots))
    if not snapshots:
        return store
    report = take(store, file, at=at or max(desks.AT, *(each.taken_at for each in snapshots)))
    assert report.new == len(snapshots), report
    return store


def adds_up(report: Report) -> bool:
    """Tell whether a report accounts for all that was read."""
    return report.read == report.new + report.known + report.set_aside


def everything(store: Store) -> list[list[dict[str, Any]]]:
    """Return every row but the numbers that depend on the order of coming.

    Those of workstations, of snapshots, of certificates.
    """
    hosts = WORKSTATION.c.id == SNAPSHOT.c.workstation_id
    with store.reading() as connection:
        stations = connection.execute(select(WORKSTATION).order_by(WORKSTATION.c.host_key))
        snapshots = connection.execute(
            select(WORKSTATION.c.host_key, SNAPSHOT.c.taken_us, SNAPSHOT.c.body)
            .join(SNAPSHOT, hosts)
            .order_by(WORKSTATION.c.host_key, SNAPSHOT.c.taken_us)
        )
        certificates = connection.execute(
            select(WORKSTATION.c.host_key, CERTIFICATE)
            .join(CERTIFICATE, WORKSTATION.c.id == CERTIFICATE.c.workstation_id)
            .order_by(WORKSTATION.c.host_key, CERTIFICATE.c.sha256)
        )
        return [
            [{k: v for k, v in row.items() if k not in {"id", "workstation_id"}} for row in rows]
            for rows in (found.mappings().all() for found in (stations, snapshots, certificates))
        ]
