# SPDX-License-Identifier: Apache-2.0
"""That the short way to a snapshot's columns gives what judging it in full gives."""

import re
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from cardtool.fleet.judging import UnfitError, judge
from cardtool.fleet.shapes import Shapes
from cardtool.model.certificate import Attribute, Certificate, Name
from cardtool.model.snapshot import Snapshot, decode
from cardtool.rules.policy import Policy
from tests import desks
from tests.any_desk import SNAPSHOTS
from tests.described import FILES, read

POLICY = Policy(issuers=(("kök", Policy(notice_days=200, urgent_days=100, lead_days=0)),))

_FREE = ("name", "release", "python", "tool", "label", "serial", "sha256", "id", "subject_key_id")
_NEAR = [timedelta(seconds=n) for n in (0, 1, -1, 50_400, -50_401)]
_FAR = [timedelta(days=n) for n in (-1100, -120, -20, 1, 8, 31, 400)]


def _compact(snapshot: Snapshot) -> bytes:
    return msgspec.json.encode(snapshot)


def _direct(text: bytes, at: datetime) -> object:
    try:
        return judge(decode(text), at, POLICY)
    except UnfitError as error:
        return error.code


def _by_shape(shapes: Shapes, text: bytes) -> object:
    try:
        return shapes.line(text) or _direct(text, shapes.at)
    except UnfitError as error:
        return error.code


def _varied(text: bytes, choose: Any) -> bytes:  # noqa: ANN401 - draws from a list
    """Return another desk: names, versions and moments changed, each wherever it stands or once."""
    document = text.decode()
    for name in _FREE:
        pattern = re.compile(rf'(?<="{name}":)"[^"\\]*"')
        found = sorted(set(pattern.findall(document)))
        new = {each: f'"{choose(["", "-", "x", "y", "TR", each[1:-1] + "9"])}"' for each in found}
        if choose([True, False]):
            document = pattern.sub(lambda match, new=new: new[match[0]], document)  # type: ignore[misc]
    people = re.compile(r'(?<="type":"serialNumber","value":)"[^"\\]*"')
    document = people.sub(lambda match: choose([match[0], '"P1"', '"P2"', '""']), document)
    for name in ("taken_at", "not_before_at", "not_after_at", "built_at", "doubted_at"):
        pattern = re.compile(rf'(?<="{name}":)"([^"]*)"')
        document = pattern.sub(lambda match: _moved(match[1], choose), document)
    document = re.sub(r'(?<="elapsed_s":)[^,]*', str(choose([0.5, 7, 1e-9, 12.125])), document)
    return re.sub(r'(?<="event_count":)\d+', str(choose([0, 3, 10**9])), document).encode()


def _moved(moment: str, choose: Any) -> str:  # noqa: ANN401 - draws from a list
    at = datetime.fromisoformat(moment)
    try:
        return f'"{(at + choose([*_NEAR, *_FAR])).isoformat()}"'
    except OverflowError:
        return f'"{moment}"'


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_described_desk_and_any_like_it_have_the_same_columns_by_shape(file: Path) -> None:
    case = read(file)
    text = _compact(case.desk())
    shapes = Shapes(case.at, POLICY)

    def ask(data: st.DataObject) -> None:
        def choose(values: list[Any]) -> Any:  # noqa: ANN401
            return data.draw(st.sampled_from(values))

        other = _varied(text, choose)
        assert _by_shape(shapes, other) == _direct(other, case.at)

    assert _by_shape(shapes, text) == _direct(text, case.at)
    assert _by_shape(shapes, text) == _direct(text, case.at)
    settings(max_examples=8)(given(st.data())(ask))()


@given(SNAPSHOTS, st.data())
def test_any_desk_has_the_same_columns_by_shape(snapshot: Snapshot, data: st.DataObject) -> None:
    text = _compact(snapshot)
    shapes = Shapes(desks.AT, POLICY)

    def choose(values: list[Any]) -> Any:  # noqa: ANN401
        return data.draw(st.sampled_from(values))

    for each in (text, text, _varied(text, choose), _varied(text, choose)):
        assert _by_shape(shapes, each) == _direct(each, desks.AT)


def _two(person: tuple[str, str]) -> Snapshot:
    first, second = desks.nes(), desks.nes(person=person, serial="0B", ends_at=desks.AT)
    return desks.desk(modules=(desks.module(desks.slot(desks.token(first, second))),))


