# SPDX-License-Identifier: Apache-2.0
"""Identity numbers are told by both of their check digits."""

import pytest
from stdnum.tr import tckimlik

from cardtool.model.numbers import is_identity_number
from tests.rig.certificates import tckn


@pytest.mark.parametrize("number", [tckn(each) for each in range(100)])
def test_each_check_digit_counts(number: str) -> None:
    """Where the tenth is another one, the last is made to fit it: the tenth alone is wrong."""
    first, tenth = [int(each) for each in number[:9]], int(number[9])
    for other in range(10):
        with_tenth = f"{number[:9]}{other}{(sum(first) + other) % 10}"
        with_last = f"{number[:10]}{other}"

        assert is_identity_number(with_tenth) == (other == tenth)
        assert is_identity_number(with_last) == (with_last == number)


def test_it_agrees_with_who_knows_all_such_numbers() -> None:
    for number in range(10_000_000_000, 99_999_999_999, 99_999_989):
        for last in range(100):
            shown = f"{number // 100}{last:02d}"
            assert is_identity_number(shown) == tckimlik.is_valid(shown), shown


@pytest.mark.parametrize("text", ["", "0" * 11, "1" * 10, "1" * 12, "1000000014a", "01000000014"])
def test_what_is_no_such_number_at_all_is_none(text: str) -> None:
    assert not is_identity_number(text)
