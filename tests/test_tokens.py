# SPDX-License-Identifier: Apache-2.0
"""Which reader a slot is."""

from cardtool.model.snapshot import Slot
from cardtool.probe.reading import match_slots

_LONG = "Generic Smart Card Reader Interface of a Maker With a Very Long Name 00 0"


def _readers(descriptions: list[str], readers: list[str]) -> list[str | None]:
    slots = [Slot(id=number, description=each) for number, each in enumerate(descriptions)]
    return [slot.reader for slot in match_slots(slots, readers)]


def test_a_slot_is_the_reader_it_is_called_after() -> None:
    assert _readers(["B 01 00  ", "A 00 00"], ["A 00 00", "B 01 00"]) == ["B 01 00", "A 00 00"]


def test_an_exact_name_beats_one_that_contains_it() -> None:
    assert _readers(["ACS 0"], ["ACS 00", "ACS 0"]) == ["ACS 0"]


def test_a_cut_name_is_recognised() -> None:
    assert _readers([_LONG[:61] + "..."], ["Other", _LONG + "1"]) == [_LONG + "1"]


def test_cut_names_that_look_alike_are_taken_in_order() -> None:
    cut = _LONG[:61] + "..."

    assert _readers([cut, cut], [_LONG + "1", _LONG + "2"]) == [_LONG + "1", _LONG + "2"]


def test_several_slots_of_one_reader_stay_together() -> None:
    cut = _LONG[:61] + "..."
    first, second = _LONG + "1", _LONG + "2"

    assert _readers([cut] * 4, [first, second]) == [first, first, second, second]


def test_a_slot_without_a_reader_has_none() -> None:
    assert _readers(["SoftHSM slot ID 0x0", "", "A"], ["A", "B"]) == [None, None, "A"]
