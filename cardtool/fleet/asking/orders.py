# SPDX-License-Identifier: Apache-2.0
"""Which readers are to be ordered, of which form and for whom; and which only need mending.

One is ordered where the latest snapshot saw USB and no reader on it, and nowhere else.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from msgspec.structs import replace
from sqlalchemy import Connection, Row, or_

from cardtool import catalog
from cardtool.fleet.asking.advance import Columned, advance
from cardtool.fleet.asking.past import latest, own, pages, summary, texts, with_nes
from cardtool.fleet.columns import line as line_of
from cardtool.fleet.register.keeping import whose
from cardtool.fleet.store.database import Store
from cardtool.fleet.store.tables import WORKSTATION
from cardtool.model.moments import to_us
from cardtool.model.order import Form, Order
from cardtool.model.snapshot import Snapshot, decode
from cardtool.model.summary import ReaderState, Summary
from cardtool.rules import ports
from cardtool.rules.policy import Policy

_Row = Row[tuple[Any, ...]]

_WITHOUT = (ReaderState.MISSING, ReaderState.DRIVER, ReaderState.BROKEN)


def orders(store: Store, at: datetime, policy: Policy, *, stale_days: int) -> Iterator[Order]:
    """Yield the readers to order, then those that are there and do not work."""
    longest = timedelta(days=stale_days)
    columned = advance(store, datetime.now(UTC), policy)
    with store.reading() as connection:
        for states in (_WITHOUT[:1], _WITHOUT[1:]):
            for line in _Asked(connection, at, columned, states).lines():
                yield replace(line, stale=at - line.taken_at > longest)


class _Asked:
    """One question, and what answers it."""

    def __init__(
        self,
        connection: Connection,
        at: datetime,
        columned: Columned,
        states: Sequence[ReaderState],
    ) -> None:
        self._connection = connection
        self._at, self._at_us = at, to_us(at)
        self._columned = columned
        self._states = states

    def lines(self) -> Iterator[Order]:
        at_us = self._at_us
        is_without = WORKSTATION.c.reader.in_([each.value for each in self._states])
        is_other = or_(WORKSTATION.c.taken_us > at_us, self._columned.due(self._at))
        may_be = or_(is_without, is_other)
        for page in pages(self._connection, may_be & (WORKSTATION.c.first_seen_us <= at_us)):
            lines = [
                self._line(row, stands)
                for row, stands in self._as_they_stand(page)
                if stands.reader in self._states
            ]
            desks = [(each.person, each.user, each.host) for each in lines]
            for line, found in zip(lines, whose(self._connection, desks), strict=True):
                yield replace(line, known_by=found.by, people=found.people)

    def _as_they_stand(self, page: Sequence[_Row]) -> Iterator[tuple[_Row, Summary]]:
        """Yield each with what was known of it then; of which nothing was is left out."""
        at_us, holds = self._at_us, self._columned.holds
        kept = latest(self._connection, (row.id for row in page if row.taken_us > at_us), at_us)
        due = [row.id for row in page if row.taken_us <= at_us and not holds(row, at_us)]
        kept |= own(self._connection, due)
        for row in page:
            if row.id in kept:
                found = self._summary(kept[row.id])
                if row.taken_us <= at_us and not found.sha256:
                    found = with_nes(found, line_of(row, self._at))
                yield row, found
            elif row.taken_us <= at_us:
                yield row, line_of(row, self._at)

    def _summary(self, text: bytes) -> Summary:
        return summary(text, self._at, self._columned.policy)

    def _line(self, row: _Row, stands: Summary) -> Order:
        """Return a line, by the snapshots back to the first of the run and to one with a reader.

        A card that is in a drawer by then tells whose desk it is as well.
        """
        since_at, is_run, seen, owner = stands.taken_at, True, None, stands
        for text in texts(self._connection, row.id, to_us(stands.taken_at)):
            then = self._summary(text)
            is_run = is_run and then.reader is stands.reader
            since_at = then.taken_at if is_run else since_at
            owner = owner if owner.person else then
            seen = seen or _reader_in(decode(text))
            if seen and not is_run and (owner.person or not row.person):
                break
        form, model = seen or (None, "")
        return Order(
            to_order=stands.reader is ReaderState.MISSING,
            host=row.host,
            host_id="" if row.host_key == row.host else row.host_key,
            unit=row.unit,
            user=stands.user,
            holder=owner.holder,
            person=owner.person,
            at=self._at,
            reader=stands.reader,
            verdict=stands.verdict,
            form=form or "mini",
            assumed=form is None,
            model=model,
            since_at=since_at,
            taken_at=stands.taken_at,
        )


def _reader_in(look: Snapshot) -> tuple[Form | None, str] | None:
    """Return the form and the model of a reader of this desk's own; None: it shows none.

    USB tells models apart that share a name in PC/SC; what was so when all was last well counts
    last. The form is None where models of both forms are called the same.
    """
    for device in ports.plugged(look):
        if not ports.is_built_in(device):
            return _form(ports.models(device)), ports.model_name(device)
    names = [each.name for each in ports.real(look)]
    names += look.last_good.readers if look.last_good else ()
    for name in names:
        models = catalog.readers_named(name)
        if not models or any(each.form in ("mini", "desktop") for each in models):
            return _form(models), " / ".join(each.name for each in models) or name
    return None


def _form(models: Sequence[catalog.Reader]) -> Form | None:
    forms: set[Form] = {each.form for each in models if each.form in ("mini", "desktop")}
    return forms.pop() if len(forms) == 1 else None
