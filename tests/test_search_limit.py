# SPDX-License-Identifier: Apache-2.0
"""Where looking through every text is too much, fixed words are still looked through, and few."""

from cardtool.model.redact import SearchLimit


def test_texts_are_looked_through_until_it_is_too_much() -> None:
    effort = SearchLimit(0, is_none=False)

    assert effort.affords("x" * 1_999_999, is_fixed=False)
    assert not effort.affords("xx", is_fixed=False)


def test_fixed_words_are_looked_through_all_the_same_as_long_as_they_are_short_and_few() -> None:
    effort = SearchLimit(0, is_none=True)

    assert not effort.affords("x", is_fixed=False)
    assert not effort.affords("x" * 65, is_fixed=True)
    assert sum(effort.affords("PRESENT", is_fixed=True) for _ in range(2_000)) == 1_000
