# SPDX-License-Identifier: Apache-2.0
"""What is to be done at a desk with several troubles, and in which order it is shown."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from cardtool.model.diagnosis import Diagnosis, Severity
from cardtool.rules import diagnose
from cardtool.text import Text
from cardtool.views.people import contents, html, terminal
from tests.desks import (
    AT,
    AYSE,
    MEHMET,
    READER,
    SECOND,
    desk,
    module,
    nes,
    only,
    reader,
    slot,
    token,
)

ENGLISH = Text("en")
READY = ("CKF_USER_PIN_INITIALIZED",)
TWO_READERS = (reader(), reader(name=SECOND))
LOCKED = (*READY, "CKF_USER_PIN_LOCKED")
LAST_TRY = (*READY, "CKF_USER_PIN_FINAL_TRY")


def _one(flags: tuple[str, ...], days: int) -> Diagnosis:
    """Judge a card that ends in so many days."""
    ending = nes(ends_at=AT + timedelta(days=days))
    return diagnose(desk(modules=(module(slot(token(ending, flags=flags))),)), AT)


def _two(mine: tuple[str, ...], theirs: tuple[str, ...]) -> Diagnosis:
    """Judge the cards of two people at one computer."""
    first = slot(token(nes(person=AYSE, serial="01"), flags=mine))
    second = slot(token(nes(person=MEHMET, serial="02"), flags=theirs), SECOND, slot_id=1)
    return diagnose(desk(TWO_READERS, (module(first, second),)), AT)


def _told(diagnosis: Diagnosis) -> list[tuple[str, list[int]]]:
    """Return the code of each act and the numbers of its steps."""
    return [
        (act.finding.code, [number for _, steps in act.steps for number, _ in steps])
        for act in contents.acts(diagnosis, ENGLISH)
    ]


@pytest.mark.parametrize(
    ("flags", "days", "first", "verdict"),
    [
        (LOCKED, 5, "pin-locked", "pin-locked"),
        (LAST_TRY, 5, "pin-final-try", "nes-expiring-critical"),
        (LAST_TRY, 20, "pin-final-try", "pin-final-try"),
        ((), 20, "pin-never-set", "pin-never-set"),
        (("CKF_SO_PIN_LOCKED",), 20, "puk-locked", "pin-never-set"),
        ((*LOCKED, "CKF_SO_PIN_LOCKED"), 60, "pin-and-puk-locked", "pin-and-puk-locked"),
        ((*READY, "CKF_USER_PIN_TO_BE_CHANGED"), 60, "pin-to-be-changed", "pin-to-be-changed"),
    ],
)
def test_what_keeps_the_card_from_signing_its_renewal_comes_first(
    flags: tuple[str, ...], days: int, first: str, verdict: str
) -> None:
    judged = _one(flags, days)

    assert judged.todo[0] == first
    assert [code.startswith("nes-expiring") for code in judged.todo if "desk" not in code][-1]
    assert judged.verdict == verdict


def test_a_wrong_entry_of_the_pin_does_not_come_before_a_renewal() -> None:
    judged = _one((*READY, "CKF_USER_PIN_COUNT_LOW"), 20)

    assert judged.todo == ("nes-expiring-soon", "pin-count-low", "desk-ready")


def test_steps_of_several_troubles_are_numbered_through_under_the_name_of_each() -> None:
    judged = _one(LOCKED, 5)
    acts = contents.acts(judged, ENGLISH)

    assert _told(judged) == [("pin-locked", [1, 2]), ("nes-expiring-critical", [3, 4, 5])]
    assert [act.titles for act in acts] == [
        ["The PIN of the card is locked"],
        ["The e-signature certificate ends very soon"],
    ]
    (page,) = terminal.render([judged], ENGLISH)
    assert page.index("What to do\n  The PIN of the card is locked\n  1. ") < page.index("\n  3. ")
    whole = "".join(html.render([judged], ENGLISH))
    assert '<p class="trouble">The PIN of the card is locked</p>' in whole
    assert whole.count(">What to do<") == 1
    assert '<ol class="steps" start="3">' in whole


def test_a_single_trouble_has_no_name_above_its_steps() -> None:
    assert [act.titles for act in contents.acts(_one(LOCKED, 400), ENGLISH)] == [[]]


def test_what_two_cards_need_alike_is_said_once_for_both_holders() -> None:
    judged = _two(LOCKED, LOCKED)
    (act,) = contents.acts(judged, ENGLISH)

    assert act.titles == [
        f"The PIN of the card is locked ({AYSE[1]}, {READER})",
        f"The PIN of the card is locked ({MEHMET[1]}, {SECOND})",
    ]
    assert _told(judged) == [("pin-locked", [1, 2])]


def test_the_holder_of_a_locked_card_is_named_and_the_card_that_can_sign() -> None:
    judged = _two(LOCKED, READY)

    assert AYSE[1] in ENGLISH.says(judged.deciding)
    locked, ready = contents.acts(judged, ENGLISH)
    assert locked.finding.facts["holder"] == AYSE[1]
    assert (ready.titles, ready.steps) == ([f"A card that can sign: {MEHMET[1]}, {SECOND}"], [])
    (page,) = terminal.render([judged], ENGLISH)
    assert "If signing still fails" not in page


def test_a_step_that_closes_is_told_with_the_last_trouble_and_others_with_the_first() -> None:
    judged = _one(LOCKED, 5)
    pin, ending = judged.findings[:2]
    steps = ("do-not-guess", "run-again")
    both = tuple(replace(one, steps=steps, actors=()) for one in (pin, ending))
    told = contents.acts(replace(judged, findings=both), ENGLISH)

    assert [[step for _, rows in act.steps for _, step in rows] for act in told] == [
        ["do-not-guess"],
        ["run-again"],
    ]


def test_a_trouble_whose_steps_are_all_told_has_no_part_of_its_own() -> None:
    judged = _one(LOCKED, 5)
    pin, ending = judged.findings[:2]
    same = (pin, replace(ending, steps=pin.steps[:1], actors=()))

    assert _told(replace(judged, findings=same)) == [("pin-locked", [1, 2])]


def test_a_next_card_that_waits_says_until_when_the_present_one_is_used_and_what_then() -> None:
    end = AT + timedelta(days=10)
    next_one = nes(begins_at=end + timedelta(seconds=1), ends_at=end + timedelta(days=900))
    slots = slot(token(nes(ends_at=end, serial="01"))), slot(token(next_one), SECOND, slot_id=1)
    judged = diagnose(desk(TWO_READERS, (module(*slots),)), AT)

    assert (judged.severity, judged.todo) == (Severity.OK, ("nes-next-card", "desk-ready"))
    (page,) = terminal.render([judged], ENGLISH)
    todo = page[page.index("What to do") :]
    assert "ends (11 October 2026 09:00). 2. " in " ".join(todo.split())
    assert SECOND in " ".join(todo.split())


@pytest.mark.parametrize(
    ("left", "said"),
    [
        (timedelta(hours=5, minutes=7), "Time left (hours:minutes): 5:07."),
        (timedelta(days=9), "has passed: apply today."),
        (timedelta(days=20), "has passed: apply today."),
        (timedelta(days=60), "Safe to apply until: "),
        (timedelta(minutes=-6), "expired within the last 24 hours"),
        (timedelta(days=-2), "Days since its end: 2."),
    ],
)
def test_the_last_hours_and_the_safe_day_that_has_passed_are_said(
    left: timedelta, said: str
) -> None:
    judged = diagnose(desk(modules=(module(slot(token(nes(ends_at=AT + left)))),)), AT)

    assert said in ENGLISH.says(judged.deciding)


@pytest.mark.parametrize("hours", [5, 50])
def test_a_certificate_that_begins_within_a_day_says_so(hours: int) -> None:
    new = nes(begins_at=AT + timedelta(hours=hours))
    found = only(desk(modules=(module(slot(token(new))),)), "nes-not-yet-valid")

    assert ("begins within 24 hours" in ENGLISH.says(found)) == (hours < 24)


def test_the_reason_of_a_revocation_is_said_in_words_and_any_other_as_it_is() -> None:
    facts = {"reason": "keyCompromise"}
    finding = replace(_one(LOCKED, 400).findings[0], code="nes-revoked", facts=facts)

    assert "lost or in other hands (keyCompromise)" in ENGLISH.says(finding)
    odd = replace(finding, facts={"reason": "somethingElse"})
    assert "Reason: somethingElse." in ENGLISH.says(odd)
