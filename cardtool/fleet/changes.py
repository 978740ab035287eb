# SPDX-License-Identifier: Apache-2.0
"""What is otherwise than it was on another day, and whether a look showed it or time made it so."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select

from cardtool.fleet.history import Judge, Standing, columns_of, latest, pages, standing, texts
from cardtool.fleet.judging import from_us, to_us
from cardtool.fleet.store import Store
from cardtool.fleet.tables import CERTIFICATE, WORKSTATION
from cardtool.model.change import Change
from cardtool.model.summary import ReaderState
from cardtool.rules.policy import Policy

_Row = Row[tuple[Any, ...]]
_Columns = Mapping[str, Any]


def changes(store: Store, since: datetime, at: datetime, policy: Policy) -> Iterator[Change]:
    """Yield what changed between two moments, workstation by workstation.

    Of one whose looks up to the first moment were removed nothing can be said.
    """
    at_us, judge = to_us(at), Judge(at, policy)
    with store.reading() as connection:
        for page in pages(connection, WORKSTATION.c.first_seen_us <= at_us):
            yield from _Page(connection, page, to_us(since), at_us, judge).changes()


class _Page:
    """Some workstations, and the looks at them that were the latest at either moment."""

    def __init__(
        self,
        connection: Connection,
        page: Sequence[_Row],
        since_us: int,
        at_us: int,
        judge: Judge,
    ) -> None:
        self._connection = connection
        self._page = page
        self._since_us, self._at_us = since_us, at_us
        self._judge = judge
        then = (each.id for each in page if each.taken_us > since_us >= each.first_seen_us)
        self._then = self._columns(then, since_us)
        self._now = {each.id: columns_of(each) for each in page if each.taken_us <= at_us}
        self._now |= self._columns((each.id for each in page if each.taken_us > at_us), at_us)

    def _columns(self, workstations: Iterable[int], until_us: int) -> dict[int, _Columns]:
        """Return the columns of the latest looks up to a moment."""
        found = latest(self._connection, workstations, until_us)
        return {number: self._judge.columns(text) for number, text in found.items()}

    def changes(self) -> Iterator[Change]:
        for row in self._page:
            if row.id not in self._now:
                continue
            if row.first_seen_us > self._since_us:
                yield self._change(row, what="workstation-new")
                continue
            look, now = self._then.get(row.id), self._now[row.id]
            if row.taken_us <= self._since_us:  # its columns tell of both moments
                look = now
            if look is None:
                continue
            if look["taken_us"] == now["taken_us"]:
                yield self._change(row, what="workstation-not-seen")
            yield from self._compared(row, look, standing(now, self._at_us))

    def _compared(self, row: _Row, look: _Columns, now: Standing) -> Iterator[Change]:
        then, still = standing(look, self._since_us), standing(look, self._at_us)
        if then.verdict != now.verdict:
            # one that the earlier look came to by itself is told from one that a look brought
            by = "time" if still.verdict == now.verdict else "look"
            yield self._change(row, what="verdict", before=then.verdict, after=now.verdict, by=by)
        if ReaderState.UNKNOWN not in (then.reader, now.reader):
            for name in sorted(now.readers - then.readers):
                yield self._change(row, what="reader-appeared", after=name)
            for name in sorted(then.readers - now.readers):
                yield self._change(row, what="reader-vanished", before=name)
        if not now.sha256 or now.sha256 != then.sha256:
            yield from self._card(row, then, now)

    def _card(self, row: _Row, then: Standing, now: Standing) -> Iterator[Change]:
        """Say that another certificate counts; one in a drawer counts as long as no other comes."""
        if not now.sha256:
            now = self._with_card(row, now, self._at_us)
        if not then.sha256:
            then = self._with_card(row, then, self._since_us)
        if now.sha256 in ("", then.sha256):
            return
        is_same = then.person == now.person and then.ends_at and now.ends_at
        is_later = then.ends_at and now.ends_at and now.ends_at > then.ends_at
        yield self._change(
            row,
            what="card-renewed" if is_same and is_later else "card-changed",
            before=then.sha256,
            after=now.sha256,
            ends_at=now.ends_at,
        )

    def _with_card(self, row: _Row, then: Standing, until_us: int) -> Standing:
        """Return the last standing up to a moment in which there was a certificate."""
        seen = select(CERTIFICATE.c.id).where(
            CERTIFICATE.c.workstation_id == row.id, CERTIFICATE.c.first_seen_us <= until_us
        )
        if self._connection.execute(seen.limit(1)).first() is None:
            return then
        earlier = texts(self._connection, row.id, until_us)
        all_then = (standing(self._judge.columns(text), until_us) for text in earlier)
        return next((each for each in all_then if each.sha256), then)

    def _change(self, row: _Row, **said: Any) -> Change:  # noqa: ANN401 - a field of `Change`
        return Change(
            host=row.host,
            host_id="" if row.host_key == row.host else row.host_key,
            unit=row.unit,
            taken_at=from_us(self._now[row.id]["taken_us"]),
            **said,
        )
