# SPDX-License-Identifier: Apache-2.0
"""What holds for every snapshot that can be decoded, whatever a device or a card put into it."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from cardtool.model.diagnosis import Severity
from cardtool.model.snapshot import Failure, Reader, Snapshot, Source, decode, encode
from cardtool.model.surroundings import UsbDevice
from cardtool.rules import diagnose
from cardtool.rules.codes import ROWS
from cardtool.text import LANGUAGES, Text
from tests import desks
from tests.any_desk import DEVICES, FAILURES, MOMENTS, NAMES, PATHS, SNAPSHOTS


@given(SNAPSHOTS, MOMENTS)
def test_no_snapshot_makes_it_raise_and_every_finding_is_whole(
    snapshot: Snapshot, at: datetime
) -> None:
    diagnosis = diagnose(snapshot, at)

    assert diagnosis.deciding.severity is diagnosis.severity
    for each in diagnosis.findings:
        assert set(each.facts) == set(ROWS[each.code].facts)
        assert all(type(value) in (str, int) for value in each.facts.values())


@given(SNAPSHOTS, MOMENTS)
def test_findings_stand_worst_first_and_equals_in_the_order_of_the_chain(
    snapshot: Snapshot, at: datetime
) -> None:
    findings = diagnose(snapshot, at).findings

    order = [(-each.severity.rank, each.link.place) for each in findings]
    assert order == sorted(order)


@given(SNAPSHOTS, MOMENTS)
def test_all_is_well_only_where_an_nes_is_in_force(snapshot: Snapshot, at: datetime) -> None:
    diagnosis = diagnose(snapshot, at)

    assert (diagnosis.severity is not Severity.OK) or diagnosis.verdict == "nes-valid"


@given(SNAPSHOTS, MOMENTS)
def test_a_saved_snapshot_means_the_same_as_a_fresh_one(snapshot: Snapshot, at: datetime) -> None:
    again = diagnose(decode(encode(snapshot)), at)

    assert [each.code for each in again.findings] == [
        each.code for each in diagnose(snapshot, at).findings
    ]


@given(SNAPSHOTS, MOMENTS, st.sampled_from(LANGUAGES))
def test_every_finding_can_be_said(snapshot: Snapshot, at: datetime, language: str) -> None:
    text = Text(language, UTC)

    for each in diagnose(snapshot, at).findings:
        assert "…" not in text.says(replace(each, facts=dict.fromkeys(each.facts, "x")))
        assert all(text.step(step, each.facts) for step in each.steps)
        assert text.says(each)


@given(SNAPSHOTS, FAILURES, PATHS, st.sampled_from(Source))
def test_a_driver_that_fails_too_never_makes_it_milder(
    snapshot: Snapshot, failure: Failure, path: str, source: Source
) -> None:
    broken = desks.module(path=path, source=source, failure=failure)

    _assert_not_milder(snapshot, replace(snapshot, modules=(*snapshot.modules, broken)))


@given(SNAPSHOTS, FAILURES, st.text(max_size=6))
def test_a_mute_card_more_never_makes_it_milder(
    snapshot: Snapshot, failure: Failure, name: str
) -> None:
    if not isinstance(snapshot.readers, Failure):
        mute = Reader(name=name, card=failure)

        _assert_not_milder(snapshot, replace(snapshot, readers=(*snapshot.readers, mute)))


@given(SNAPSHOTS, DEVICES)
def test_a_reader_that_is_blocked_too_never_makes_it_milder(
    snapshot: Snapshot, device: UsbDevice
) -> None:
    if isinstance(snapshot.usb, tuple):
        blocked = replace(device, allowed=False)

        _assert_not_milder(snapshot, replace(snapshot, usb=(*snapshot.usb, blocked)))


@given(SNAPSHOTS, FAILURES, st.none() | NAMES)
def test_a_slot_that_fails_too_never_makes_it_milder(
    snapshot: Snapshot, failure: Failure, reader: str | None
) -> None:
    broken = desks.slot(failure, reader, slot_id=9)

    _assert_not_milder(
        snapshot,
        replace(
            snapshot,
            modules=tuple(
                replace(each, slots=(*each.slots, broken))
                if isinstance(each.slots, tuple)
                else each
                for each in snapshot.modules
            ),
        ),
    )


@pytest.mark.parametrize("failure", [desks.BUG, desks.HUNG, desks.CRASHED, desks.DEVICE_ERROR])
@pytest.mark.parametrize("part", ["readers", "card", "library", "info", "slots", "token", "certs"])
def test_no_part_of_a_sound_desk_can_fail_unnoticed(part: str, failure: Failure) -> None:
    module = desks.module(desks.slot(desks.token(desks.nes())))
    broken = {
        "readers": desks.desk(failure, ()),
        "card": desks.desk((desks.reader(card=failure),), ()),
        "library": desks.desk(modules=(desks.fileless(desks.AKISP11, failure, Source.CATALOG),)),
        "info": desks.desk(modules=(desks.module(failure=failure),)),
        "slots": desks.desk(modules=(replace(module, slots=failure),)),
        "token": desks.desk(modules=(desks.module(desks.slot(failure)),)),
        "certs": desks.desk(
            modules=(desks.module(desks.slot(replace(desks.token(), certificates=failure))),)
        ),
    }

    assert diagnose(broken[part], desks.AT).severity is not Severity.OK


def _assert_not_milder(before: Snapshot, after: Snapshot) -> None:
    was, now = diagnose(before, desks.AT), diagnose(after, desks.AT)

    assert now.severity.rank >= was.severity.rank, (was.verdict, now.verdict)
