# SPDX-License-Identifier: Apache-2.0
"""What holds for every snapshot that can be decoded, whatever a device or a card put into it."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from cardtool.model.certificate import Certificate
from cardtool.model.diagnosis import Severity
from cardtool.model.snapshot import (
    Card,
    CertificateObject,
    Failure,
    Library,
    Module,
    Reader,
    Slot,
    Snapshot,
    Source,
    Token,
    decode,
    encode,
)
from cardtool.rules import diagnose
from cardtool.rules.codes import ROWS
from cardtool.text import LANGUAGES, Text
from tests import desks

NAMES = st.sampled_from([desks.READER, desks.SECOND]) | st.text(max_size=6)
ATRS = st.sampled_from([desks.AKIS, desks.ETOKEN, desks.TCKK_CONTACTLESS, desks.BANK, "", "zz"])
PATHS = st.sampled_from(
    [desks.AKISP11, desks.OPENSC, "C:\\Windows\\System32\\akisp11.dll", "/x/libeTPkcs11.so", ""]
)
ZONES = st.sampled_from([UTC, timezone(timedelta(hours=14)), timezone(timedelta(hours=-12))])
MOMENTS = st.just(desks.AT) | st.datetimes(timezones=ZONES)

FAILURES = st.sampled_from(
    [
        desks.GONE,
        desks.HUNG,
        desks.CRASHED,
        desks.REFUSED,
        desks.NOT_RECOGNISED,
        desks.DEVICE_ERROR,
        desks.NO_FILE,
        desks.MUTE,
        desks.UNPARSABLE,
        Failure(api="pkcs11", name="CKR_TOKEN_NOT_PRESENT", code=0xE0),
        Failure(api="pcsc", name="SCARD_W_SECURITY_VIOLATION", code=0x8010006A),
    ]
)
"""What the world does. A fault of ours (`desks.BUG`) says nothing about the desk."""

ANY_FAILURES = (
    FAILURES
    | st.just(desks.BUG)
    | st.builds(
        Failure, api=st.text(max_size=6), name=st.text(max_size=6), code=st.none() | st.integers()
    )
)


@st.composite
def certificates(draw: st.DrawFn) -> Certificate:
    statements = [desks.QC, desks.LAW_5070, desks.SEAL]
    return replace(
        desks.nes(
            person=draw(st.sampled_from([desks.AYSE, desks.MEHMET, ("", "")])),
            statements=tuple(draw(st.lists(st.sampled_from(statements), unique=True))),
        ),
        not_before_at=draw(MOMENTS),
        not_after_at=draw(MOMENTS),
        is_ca=draw(st.booleans()),
    )


OBJECTS = st.builds(
    CertificateObject, content=certificates() | ANY_FAILURES, sha256=st.sampled_from(["", "AB"])
)
FLAGS = st.lists(st.sampled_from(["CKF_USER_PIN_LOCKED", "CKF_USER_PIN_INITIALIZED", "0x1"]))
TOKENS = st.builds(
    Token,
    label=st.text(max_size=6),
    flags=FLAGS.map(tuple),
    certificates=st.lists(OBJECTS, max_size=3).map(tuple) | ANY_FAILURES,
)
SLOTS = st.builds(
    Slot,
    id=st.integers(0, 3),
    description=st.text(max_size=6),
    reader=st.none() | NAMES,
    token=st.none() | TOKENS | ANY_FAILURES,
)
LIBRARIES = st.builds(
    Library,
    format=st.just("elf"),
    machines=st.sampled_from([("x86_64",), ("i386",), ("i386", "x86_64"), ()]),
    bits=st.sampled_from([32, 64]),
)
MODULES = st.builds(
    Module,
    path=PATHS,
    source=st.sampled_from(Source),
    library=LIBRARIES | ANY_FAILURES,
    info=st.none() | st.just(desks.module().info) | ANY_FAILURES,
    slots=st.none() | st.lists(SLOTS, max_size=3).map(tuple) | ANY_FAILURES,
)
READERS = st.builds(
    Reader,
    name=NAMES,
    states=st.lists(st.sampled_from(["MUTE", "EXCLUSIVE", "EMPTY", "x"])).map(tuple),
    card=st.none() | st.builds(Card, atr=ATRS) | ANY_FAILURES,
    changes=st.integers(-1, 3),
)
SNAPSHOTS = st.builds(
    Snapshot,
    taken_at=st.just(desks.AT),
    tool=st.text(max_size=4),
    host=st.builds(
        replace,
        st.just(desks.HOST),
        platform=st.sampled_from(["linux", "win32", "darwin", ""]),
        machine=st.sampled_from(["x86_64", "i386", ""]),
        pcscd=st.none() | st.just("/usr/sbin/pcscd"),
    ),
    readers=st.lists(READERS, max_size=3).map(tuple) | ANY_FAILURES,
    modules=st.lists(MODULES, max_size=3).map(tuple),
)


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
