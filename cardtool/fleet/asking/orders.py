# SPDX-License-Identifier: Apache-2.0
"""Which readers must be ordered, in which form and for which people; which only need repair.

A reader is ordered only if the latest snapshot could read USB and found no reader on it.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice

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
from cardtool.rules import hardware, ports
from cardtool.rules.renewal import Policy

_AT_ONCE = 500
_WITHOUT = (ReaderState.MISSING, ReaderState.DRIVER, ReaderState.BROKEN)


def orders(store: Store, at: datetime, policy: Policy, *, stale_days: int) -> Iterator[Order]:
    """Yield the readers to order, then the readers that are there and do not work."""
    longest = timedelta(days=stale_days)
    day = Day(at=at, validity=advance(store, datetime.now(UTC), policy))
    with store.reading() as connection:
        for states in (_WITHOUT[:1], _WITHOUT[1:]):
            without = _without_reader(store, connection, day, states)
            while page := list(islice(without, _AT_ONCE)):
                desks = [(order.person, order.user, order.host) for order in page]
                for order, known in zip(page, people_of(connection, desks), strict=True):
                    is_stale = at - order.taken_at > longest
                    yield replace(order, known_by=known.by, people=known.people, stale=is_stale)


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
        to_order=line.reader is ReaderState.MISSING,
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
    readers of the last good check. The form is None if models of both forms have the same name.
    """
    for device in ports.plugged(snapshot):
        if not hardware.is_built_in(device):
            return _form(hardware.models(device)), hardware.model_name(device)
    names = [reader.name for reader in ports.signing_readers(snapshot)]
    names += snapshot.last_good.readers if snapshot.last_good else ()
    for name in names:
        models = catalog.readers_named(name)
        if not models or any(model.form in ("mini", "desktop", "either") for model in models):
            return _form(models), " / ".join(model.name for model in models) or name
    return None


def _form(models: Sequence[catalog.Reader]) -> Form | None:
    forms: set[Form] = {model.form for model in models if model.form in ("mini", "desktop")}
    return forms.pop() if len(forms) == 1 else None