def test_of_two_desks_of_one_shape_only_one_is_judged() -> None:
    shapes = Shapes(desks.AT, POLICY)
    for number in range(20):
        end = desks.AT + timedelta(days=700 + 7 * number)
        nes = desks.nes(person=(f"1000000{number:04d}", f"KİŞİ {number}"), ends_at=end)
        text = _compact(desks.desk(modules=(desks.module(desks.slot(desks.token(nes))),)))

        line = shapes.line(text)

        assert line is not None
        assert line.named()["holder"] == f"KİŞİ {number}"

    assert shapes.judged == 1


def test_who_holds_two_cards_is_another_shape_than_two_people() -> None:
    shapes = Shapes(desks.AT - timedelta(days=3), POLICY)
    one, other = _compact(_two(desks.AYSE)), _compact(_two(desks.MEHMET))

    lines = [shapes.line(one), shapes.line(other)]

    assert shapes.judged == 2
    assert lines == [_direct(one, shapes.at), _direct(other, shapes.at)]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"states":["PRESENT"]', b'"states":"PRESENT"'),
        (b'"taken_at":"', b'"taken_at":"x'),
        (b'"readers":', b'"readers":7,"readers":'),
        (b'"python":"3.11.2"', b'"python":3'),
        (b'"event_count":1', b'"event_count":1.5'),
        (b'"changes":0', b'"changes":null'),
        (b'"elapsed_s":0.7', b'"elapsed_s":"0"'),
        (b'"host":{', b'"host":{{'),
    ],
)
def test_what_is_no_snapshot_is_none_beside_a_known_shape_either(old: bytes, new: bytes) -> None:
    shapes = Shapes(desks.AT, POLICY)
    text = _compact(desks.desk(modules=(desks.module(desks.slot(desks.token(desks.nes()))),)))
    assert shapes.line(text) is not None
    broken = text.replace(old, new, 1)
    assert broken != text

    try:
        line = shapes.line(broken)
    except ValueError:
        return

    assert line is None


@pytest.mark.parametrize("label", ["token", "AKIS", "TR", "-", "", "\x7f5", "\0", 'a"b', "a\\b"])
def test_a_name_that_is_also_a_word_of_the_text_gives_the_same_columns(label: str) -> None:
    holder = desks.token(desks.nes(person=(desks.AYSE[0], label)), label=label)
    text = _compact(desks.desk(modules=(desks.module(desks.slot(holder)),)))
    shapes = Shapes(desks.AT, POLICY)

    assert [_by_shape(shapes, text) for _ in range(2)] == [_direct(text, shapes.at)] * 2


def test_the_policy_counts_for_each_issuer_by_itself() -> None:
    text = _compact(desks.desk(modules=(desks.module(desks.slot(desks.token(desks.nes()))),)))
    strict = Policy(issuers=(("sürüm 6", Policy(notice_days=900)),))

    found = [Shapes(desks.AT, policy).line(text) for policy in (Policy(), strict)]

    assert [each and each.named()["verdict"] for each in found] == ["nes-valid", "nes-expiring"]


def test_moments_far_off_are_judged_in_full() -> None:
    text = _compact(desks.desk(modules=(desks.module(desks.slot(desks.token(_ending(9999)))),)))

    assert Shapes(desks.AT, POLICY).line(text) is None


def _ending(year: int) -> Certificate:
    return desks.nes(ends_at=datetime(year, 12, 31, 23, 59, 59, tzinfo=UTC))


def test_a_card_with_very_many_names_takes_no_longer_than_judging_it_in_full() -> None:
    names = tuple(Attribute(type="", value=f"{number:x}") for number in range(9_000))
    other = desks.nes(person=desks.MEHMET, serial="0B")
    other = replace(other, subject=Name(attributes=other.subject.attributes + names))
    token = desks.token(desks.nes(), other)
    text = _compact(desks.desk(modules=(desks.module(desks.slot(token)),)))
    shapes = Shapes(desks.AT, POLICY)

    begun = time.process_time()
    assert shapes.line(text) is not None
    told = time.process_time()
    judge(decode(text), desks.AT, POLICY)
    judged = time.process_time()

    assert told - begun < 40 * (judged - told)


def test_a_name_as_long_as_a_certificate_is_refused_beside_a_known_shape_too() -> None:
    shapes, der = Shapes(desks.AT, POLICY), "MII" * 300
    stored = replace(desks.stored(desks.nes()), der=der)
    token = replace(desks.token(), certificates=(stored,))
    desk = desks.desk(modules=(desks.module(desks.slot(token)),))
    named = replace(desk, host=replace(desk.host, name=der))

    assert shapes.line(_compact(desk)) is not None
    assert _by_shape(shapes, _compact(named)) == "import-long"
