# SPDX-License-Identifier: Apache-2.0
"""What is said of a desk that was well once."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from cardtool.model.snapshot import LastGood, Snapshot
from cardtool.model.surroundings import Running
from cardtool.probe.last_good import summarise
from cardtool.rules import diagnose
from tests.desks import (
    AKISP11,
    AT,
    GONE,
    NOT_RECOGNISED,
    READER,
    SECOND,
    desk,
    module,
    only,
    reader,
    slot,
    unloaded,
)

GOOD = LastGood(
    taken_at=AT - timedelta(days=9),
    release="Debian GNU/Linux 12",
    readers=("ACS ACR39U ICC Reader",),
    modules={"libakisp11.so": "2.7"},
)
BROKEN = desk(modules=(module(slot(NOT_RECOGNISED)),))


def _changes(snapshot: Snapshot) -> list[str]:
    found = diagnose(snapshot, AT).findings
    return [each.code for each in found if each.code.startswith("changed")]


def test_a_desk_that_is_as_it_was_changed_in_nothing() -> None:
    assert _changes(replace(BROKEN, last_good=GOOD)) == []


def test_while_another_check_runs_nothing_is_held_to_have_changed() -> None:
    changed = replace(BROKEN, last_good=replace(GOOD, release="Debian GNU/Linux 11"))
    other = Running(program="cardtool", pid=7, since=AT)

    assert _changes(changed) == ["changed-system"]
    assert _changes(replace(changed, running=other)) == []


@pytest.mark.parametrize(
    "name", [READER, SECOND, "ACS CCID USB Reader 0", "OMNIKEY CardMan 3121", "Reader 5 00 0A"]
)
def test_a_desk_is_as_it_was_by_what_was_kept_of_it(name: str) -> None:
    """Both sides leave the same numbers out of a reader's name."""
    here = desk((reader(None, name),), (module(slot(None, name)),))

    assert _changes(replace(here, last_good=summarise(here))) == []


def test_what_changed_is_said_with_what_was_before_and_when() -> None:
    here = replace(
        desk((reader(name=SECOND),), (module(slot(NOT_RECOGNISED, SECOND)),)),
        last_good=replace(GOOD, release="Debian GNU/Linux 11", modules={"libakisp11.so": "2.6"}),
    )
    good_at = GOOD.taken_at.isoformat()

    assert only(here, "changed-system").facts == {
        "before": "Debian GNU/Linux 11",
        "after": "Debian GNU/Linux 12",
        "good_at": good_at,
    }
    assert only(here, "changed-reader").facts == {
        "before": "ACS ACR39U ICC Reader",
        "after": "udea MILKO V1.",
        "good_at": good_at,
    }
    assert only(here, "changed-driver").facts == {
        "module": AKISP11,
        "before": "2.6",
        "after": "2.7",
        "good_at": good_at,
    }


def test_a_reader_plugged_into_another_port_is_the_same() -> None:
    moved = desk((reader(name="ACS ACR39U ICC Reader 01 00"),), ())

    assert _changes(replace(moved, last_good=GOOD)) == []


def test_a_reader_that_is_gone_or_cannot_be_asked_for_is_not_another() -> None:
    assert _changes(replace(desk((), ()), last_good=GOOD)) == []
    assert _changes(replace(desk(GONE, ()), last_good=GOOD)) == []


def test_a_virtual_reader_that_came_or_went_is_no_other_reader() -> None:
    hello = reader(None, "Windows Hello for Business 1")
    before = replace(GOOD, readers=(*GOOD.readers, hello.lasting_name))
    only_virtual = replace(GOOD, readers=(hello.lasting_name,))

    assert _changes(replace(BROKEN, last_good=before)) == []
    assert _changes(replace(BROKEN, readers=(reader(), hello), last_good=GOOD)) == []
    assert _changes(replace(desk((hello,), ()), last_good=GOOD)) == []
    assert _changes(replace(BROKEN, last_good=only_virtual)) == []


def test_a_driver_that_was_not_loaded_has_no_other_version() -> None:
    assert _changes(replace(desk(modules=(unloaded(),)), last_good=GOOD)) == []
    new = module(slot(NOT_RECOGNISED), path="/opt/other/libeTPkcs11.so")
    assert _changes(replace(desk(modules=(new,)), last_good=GOOD)) == []


def test_a_windows_driver_is_known_by_its_file_name() -> None:
    windows = module(slot(NOT_RECOGNISED), path="C:\\Windows\\System32\\akisp11.dll")
    good = replace(GOOD, modules={"akisp11.dll": "2.6"})

    assert _changes(replace(desk(modules=(windows,)), last_good=good)) == ["changed-driver"]


def test_where_a_card_can_sign_no_change_is_worth_a_word() -> None:
    other = replace(GOOD, release="other", readers=("other",), modules={"libakisp11.so": "1.0"})

    assert _changes(replace(desk(), last_good=other)) == []
    assert len(_changes(replace(BROKEN, last_good=other))) == len(
        ["changed-system", "changed-reader", "changed-driver"]
    )
