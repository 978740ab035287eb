# SPDX-License-Identifier: Apache-2.0
"""What changed since another day, and whether a snapshot or the passing of time changed it."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Row, select

from cardtool.fleet.asking.advance import Columned, advance
from cardtool.fleet.asking.past import lasting, latest, own, pages, summary, texts, with_nes
from cardtool.fleet.columns import line
from cardtool.fleet.store.database import Store
from cardtool.fleet.store.tables import CERTIFICATE, WORKSTATION
from cardtool.model.change import Change
from cardtool.model.moments import to_us
from cardtool.model.summary import ReaderState, Summary
from cardtool.rules.policy import Policy

_Row = Row[tuple[Any, ...]]


def changes(store: Store, since: datetime, at: datetime, policy: Policy) -> Iterator[Change]:
    """Yield what changed between two moments, workstation by workstation.

    Of one whose snapshots up to the first moment were removed nothing can be said.
    """
    at_us = to_us(at)
    columned = advance(store, datetime.now(UTC), policy)
    with store.reading() as connection:
        for page in pages(connection, WORKSTATION.c.first_seen_us <= at_us):
            yield from _Page(connection, page, since, at, columned).changes()


class _Page:
    """Some workstations, and their snapshots that were the latest at either moment."""

    def __init__(
        self,
        connection: Connection,
        page: Sequence[_Row],
        since: datetime,
        at: datetime,
        columned: Columned,
    ) -> None:
        self._connection, self._page, self._columned = connection, page, columned
        self._since, self._at = since, at
        self._since_us, self._at_us = to_us(since), to_us(at)
        then = [row.id for row in page if row.taken_us > self._since_us >= row.first_seen_us]
        later = [row.id for row in page if row.taken_us > self._at_us]
        still = [row.id for row in page if self._is_judged_again(row)]
        self._then = latest(connection, then, self._since_us)
        self._now = latest(connection, later, self._at_us)
        self._own = own(connection, still)

    def _is_judged_again(self, row: _Row) -> bool:
        """Tell whether the snapshot that the columns were made of is judged for another moment."""
        if row.taken_us > self._at_us:
            return False
        is_old = row.taken_us <= self._since_us and row.first_seen_us <= self._since_us
        return is_old or not self._columned.holds(row, self._at_us)

    def changes(self) -> Iterator[Change]:
        for row in self._page:
            now = self._as_of_now(row)
            if now is None:
                continue
            if row.first_seen_us > self._since_us:
                yield self._change(row, now, what="workstation-new")
                continue
            text = (self._own if row.taken_us <= self._since_us else self._then).get(row.id)
            if text is None:
                continue
            then = self._judged(row, text, self._since)
            if then.taken_at == now.taken_at:
                yield self._change(row, now, what="workstation-not-seen")
            yield from self._compared(row, text, then, now)

    def _as_of_now(self, row: _Row) -> Summary | None:
        """Return how a workstation stands at the later moment; None: nothing was known of it."""
        if row.taken_us <= self._at_us and self._columned.holds(row, self._at_us):
            return line(row, self._at)
        text = (self._now if row.taken_us > self._at_us else self._own).get(row.id)
        if text is None:
            return line(row, self._at) if row.taken_us <= self._at_us else None
        return self._judged(row, text, self._at)

    def _judged(self, row: _Row, text: bytes, moment: datetime) -> Summary:
        """Return the line of a snapshot; that of the columns has their NES."""
        found = summary(text, moment, self._columned.policy)
        if found.sha256 or to_us(found.taken_at) != row.taken_us:
            return found
        return with_nes(found, line(row, moment))

    def _compared(self, row: _Row, text: bytes, then: Summary, now: Summary) -> Iterator[Change]:
        if then.verdict != now.verdict:
            # one that the earlier snapshot came to by itself is told from one that a later brought
            still = self._judged(row, text, self._at)
            by = "time" if still.verdict == now.verdict else "look"
            yield self._change(
                row, now, what="verdict", before=then.verdict, after=now.verdict, by=by
            )
        if ReaderState.UNKNOWN not in (then.reader, now.reader):
            before, after = lasting(then.readers), lasting(now.readers)
            for name in sorted(after - before):
                yield self._change(row, now, what="reader-appeared", after=name)
            for name in sorted(before - after):
                yield self._change(row, now, what="reader-vanished", before=name)
        if not now.sha256 or now.sha256 != then.sha256:
            yield from self._card(row, then, now)

    def _card(self, row: _Row, then: Summary, now: Summary) -> Iterator[Change]:
        """Say that another certificate counts; one in a drawer counts as long as no other comes."""
        if not now.sha256:
            now = self._with_card(row, now, self._at)
        if not then.sha256:
            then = self._with_card(row, then, self._since)
        if now.sha256 in ("", then.sha256):
            return
        ended, ends = then.not_after_at, now.not_after_at
        is_same = then.person == now.person and ended and ends
        is_later = ended and ends and ends > ended
        yield self._change(
            row,
            now,
            what="card-renewed" if is_same and is_later else "card-changed",
            before=then.sha256,
            after=now.sha256,
            ends_at=ends,
        )

    def _with_card(self, row: _Row, then: Summary, moment: datetime) -> Summary:
        """Return the last line up to a moment in which there was a certificate."""
        until_us = to_us(moment)
        seen = select(CERTIFICATE.c.id).where(
            CERTIFICATE.c.workstation_id == row.id, CERTIFICATE.c.first_seen_us <= until_us
        )
        if self._connection.execute(seen.limit(1)).first() is None:
            return then
        earlier = texts(self._connection, row.id, until_us)
        all_then = (summary(text, moment, self._columned.policy) for text in earlier)
        return next((found for found in all_then if found.sha256), then)

    @staticmethod
    def _change(row: _Row, now: Summary, **said: Any) -> Change:  # noqa: ANN401 - a field of `Change`
        return Change(
            host=row.host,
            host_id="" if row.host_key == row.host else row.host_key,
            unit=row.unit,
            taken_at=now.taken_at,
            **said,
        )
