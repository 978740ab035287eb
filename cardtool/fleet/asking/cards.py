# SPDX-License-Identifier: Apache-2.0
"""Lists the qualified certificates that were ever seen, wherever their cards are now.

A line is a certificate and the workstation that saw it last. Its state follows from its dates
alone. Of several certificates of one person only the one that lasts longest is listed.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from msgspec.structs import replace
from sqlalchemy import ColumnElement, case, func, literal_column, not_, select

from cardtool.fleet.asking.advance import Columned, advance
from cardtool.fleet.asking.questions import Question
from cardtool.fleet.columns import OF_THE_NES, line
from cardtool.fleet.store.database import Store
from cardtool.fleet.store.tables import CERTIFICATE, IS_AHEAD, SNAPSHOT, WORKSTATION
from cardtool.model.moments import from_us, to_us
from cardtool.model.summary import ReaderState, Summary
from cardtool.rules import renewal
from cardtool.rules.codes import ROWS
from cardtool.rules.policy import Policy


def whose() -> ColumnElement[str]:
    """Return what is equal for the certificates of one person, and for no two people's.

    Two people may share a number that lost its middle, but hardly a name as well.
    """
    own = CERTIFICATE.c
    return case(
        (own.person == "", own.sha256),
        (own.person.contains("*"), own.person + "/" + own.holder),
        else_=own.person,
    )


def cards(
    store: Store, at: datetime | None, question: Question, policy: Policy
) -> Iterator[Summary]:
    """Yield a line for every certificate that is asked for, as it stands at a moment; None: now.

    In the order of their ends, where no other is asked for; what was first seen later is not
    known yet. Of a desk that was looked at later, what only that snapshot can say is left out.
    """
    now = datetime.now(UTC)
    moment = at or now
    columned = advance(store, now, policy)
    yield from islice(_fitting(store, moment, question, policy, columned), question.limit)


def _fitting(
    store: Store, at: datetime, question: Question, policy: Policy, columned: Columned
) -> Iterator[Summary]:
    own, desk = CERTIFICATE.c, WORKSTATION.c
    last = (own.not_after_us.desc(), own.last_seen_us.desc(), own.id)
    place = func.row_number().over(partition_by=whose(), order_by=last).label("place")
    ranked = select(own.id, place).where(own.first_seen_us <= to_us(at)).subquery()
    is_seen = own.last_seen_us <= to_us(at)
    shown: dict[str, ColumnElement[Any]] = {column.name: column for column in desk}
    shown |= {name: own[name] for name in OF_THE_NES if name in own} | {
        "taken_us": _seen_us(at),
        "desk_us": desk.taken_us,
        "card_seen_us": case((is_seen, own.last_seen_us)),
    }
    wanted = [column.label(name) for name, column in shown.items()]
    query = (
        select(*wanted)
        .join(ranked, ranked.c.id == own.id)
        .join(WORKSTATION, desk.id == own.workstation_id)
        .where(ranked.c.place == literal_column("1"))
    )
    order: tuple[ColumnElement[Any], ...] = {
        "host": (desk.host, own.id),
        "unit": (desk.unit, desk.host, own.id),
        "seen": (own.last_seen_us, own.id),
    }.get(question.sort, (own.not_after_us, own.id))
    if question.reverse:
        order = tuple(each.desc() for each in order)
    with store.reading() as connection, connection.execute(query.order_by(*order)) as rows:
        for row in rows:
            card = _line(row, at, policy.of(row.issuer), columned)
            if question.fits(card):
                yield card


def _line(row: Any, at: datetime, policy: Policy, columned: Columned) -> Summary:  # noqa: ANN401 - a row
    found = line(row, at)
    code = _code(from_us(row.not_before_us), from_us(row.not_after_us), at, policy)
    severity = ROWS[code].severity
    found = replace(found, severity=severity, verdict=code, codes=(code,) if severity.rank else ())
    if row.desk_us > to_us(at):  # what a later snapshot says was not known then
        found = replace(found, user="", readers=(), reader=ReaderState.UNKNOWN)
    elif not columned.is_ours:
        found = replace(found, reader=ReaderState.UNKNOWN)
    return found


def _seen_us(at: datetime) -> ColumnElement[int]:
    """Return when a desk was seen last; if that snapshot was removed, when its card was."""
    desk, own, at_us = WORKSTATION.c, CERTIFICATE.c, to_us(at)
    looks = select(SNAPSHOT.c.taken_us).where(
        SNAPSHOT.c.workstation_id == desk.id, SNAPSHOT.c.taken_us <= at_us, not_(IS_AHEAD)
    )
    last = looks.order_by(SNAPSHOT.c.taken_us.desc()).limit(1)  # one row of the index, as a rule
    then = func.coalesce(last.correlate(WORKSTATION).scalar_subquery(), own.first_seen_us)
    return case((desk.taken_us <= at_us, desk.taken_us), else_=then)


def _code(begins: datetime, ends: datetime, at: datetime, policy: Policy) -> str:
    if at > ends:
        return "nes-expired"
    return "nes-not-yet-valid" if at < begins else renewal.state(ends, at, policy)
