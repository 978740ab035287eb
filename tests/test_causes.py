# SPDX-License-Identifier: Apache-2.0
"""The catalogue of causes names what there is, leaves nothing out, and is shown to be right."""

from collections import Counter

import pytest

from cardtool.model.diagnosis import Severity
from cardtool.rules.codes import ROWS
from cardtool.text import load_words
from tests.causes import NOTHING, REAL, Cause, is_test, load
from tests.real.desks import CASES

CAUSES = load()
every_cause = pytest.mark.parametrize("cause", CAUSES.every(), ids=lambda cause: cause.id)


@every_cause
def test_a_cause_names_codes_desks_and_tests_that_exist(cause: Cause) -> None:
    assert cause.codes or cause.missing
    assert set(cause.codes) <= set(ROWS)
    assert set(cause.desks or ()) <= set(CASES)
    assert [name for name in (*cause.real, *cause.recorded) if not is_test(name)] == []


@every_cause
def test_what_nothing_can_show_is_said_by_one_of_its_codes(cause: Cause) -> None:
    steps = {step for code in cause.codes for step in ROWS[code].steps}

    assert cause.said in {"", *cause.codes, *steps}


@every_cause
def test_what_is_said_of_a_cause_is_in_the_words_where_it_is_said(cause: Cause) -> None:
    words = load_words("en")
    meant = words["finding"].get(cause.said, {}).get("means", "")
    told = words["step"].get(cause.said, {}).get("says", meant)

    assert bool(cause.mentions) == bool(cause.said)
    assert cause.mentions in told


def test_no_two_causes_are_said_by_the_same_words() -> None:
    mentions = [(cause.said, cause.mentions) for cause in CAUSES.every() if cause.said]

    assert len(set(mentions)) == len(mentions)


def test_what_cardtool_survives_is_found_to_be_well() -> None:
    survived = [cause for cause in CAUSES.every() if cause.survived]

    assert [cause.id for cause in survived] == ["D5", "D6"]
    for cause in survived:
        assert {ROWS[code].severity for code in cause.codes} == {Severity.OK}
        assert not cause.is_found()


def test_a_real_part_speaks_only_for_the_codes_that_it_gave() -> None:
    unshown = {cause.id: cause.not_on_real_parts() for cause in CAUSES.every()}

    assert "service-stopped" not in unshown["A7"]
    assert "service-absent" in unshown["A7"]
    assert unshown["C4"] == ("card-other-token", "card-unknown")
    assert unshown["F1"] == unshown["A1"] == unshown["A6"] == unshown["D6"] == ()


@every_cause
def test_every_cause_that_has_a_code_is_shown_by_something(cause: Cause) -> None:
    assert (cause.tested()[0] == NOTHING) == (not cause.codes)


def test_no_two_causes_share_an_id_or_a_wording() -> None:
    every = CAUSES.every()

    assert max(Counter(cause.id for cause in every).values()) == 1
    assert max(Counter(cause.what for cause in every).values()) == 1


def test_every_code_that_is_not_well_is_of_a_cause_or_listed_as_none() -> None:
    faults = {code for code, row in ROWS.items() if row.severity is not Severity.OK}
    named = {code for cause in CAUSES.every() for code in cause.codes}

    assert faults - named == set(CAUSES.not_a_cause)


def test_a_test_that_is_not_there_is_noticed() -> None:
    here = "tests/test_causes.py"

    assert is_test(f"{here}::test_a_test_that_is_not_there_is_noticed")
    assert not is_test(f"{here}::test_a_test_that_is_not_there")
    assert not is_test("tests/nowhere.py::test_a_test_that_is_not_there_is_noticed")


def test_enough_causes_are_found_and_enough_of_them_on_real_parts() -> None:
    found = [cause for cause in CAUSES.every() if cause.is_found()]
    real = [cause.id for cause in found if cause.tested()[0] == REAL]

    assert len(found) >= 45
    assert len(real) >= 20, real
