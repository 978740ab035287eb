# SPDX-License-Identifier: Apache-2.0
"""How many NES are to be renewed in which month.

Each person counts once, with the NES that lasts longest. So a certificate that was renewed is not
counted, whoever issued its successor and wherever the two were seen.
"""

from bisect import bisect_right
from collections import Counter
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Select, case, func, literal, not_, or_, select

from cardtool.fleet.asking.advance import advance
from cardtool.fleet.asking.cards import person_key, ranked
from cardtool.fleet.store.database import Store
from cardtool.fleet.store.tables import CERTIFICATE, PERSON, WORKSTATION
from cardtool.model.lists import Forecast, Renewals
from cardtool.model.moments import to_us
from cardtool.model.turkey import TURKEY
from cardtool.rules.renewal import Policy

MONTHS = 36
"""An NES lasts three years at most, so few end later than this."""

_LATEST = datetime(9990, 1, 1, tzinfo=TURKEY)
"""For a later moment `datetime` could not count all of these months."""

_AT_ONCE = 2000


def forecast(  # noqa: PLR0913 - what is asked, and how it is counted
    store: Store,
    at: datetime,
    *,
    price: float | None = None,
    currency: str = "TRY",
    by_unit: bool = False,
    policy: Policy | None = None,
) -> Forecast:
    """Return the renewals ahead, counted from the certificates that were seen by a moment.

    If a workstation's configuration names no unit, the unit in the register counts. `policy` is
    used where the store does not record by which thresholds it was judged.
    """
    advance(store, datetime.now(UTC), policy or Policy())
    names, starts = _months(at)
    counts: Counter[tuple[str, int]] = Counter()
    query = _lasting_longest(to_us(at), by_unit=by_unit)
    with store.reading() as connection:
        for rows in connection.execute(query).partitions(_AT_ONCE):
            # 0: before this moment; 1: the rest of its month; the last: after all months
            counts.update((row.unit or "", bisect_right(starts, row.ends)) for row in rows)
    units = sorted({unit for unit, _ in counts}) or [""]
    lines = [
        Renewals(
            when="overdue" if place == 0 else "month" if place <= MONTHS else "later",
            month=names[place],
            unit=unit,
            count=counts[unit, place],
            cost=None if price is None else float(Decimal(str(price)) * counts[unit, place]),
        )
        for unit in units
        for place in range(MONTHS + 2)
    ]
    return Forecast(at=at, currency=currency, by_unit=by_unit, lines=tuple(lines))


def _months(at: datetime) -> tuple[list[str], list[int]]:
    """Return the names of overdue, the months and later, and where each but the first begins."""
    here = min(at, _LATEST).astimezone(TURKEY)
    firsts = [
        datetime(here.year + months // 12, months % 12 + 1, 1, tzinfo=TURKEY)
        for months in range(here.month - 1, here.month + MONTHS)
    ]
    names = ["", *(first.strftime("%Y-%m") for first in firsts[:-1]), ""]
    return names, [to_us(at), *map(to_us, firsts[1:])]


def _lasting_longest(at_us: int, *, by_unit: bool) -> Select[Any]:
    """Return the query for the end of each person's last NES and the unit that last saw it."""
    nes = CERTIFICATE.c
    if not by_unit:
        columns: list[ColumnElement[Any]] = [func.max(nes.not_after_us).label("ends")]
        longest = select(*columns, literal("").label("unit"))
        return longest.where(nes.first_seen_us <= at_us).group_by(person_key())
    ranking = ranked(at_us, nes.workstation_id, nes.person, nes.holder, nes.not_after_us)
    registered = (
        select(func.min(PERSON.c.unit))
        .where(
            PERSON.c.number == ranking.c.person,
            PERSON.c.number != "",
            PERSON.c.unit != "",
            or_(not_(PERSON.c.number.contains("*")), PERSON.c.name == ranking.c.holder),
        )
        .scalar_subquery()
    )
    unit = case((WORKSTATION.c.unit != "", WORKSTATION.c.unit), else_=registered)
    return (
        select(ranking.c.not_after_us.label("ends"), unit.label("unit"))
        .select_from(ranking.join(WORKSTATION, WORKSTATION.c.id == ranking.c.workstation_id))
        .where(ranking.c.place == 1)
    )
