# SPDX-License-Identifier: Apache-2.0
"""That a snapshot's phases say at every moment what judging it for that moment says."""

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cardtool.model.diagnosis import Severity
from cardtool.model.snapshot import Snapshot
from cardtool.rules import diagnose
from cardtool.rules.phases import BEGINNING, Phase, phases, turns
from cardtool.rules.policy import Policy
from tests import desks
from tests.any_desk import MOMENTS, SNAPSHOTS
from tests.described import FILES, read

POLICY = Policy(issuers=(("kök", Policy(notice_days=200, urgent_days=100, lead_days=0)),))
_TICK = timedelta(microseconds=1)
_EARLIEST = datetime.min.replace(tzinfo=timezone(timedelta(hours=14)))


def _assert_same(snapshot: Snapshot, at: datetime) -> None:
    _assert_in(phases(snapshot, POLICY), snapshot, at)


def _assert_in(found: tuple[Phase, ...], snapshot: Snapshot, at: datetime) -> None:
    # east of UTC the calendar begins hours earlier, and the first phase holds there too
    phase = [found[0], *(each for each in found if each.from_at <= at)][-1]
    diagnosis = diagnose(snapshot, at, POLICY)
    codes = (each.code for each in diagnosis.findings if each.severity is not Severity.OK)

    assert (phase.verdict, phase.severity) == (diagnosis.verdict, diagnosis.severity)
    assert phase.codes == tuple(dict.fromkeys(codes))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_phases_of_a_described_desk_hold_around_every_turn(file: Path) -> None:
    case = read(file)
    snapshot = case.desk()

    found = phases(snapshot, POLICY)
    _assert_in(found, snapshot, case.at)
    for turn in sorted(turns(snapshot, POLICY)):
        for at in (turn - _TICK, turn):
            _assert_in(found, snapshot, at)


@given(SNAPSHOTS, MOMENTS, st.integers(-2, 2))
@example(desks.holding(desks.nes(begins_at=_EARLIEST)), _EARLIEST, 0)
def test_phases_hold_for_any_desk_at_any_moment(
    snapshot: Snapshot, moment: datetime, ticks: int
) -> None:
    found = sorted(turns(snapshot, POLICY))
    near = found[ticks % len(found)] if found else moment
    for at in (moment, near):
        try:
            _assert_same(snapshot, at + ticks * _TICK)
        except OverflowError:
            continue


@pytest.mark.parametrize("year", [1, 9999])
def test_dates_at_the_ends_of_the_calendar_have_phases_too(year: int) -> None:
    moment = datetime(year, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)
    nes = desks.nes(begins_at=BEGINNING, ends_at=moment)
    snapshot = desks.desk(modules=(desks.module(desks.slot(desks.token(nes))),))

    assert phases(snapshot, POLICY)[0].from_at == BEGINNING
