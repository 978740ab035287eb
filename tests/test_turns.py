# SPDX-License-Identifier: Apache-2.0
"""That a verdict holds from the moment it was given for until the next turn."""

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from msgspec.structs import replace

from cardtool.model.snapshot import Snapshot
from cardtool.rules import diagnose
from cardtool.rules.renewal import Policy
from cardtool.rules.summary import summarise
from cardtool.rules.timeline import BEGINNING, next_turn, turns
from tests import desks
from tests.any_desk import MOMENTS, SNAPSHOTS
from tests.described import FILES, read

POLICY = Policy(issuers=(("kök", Policy(notice_days=200, urgent_days=100, lead_days=0)),))
_TICK = timedelta(microseconds=1)
_EARLIEST = datetime.min.replace(tzinfo=timezone(timedelta(hours=14)))


def _said(snapshot: Snapshot, at: datetime) -> tuple[Any, ...]:
    line = summarise(diagnose(snapshot, at, POLICY))
    return line.severity, line.verdict, line.codes, line.reader, line.sha256


def _assert_holds(snapshot: Snapshot, at: datetime) -> None:
    """Compare the verdict for a moment with that at the turn before it."""
    before = max((each for each in turns(snapshot, POLICY) if each <= at), default=BEGINNING)

    assert _said(snapshot, at) == _said(snapshot, before)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_the_verdict_on_a_described_desk_holds_until_the_next_turn(file: Path) -> None:
    case = read(file)
    snapshot = case.desk()

    _assert_holds(snapshot, case.at)
    at = next_turn(turns(snapshot, POLICY), BEGINNING)
    met = set()
    while at is not None:
        met.add(at)
        _assert_holds(snapshot, at - _TICK)
        at = next_turn(turns(snapshot, POLICY), at)
    assert met == turns(snapshot, POLICY)


@given(SNAPSHOTS, MOMENTS, st.integers(-2, 2))
@example(desks.holding(desks.nes(begins_at=_EARLIEST)), _EARLIEST, 0)
def test_the_verdict_on_any_desk_holds_until_the_next_turn(
    snapshot: Snapshot, moment: datetime, ticks: int
) -> None:
    found = sorted(turns(snapshot, POLICY))
    near = found[ticks % len(found)] if found else moment
    for at in (moment, near):
        try:
            _assert_holds(snapshot, at + ticks * _TICK)
        except OverflowError:
            continue


def test_the_next_turn_comes_after_the_moment_however_near() -> None:
    moment = datetime(2027, 1, 1, tzinfo=UTC)
    later = {moment + _TICK, moment + 2 * _TICK}

    assert next_turn({moment, *later}, moment) == moment + _TICK
    assert next_turn({moment}, moment) is None


@pytest.mark.parametrize("year", [1, 9999])
def test_dates_at_the_ends_of_the_calendar_have_turns_too(year: int) -> None:
    moment = datetime(year, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)
    nes = desks.nes(begins_at=BEGINNING, ends_at=moment)
    snapshot = desks.desk(modules=(desks.module(desks.slot(desks.token(nes))),))

    assert BEGINNING not in turns(snapshot, POLICY)
    assert next_turn(turns(snapshot, POLICY), moment) in {
        None,
        moment + _TICK if year == 1 else None,
    }


@pytest.mark.parametrize("ends_later", [True, False], ids=["it begins", "its issuer ends first"])
def test_a_seal_whose_pin_is_locked_turns_when_it_begins_and_when_it_ends(
    *, ends_later: bool
) -> None:
    begins_at = desks.AT + timedelta(days=10)
    seal = desks.nes(statements=(desks.QC, desks.LAW_5070, desks.SEAL), begins_at=begins_at)
    authority = replace(
        desks.authority(), subject=seal.issuer, not_after_at=begins_at + timedelta(days=9)
    )
    on_card = (seal,) if ends_later else (seal, authority)
    locked = desks.token(*on_card, flags=("CKF_USER_PIN_INITIALIZED", "CKF_USER_PIN_LOCKED"))
    snapshot = desks.desk(modules=(desks.module(desks.slot(locked)),))
    ends_at = (seal if ends_later else authority).not_after_at

    codes = [_said(snapshot, at)[2] for at in (begins_at, begins_at - _TICK, ends_at + _TICK)]
    for moment in (desks.AT, begins_at, ends_at + _TICK):
        _assert_holds(snapshot, moment)
    assert [("seal-pin-unusable" in each) for each in codes] == [True, False, False]
