# SPDX-License-Identifier: Apache-2.0
"""Examples for the manual: what an answer about invented workstations looks like."""

from datetime import UTC, datetime

from cardtool.model.lists import Order, ReaderState, RegisterEntry
from cardtool.text import Text
from cardtool.views.lists import orders

_AT = datetime(2026, 10, 1, 6, tzinfo=UTC)


def _day(month: int, day: int) -> datetime:
    return datetime(2026, month, day, 6, tzinfo=UTC)


ORDERS = (
    Order(
        to_order=True,
        host="masa-17",
        unit="Acil",
        at=_AT,
        reader=ReaderState.MISSING,
        verdict="reader-missing",
        assumed=False,
        model="ACS 39T USB",
        since_at=_day(9, 22),
        taken_at=_day(9, 29),
        known_by="number",
        people=(RegisterEntry(name="AYŞE ÖRNEK", unit="Acil Servis", address="A blok, kat 1"),),
    ),
    Order(
        to_order=True,
        host="masa-18",
        unit="Vezne",
        at=_AT,
        reader=ReaderState.MISSING,
        verdict="reader-missing",
        since_at=_day(8, 27),
        taken_at=_day(8, 27),
        stale=True,
    ),
    Order(
        to_order=False,
        host="masa-20",
        at=_AT,
        reader=ReaderState.MISSING,
        verdict="reader-gone",
        form="token",
        assumed=False,
        model="SafeNet eToken / iKey",
        since_at=_day(9, 30),
        taken_at=_day(9, 30),
    ),
    Order(
        to_order=False,
        host="masa-19",
        at=_AT,
        reader=ReaderState.DRIVER,
        verdict="reader-driver-missing",
        model="ACS ACR38U",
        since_at=_day(9, 30),
        taken_at=_day(9, 30),
    ),
)


def ordered(language: str) -> str:
    """Return what `cardtool fleet orders` shows of four workstations.

    Two are without a reader, one without its token, and one has a reader without its driver.
    """
    page = "".join(orders.render(ORDERS, Text(language)))
    return f"```console\n$ cardtool fleet orders --lang {language}\n{page}```"
