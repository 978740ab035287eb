# SPDX-License-Identifier: Apache-2.0
"""What is asked of the same thing again is answered again, and of nothing else."""

import weakref

import pytest

from cardtool.model.snapshot import Snapshot
from cardtool.rules import ports
from cardtool.rules.remembered import remembered
from tests import desks


class _Counted:
    """Answers with a new object each time, and counts."""

    def __init__(self) -> None:
        self.asked: list[object] = []

    def answer(self, asked: object) -> list[object]:
        """Say what was asked."""
        self.asked.append(asked)
        return [asked]


def test_of_the_same_object_nothing_is_computed_anew() -> None:
    counted, one = _Counted(), desks.desk()
    answer = remembered(counted.answer)

    first = answer(one)

    assert answer(one) is first
    assert counted.asked == [one]


def test_another_object_that_is_equal_is_asked_itself() -> None:
    counted, one, other = _Counted(), desks.desk(), desks.desk()
    answer = remembered(counted.answer)
    assert one == other

    found = [answer(each) for each in (one, other, one, other)]

    assert [each[0] for each in found] == [one, other, one, other]
    assert [each[0] is one for each in found] == [True, False, True, False]
    assert len(counted.asked) == 2


def test_of_more_than_are_kept_the_first_falls_out() -> None:
    counted, every = _Counted(), [desks.desk() for _ in range(5)]
    answer = remembered(counted.answer)

    for each in every:
        answer(each)
    for each in every[1:]:
        answer(each)
    assert len(counted.asked) == 5

    assert answer(every[0])[0] is every[0]
    assert len(counted.asked) == 6


def test_what_fell_out_is_let_go_of() -> None:
    answer = remembered(_plain)
    first = _Weak()
    known = weakref.ref(first)
    answer(first)
    del first
    assert known() is not None

    for _ in range(4):
        answer(_Weak())

    assert known() is None


class _Weak:
    """May be asked whether it is still there."""


def _plain(asked: object) -> int:
    return id(asked)


def test_two_functions_do_not_share_their_answers() -> None:
    one, counted, other = desks.desk(), _Counted(), _Counted()
    answers = [remembered(each.answer)(one) for each in (counted, other)]

    assert len(counted.asked) == len(other.asked) == 1
    assert answers[0] is not answers[1]


def test_an_error_is_not_remembered() -> None:
    asked: list[object] = []

    @remembered
    def answer(one: object) -> int:
        asked.append(one)
        return 1 // (len(asked) - 1)

    thing = object()
    with pytest.raises(ZeroDivisionError):
        answer(thing)

    assert answer(thing) == 1


def test_a_desk_that_was_changed_is_another_desk() -> None:
    sound, empty = desks.desk(), desks.desk(readers=(desks.reader(None),))

    seen: list[Snapshot] = [sound, empty, sound, empty]

    assert [ports.readers(each)[0].states for each in seen] == [("PRESENT",), ("EMPTY",)] * 2
