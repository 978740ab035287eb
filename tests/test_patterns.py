# SPDX-License-Identifier: Apache-2.0
"""No text keeps a regular expression: the time grows with the text, and no faster."""

import re

import pytest

from tests.trials.patterns import Pattern, complaint, letters, patterns, runs


@pytest.mark.parametrize("pattern", patterns(), ids=lambda pattern: pattern.place)
def test_a_million_of_a_patterns_own_characters_keep_it_for_a_moment(pattern: Pattern) -> None:
    assert [slow for text in runs(pattern) if (slow := complaint(pattern, text))] == []


def test_a_pattern_that_begins_anew_at_each_slash_is_noticed() -> None:
    slow = Pattern("here", re.compile(r"[\\/]+home"), frozenset({"search"}))

    assert set(letters(slow.made.pattern)) == set("\\/home")
    assert "here: over" in complaint(slow, "/" * 50_000, limit_s=0.2)
