# SPDX-License-Identifier: Apache-2.0
"""Each code has one short number, for ever."""

import hashlib

from cardtool.rules.codes import RETIRED, ROWS, finding
from cardtool.rules.codes.numbers import NUMBERS

_GIVEN = 196
"""How many numbers `_DIGEST` is of; may grow with it, and never falls."""

_DIGEST = "99ba311e1a13760346866e9be02481f31a1167864d184dfb4b23b2726e9f969b"


def test_every_code_has_a_number_and_none_has_two() -> None:
    assert set(NUMBERS) == {*ROWS, *RETIRED}
    assert list(NUMBERS.values()) == list(range(1, len(NUMBERS) + 1))


def test_a_number_that_was_given_stays_that_code_s() -> None:
    given = "\n".join(f"{number} {code}" for code, number in list(NUMBERS.items())[:_GIVEN])

    assert hashlib.sha256(given.encode()).hexdigest() == _DIGEST


def test_a_finding_says_its_number() -> None:
    assert finding("cardtool-fault").number == "K-1"
    assert {finding(code).number for code in ROWS} == {f"K-{NUMBERS[code]}" for code in ROWS}
