# SPDX-License-Identifier: Apache-2.0
"""Lists the qualified certificates that were ever seen, wherever their cards are now.

A line is a certificate and the workstation that saw it last. Its state follows from its dates
alone. Each person is listed once, with the certificate that lasts longest.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from msgspec.structs import replace
from sqlalchemy import ColumnElement, Subquery, case, func, literal_column, not_, select

from cardtool.fleet.asking.advance import Validity, advance
from cardtool.fleet.asking.questions import Question
from cardtool.fleet.columns import OF_THE_NES, line
from cardtool.fleet.store.database import Store
from cardtool.fleet.store.tables import CERTIFICATE, IS_AHEAD, SNAPSHOT, WORKSTATION
from cardtool.model.lists import ReaderState, Summary
from cardtool.model.moments import from_us, to_us
from cardtool.rules import renewal
from cardtool.rules.codes import ROWS
from cardtool.rules.renewal import Policy


def person_key() -> ColumnElement[str]:
    """Return an SQL expression that is equal for all certificates of one person, and only for them.

    Two people may share a masked number, but hardly a masked number and a name.
    """
    nes = CERTIFICATE.c
    return case(
        (nes.person == "", nes.sha256),
        (nes.person.contains("*"), nes.person + "/" + nes.holder),
        else_=nes.person,
    )


def ranked(at_us: int, *columns: ColumnElement[Any]) -> Subquery:
    """Return the certificates seen by a moment; each person's last one has the `place` 1."""
    nes = CERTIFICATE.c
    last = (nes.not_after_us.desc(), nes.last_seen_us.desc(), nes.id)
    place = func.row_number().over(partition_by=person_key(), order_by=last).label("place")
    return select(*columns, place).where(nes.first_seen_us <= at_us).subquery()


def cards(
    store: Store, at: datetime | None, question: Question, policy: Policy
) -> Iterator[Summary]:
    """Yield a line for every certificate that is asked for, as it stands at a moment; None: now.

    The one that ends first comes first, if no other order is asked for. A certificate that was
    first seen after that moment is left out. If the workstation was checked again after that
    moment, the line leaves out what only the later snapshot can say.
    """
    now = datetime.now(UTC)
    validity = advance(store, now, policy)
    yield from islice(_fitting(store, at or now, question, policy, validity), question.limit)


def _fitting(
    store: Store, at: datetime, question: Question, policy: Policy, validity: Validity
) -> Iterator[Summary]:
    nes, desk = CERTIFICATE.c, WORKSTATION.c
    ranking = ranked(to_us(at), nes.id)
    is_seen = nes.last_seen_us <= to_us(at)
    shown: dict[str, ColumnElement[Any]] = {column.name: column for column in desk}
    shown |= {name: nes[name] for name in OF_THE_NES if name in nes} | {
        "taken_us": _seen_us(at),
        "desk_us": desk.taken_us,
        "card_seen_us": case((is_seen, nes.last_seen_us)),
    }
    wanted = [column.label(name) for name, column in shown.items()]
    query = (
        select(*wanted)
        .join(ranking, ranking.c.id == nes.id)
        .join(WORKSTATION, desk.id == nes.workstation_id)
        .where(ranking.c.place == literal_column("1"))
    )
    order: tuple[ColumnElement[Any], ...] = {
        "host": (desk.host, nes.id),
        "unit": (desk.unit, desk.host, nes.id),
        "seen": (nes.last_seen_us, nes.id),
    }.get(question.sort, (nes.not_after_us, nes.id))
    if question.reverse:
        order = tuple(column.desc() for column in order)
    with store.reading() as connection, connection.execute(query.order_by(*order)) as rows:
        for row in rows:
            card = _line(row, at, policy.of(row.issuer), validity)
            if question.fits(card):
                yield card


def _line(row: Any, at: datetime, policy: Policy, validity: Validity) -> Summary:  # noqa: ANN401 - a row
    card = line(row, at)
    code = _code(from_us(row.not_before_us), from_us(row.not_after_us), at, policy)
    severity = ROWS[code].severity
    card = replace(card, severity=severity, verdict=code, codes=(code,) if severity.rank else ())
    if row.desk_us > to_us(at):  # a later snapshot says this: it was not known then
        card = replace(card, user="", readers=(), reader=ReaderState.UNKNOWN)
    elif not validity.is_ours:
        card = replace(card, reader=ReaderState.UNKNOWN)
    return card


def _seen_us(at: datetime) -> ColumnElement[int]:
    """Return when a workstation was last seen; its card, if that snapshot was removed."""
    desk, nes, at_us = WORKSTATION.c, CERTIFICATE.c, to_us(at)
    snapshots = select(SNAPSHOT.c.taken_us).where(
        SNAPSHOT.c.workstation_id == desk.id, SNAPSHOT.c.taken_us <= at_us, not_(IS_AHEAD)
    )
    last = snapshots.order_by(SNAPSHOT.c.taken_us.desc()).limit(1)  # usually one row of the index
    then = func.coalesce(last.correlate(WORKSTATION).scalar_subquery(), nes.first_seen_us)
    return case((desk.taken_us <= at_us, desk.taken_us), else_=then)


def _code(begins: datetime, ends: datetime, at: datetime, policy: Policy) -> str:
    if at > ends:
        return "nes-expired"
    return "nes-not-yet-valid" if at < begins else renewal.code_in_force(ends, at, policy)
