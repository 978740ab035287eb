# SPDX-License-Identifier: Apache-2.0
"""The table of codes keeps its own laws."""

import re

import pytest
from msgspec.structs import replace

from cardtool.model.diagnosis import Actor, Severity
from cardtool.rules.codes import ROWS, finding, on_platform
from cardtool.rules.codes.steps import ACTORS, ELSEWHERE, INSTEAD, OF_OTHER_CARDS, TO_EMPTY

every_code = pytest.mark.parametrize("code", ROWS)


@every_code
def test_is_kebab_case(code: str) -> None:
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)+", code)


@every_code
def test_has_a_step_unless_all_is_well(code: str) -> None:
    row = ROWS[code]

    assert row.steps or row.severity is Severity.OK
    assert len(set(row.steps)) == len(row.steps)


def test_where_all_is_well_only_what_comes_later_has_steps() -> None:
    well = [code for code, row in ROWS.items() if row.severity is Severity.OK and row.steps]

    assert well == ["nes-old-card", "nes-next-card", "desk-ready", "rsa-on-windows"]


@every_code
def test_each_step_has_somebody_who_does_it(code: str) -> None:
    made = finding(code, **dict.fromkeys(ROWS[code].facts, "x"))

    assert len(made.actors) == len(made.steps)
    assert made.actors == tuple(ACTORS.get(step, Actor.YOU) for step in made.steps)


def test_nobody_is_named_for_a_step_that_is_not_taken() -> None:
    elsewhere = {one for steps in INSTEAD.values() for instead in steps.values() for one in instead}

    steps = {step for row in ROWS.values() for step in row.steps} | elsewhere
    steps |= set(OF_OTHER_CARDS.values()) | set(TO_EMPTY.values())
    assert set(ACTORS) <= steps | set(ELSEWHERE.values())
    assert set(ELSEWHERE) <= steps


def test_a_step_that_another_platform_has_stands_in_for_one_that_is_taken() -> None:
    steps = {step for row in ROWS.values() for step in row.steps}

    assert all(set(instead) <= steps for instead in INSTEAD.values())


@every_code
@pytest.mark.parametrize("platform", ["linux", "win32", "darwin", "sunos5"])
@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_on_a_platform_only_the_steps_differ_and_each_has_somebody(
    code: str, platform: str, machine: str
) -> None:
    made = finding(code, **dict.fromkeys(ROWS[code].facts, "x"))

    here = on_platform(made, platform, machine)

    assert len(here.actors) == len(here.steps) == len(set(here.steps))
    assert replace(here, steps=made.steps, actors=made.actors, procedures=made.procedures) == made
    others = {*INSTEAD.get(platform, {}), *INSTEAD.get(f"{platform}-{machine}", {})}
    assert (here == made) is not bool(others & set(made.steps))


@every_code
def test_what_it_becomes_elsewhere_and_what_it_explains_are_codes(code: str) -> None:
    row = ROWS[code]

    assert {row.elsewhere, *row.explains} - {""} <= set(ROWS)
    assert not row.elsewhere or ROWS[row.elsewhere].severity is Severity.OK


@every_code
def test_explains_nothing_worse_than_itself(code: str) -> None:
    """Silencing a consequence never makes a desk look better.

    Except where the program was kept from looking: what it met then says nothing about the desk.
    """
    row = ROWS[code]
    if row.severity is not Severity.UNKNOWN:
        for consequence in row.explains:
            assert ROWS[consequence].severity.rank <= row.severity.rank


@every_code
def test_no_two_codes_explain_each_other_away(code: str) -> None:
    seen, front = set(), set(ROWS[code].explains)
    while front:
        seen |= front
        front = {each for code in front for each in ROWS[code].explains} - seen

    assert code not in seen


def test_the_table_is_in_the_order_of_the_chain() -> None:
    places = [row.link.place for row in ROWS.values()]

    assert places == sorted(places)


def test_a_finding_takes_everything_but_its_facts_from_the_table() -> None:
    made = finding("driver-hung", module="/usr/lib/libakisp11.so", reason="TIMEOUT")

    row = ROWS["driver-hung"]
    assert (made.severity, made.link, made.steps) == (row.severity, row.link, row.steps)
    assert made.facts == {"module": "/usr/lib/libakisp11.so", "reason": "TIMEOUT"}


def test_a_code_that_is_not_in_the_table_cannot_be_given() -> None:
    with pytest.raises(KeyError):
        finding("card-on-fire")
