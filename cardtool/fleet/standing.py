# SPDX-License-Identifier: Apache-2.0
"""How a stored workstation stands at a moment, by the phases its latest look was judged into.

The columns hold the phase of the moment it was judged for last; `advance` moves on those whose
time has come. Judges nothing: the phases are `rules`' own.
"""

from datetime import datetime
from functools import lru_cache
from typing import Any

import msgspec
from sqlalchemy import bindparam, select, update

from cardtool.fleet.judging import to_us
from cardtool.fleet.store import Store, StoreError
from cardtool.fleet.tables import WORKSTATION
from cardtool.rules.summary import reader_state

_AT_ONCE = 5000
"""Rows in one transaction: a writer beside it waits no longer than that."""
_PHASES = msgspec.json.Decoder(list[tuple[int, int, str, str]])


def standing(phases: str, readers: str, at_us: int) -> dict[str, Any]:
    """Return the columns of the phase that holds at a moment; `readers` is that column's text."""
    turns_us = None
    for from_us, severity, verdict, codes in reversed(_PHASES.decode(phases)):
        if from_us <= at_us:
            return {
                "severity": severity,
                "verdict": verdict,
                "codes": codes,
                "reader": _reader(codes, readers != "[]"),
                "turns_us": turns_us,
            }
        turns_us = from_us
    raise ValueError(phases)


@lru_cache(maxsize=4096)
def _reader(codes: str, has_readers: bool) -> str:  # noqa: FBT001 - a key of the cache
    return reader_state(codes.split(), has_readers=has_readers).value


def advance(store: Store, at: datetime) -> bool:
    """Move every row on to the phase that holds now; nothing goes back, and again is harmless.

    Says whether the columns are those of `at`: not where the store may only be read, and has rows
    whose time has come. Several may do this at once: a row that somebody else holds is theirs.
    """
    at_us = to_us(at)
    due = WORKSTATION.c.turns_us <= at_us
    with store.reading() as connection:
        if connection.execute(select(WORKSTATION.c.id).where(due).limit(1)).scalar() is None:
            return True
    try:
        while _moved_on(store, at_us):
            pass
    except StoreError as error:
        if error.code != "store-read-only":
            raise
        return False
    return True


def _moved_on(store: Store, at_us: int) -> int:
    columns = WORKSTATION.c
    query = (
        select(columns.id, columns.turns_us, columns.phases, columns.readers)
        .where(columns.turns_us <= at_us)
        .order_by(columns.turns_us)
        .limit(_AT_ONCE)
        .with_for_update(skip_locked=True)
    )
    names = ("severity", "verdict", "codes", "reader", "turns_us")
    change = (
        update(WORKSTATION)
        .where(columns.id == bindparam("own_id"), columns.turns_us == bindparam("own_turn"))
        .values({name: bindparam(f"new_{name}") for name in names})
    )
    with store.writing() as connection:
        rows = connection.execute(query).all()
        if rows:
            connection.execute(
                change,
                [
                    {"own_id": row.id, "own_turn": row.turns_us}
                    | {f"new_{k}": v for k, v in standing(row.phases, row.readers, at_us).items()}
                    for row in rows
                ],
            )
    return len(rows)
