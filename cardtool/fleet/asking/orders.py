# SPDX-License-Identifier: Apache-2.0
"""Which readers must be ordered, in which form and for which people; which only need repair.

A reader is ordered only if the latest snapshot could read USB and found no reader on it. If a USB
token is gone, which is reader and card in one, no reader is ordered: only its provider replaces it.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import get_args

from msgspec.structs import replace
from sqlalchemy import Connection, or_, select

from cardtool import catalog
from cardtool.fleet.asking.advance import advance, judge_one
from cardtool.fleet.asking.another_day import Day, lines
from cardtool.fleet.columns import StoredRow
from cardtool.fleet.register.keeping import people_of
from cardtool.fleet.store.database import Store
from cardtool.fleet.store.history import texts
from cardtool.fleet.store.tables import WORKSTATION
from cardtool.model.lists import Form, Order, ReaderState, Summary
from cardtool.model.moments import from_us, to_us
from cardtool.model.snapshot import Snapshot, decode
from cardtool.rules import hardware, ports, reader_names
from cardtool.rules.renewal import Policy

_AT_ONCE = 500
_WITHOUT = (ReaderState.MISSING, ReaderState.DRIVER, ReaderState.BROKEN)


def orders(store: Store, at: datetime, policy: Policy, *, stale_days: int) -> Iterator[Order]:
    """Yield the readers to order, then tokens that are gone, then readers that do not work."""
    longest = timedelta(days=stale_days)
    day = Day(at=at, validity=advance(store, datetime.now(UTC), policy))
    with store.reading() as connection:
        without = _in_parts(store, connection, day)
        while page := list(islice(without, _AT_ONCE)):
            desks = [(order.person, order.user, order.host) for order in page]
            for order, known in zip(page, people_of(connection, desks), strict=True):
                is_stale = at - order.taken_at > longest
                yield replace(order, known_by=known.by, people=known.people, stale=is_stale)


def _in_parts(store: Store, connection: Connection, day: Day) -> Iterator[Order]:
    tokens = []
    for order in _without_reader(store, connection, day, _WITHOUT[:1]):
        if order.to_order:
            yield order
        else:
            tokens.append(order)
    yield from tokens
    yield from _without_reader(store, connection, day, _WITHOUT[1:])


def _without_reader(
    store: Store, connection: Connection, day: Day, states: Sequence[ReaderState]
) -> Iterator[Order]:
    may_be = or_(WORKSTATION.c.reader.in_([state.value for state in states]), day.differs())
    query = select(WORKSTATION).where(may_be, WORKSTATION.c.first_seen_us <= day.at_us)
    for row, line in lines(store, connection, day, query.order_by(WORKSTATION.c.id)):
        if line.reader in states:
            yield _order(connection, row, line, day)


def _order(connection: Connection, row: StoredRow, line: Summary, day: Day) -> Order:
    """Return an order, made from the workstation's snapshots, newest first.

    It reads back until the reader was last in another state, and until a snapshot shows a reader
    and a person. A card that is no longer there still tells whose workstation it is.
    """
    since_at, is_run, seen = line.taken_at, True, None
    person, holder = line.person, line.holder
    for text in texts(connection, row.id, to_us(line.taken_at)):
        judged = judge_one(text, day.at, day.validity.policy)
        if judged is None:
            continue
        then = judged.workstation
        is_run = is_run and then.reader == line.reader
        since_at = from_us(then.taken_us) if is_run else since_at
        if not person:
            person, holder = then.person, then.holder
        seen = seen or _reader_in(decode(text))
        if seen and not is_run and (person or not row.person):
            break
    form, model = seen or (None, "")
    return Order(
        to_order=line.reader is ReaderState.MISSING and form != "token",
        host=row.host,
        host_id=line.host_id,
        unit=row.unit,
        user=line.user,
        holder=holder,
        person=person,
        at=day.at,
        reader=line.reader,
        verdict=line.verdict,
        form=form or "mini",
        assumed=form is None,
        model=model,
        since_at=since_at,
        taken_at=line.taken_at,
    )


def _reader_in(snapshot: Snapshot) -> tuple[Form | None, str] | None:
    """Return the form and the model of a reader that belongs here; None: the snapshot shows none.

    USB comes first, because it tells apart models that share a name in PC/SC; then PC/SC, then the
    readers of the last good check. Where a token was in use beside a reader, the reader counts. The
    form is None if models of several forms have the same name.
    """
    devices = (each for each in ports.plugged(snapshot) if not hardware.is_built_in(each))
    seen = [(hardware.forms(device), hardware.model_name(device)) for device in devices]
    names = [reader.name for reader in ports.signing_readers(snapshot)]
    names += snapshot.last_good.readers if snapshot.last_good else ()
    for name in names:
        if reader_names.is_own(name) or reader_names.may_be_token(name):
            models = " / ".join(model.name for model in catalog.readers_named(name))
            seen.append((reader_names.forms(name), models or name))
    forms, model = min(seen, key=lambda one: one[0] == {"token"}, default=(frozenset(), ""))
    return (_form(forms), model) if model else None


def _form(forms: Iterable[str]) -> Form | None:
    known = [form for form in get_args(Form) if form in forms]
    return known[0] if len(known) == 1 else None
