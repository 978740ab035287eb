# SPDX-License-Identifier: Apache-2.0
"""What the store knows of workstations on a day that may be past: rows as they are, looks before.

A question that no column answers goes back through the looks that were kept.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, Row, and_, func, select

from cardtool.fleet.ahead import IS_AHEAD
from cardtool.fleet.bodies import unpack
from cardtool.fleet.judging import from_us, judge
from cardtool.fleet.shapes import Shapes
from cardtool.fleet.standing import standing as phase
from cardtool.fleet.tables import SNAPSHOT, WORKSTATION
from cardtool.model.snapshot import Reader, Snapshot, decode
from cardtool.model.summary import ReaderState
from cardtool.rules.policy import Policy

_AT_ONCE = 500
_FEW = 8
"""Looks that are fetched at once of one workstation: most questions end at the first or second."""


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """How a workstation stands at a moment, as far as it had been looked at by then."""

    taken_at: datetime
    verdict: str
    reader: ReaderState
    readers: frozenset[str]
    """By the part of the name that lasts."""
    user: str = ""
    holder: str = ""
    person: str = ""
    sha256: str = ""
    ends_at: datetime | None = None


def pages(
    connection: Connection, condition: ColumnElement[bool]
) -> Iterator[list[Row[tuple[Any, ...]]]]:
    """Yield the workstations for which something holds, some at a time."""
    last = 0
    query = select(WORKSTATION).where(condition).order_by(WORKSTATION.c.id).limit(_AT_ONCE)
    while page := list(connection.execute(query.where(WORKSTATION.c.id > last))):
        yield page
        last = page[-1].id


def columns_of(row: Row[tuple[Any, ...]]) -> Mapping[str, Any]:
    """Return the columns of a workstation by their names."""
    return row._asdict()


def standing(columns: Mapping[str, Any], at_us: int) -> Standing:
    """Return how a workstation stands at a moment, by the columns of its latest look by then."""
    ends_us = columns["not_after_us"]
    now = phase(columns["phases"], columns["readers"], at_us)
    return Standing(
        taken_at=from_us(columns["taken_us"]),
        verdict=now["verdict"],
        reader=ReaderState(now["reader"]),
        readers=_lasting(columns["readers"]),
        user=columns["user"],
        holder=columns["holder"],
        person=columns["person"],
        sha256=columns["sha256"],
        ends_at=None if ends_us is None else from_us(ends_us),
    )


class Judge:
    """Makes columns of looks again, as the import did; of looks alike one is judged."""

    def __init__(self, at: datetime, policy: Policy) -> None:
        """Judge for a moment, by a policy."""
        self._shapes = Shapes(at, policy)

    def columns(self, text: bytes) -> Mapping[str, Any]:
        """Return the columns of a look."""
        line = self._shapes.line(text)
        if line is None:
            line = judge(decode(text), self._shapes.at, self._shapes.policy)
        return line.named()


def looks(connection: Connection, workstation: int, until_us: int) -> Iterator[Snapshot]:
    """Yield the looks at a workstation up to a moment, the latest first; `ahead` says which is."""
    return map(decode, texts(connection, workstation, until_us))


def texts(connection: Connection, workstation: int, until_us: int) -> Iterator[bytes]:
    """Yield the same as they came."""
    own = and_(SNAPSHOT.c.workstation_id == workstation, SNAPSHOT.c.taken_us <= until_us)
    query = select(SNAPSHOT.c.taken_us, SNAPSHOT.c.body, IS_AHEAD).where(own)
    newest_first = query.order_by(SNAPSHOT.c.taken_us.desc()).limit(_FEW)
    before: list[ColumnElement[bool]] = []
    ahead: list[bytes] = []
    while found := list(connection.execute(newest_first.where(*before))):
        for _, body, is_ahead in found:
            if is_ahead:
                ahead.append(body)
            else:
                yield unpack(body)
        before = [SNAPSHOT.c.taken_us < found[-1].taken_us]
    yield from map(unpack, ahead)


def latest(connection: Connection, workstations: Iterable[int], until_us: int) -> dict[int, bytes]:
    """Return the latest look at each of a page of workstations up to a moment."""
    wanted = SNAPSHOT.c.workstation_id.in_(list(workstations))
    newest = (
        select(SNAPSHOT.c.workstation_id, func.max(SNAPSHOT.c.taken_us).label("taken_us"))
        .where(wanted, SNAPSHOT.c.taken_us <= until_us)
        .group_by(SNAPSHOT.c.workstation_id)
        .subquery()
    )
    query = select(SNAPSHOT.c.workstation_id, SNAPSHOT.c.body, IS_AHEAD).join(
        newest,
        and_(
            SNAPSHOT.c.workstation_id == newest.c.workstation_id,
            SNAPSHOT.c.taken_us == newest.c.taken_us,
        ),
    )
    return {
        number: next(texts(connection, number, until_us)) if is_ahead else unpack(body)
        for number, body, is_ahead in connection.execute(query).all()
    }


@lru_cache(maxsize=4096)
def _lasting(readers: str) -> frozenset[str]:
    names = msgspec.json.decode(readers, type=tuple[str, ...])
    return frozenset(Reader(name=name).lasting_name for name in names)
