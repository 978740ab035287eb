# SPDX-License-Identifier: Apache-2.0
"""What a person sees first: a mark for each link, the days that are left, and what to do."""

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from msgspec.structs import replace

from cardtool.catalog import procedures
from cardtool.model.diagnosis import Diagnosis, Link, Severity
from cardtool.model.redact import mask
from cardtool.rules import diagnose
from cardtool.rules.codes import finding
from cardtool.text import LANGUAGES, Text
from cardtool.views.paper import Paper
from cardtool.views.people.contents import timed, when
from cardtool.views.people.marks import Mark, chained, marked
from cardtool.views.people.terminal import render
from tests.described import FILES, PRACTICE, read
from tests.desks import holding, nes
from tests.golden.desk import ZONE
from tests.golden.write import html
from tests.page import blocks

CASES = sorted(PRACTICE.glob("*.json"))

every_case = pytest.mark.parametrize("file", CASES, ids=lambda file: file.stem)
every_language = pytest.mark.parametrize("language", LANGUAGES)

AT = datetime(2026, 10, 1, 9, tzinfo=UTC)


def _diagnosis(name: str) -> Diagnosis:
    case = read(PRACTICE / f"{name}.json")
    return diagnose(mask(case.desk()), case.at)


@every_case
def test_the_computer_and_the_signing_program_are_never_ticked(file: Path) -> None:
    marks = dict(chained(_diagnosis(file.stem)))

    assert list(marks) == list(Link)
    assert Mark.OK not in (marks[Link.HOST], marks[Link.APPLICATION])


def test_what_was_not_looked_at_is_marked_as_that_and_what_is_neither_as_that() -> None:
    marks = dict(chained(_diagnosis("reader-missing")))
    odd = _diagnosis("sound")
    odd = replace(odd, findings=(*odd.findings, finding("clock-zone", offset="+01:00")))

    assert marked(finding("desk-ready", reader="r", holder="h")) is Mark.NEUTRAL
    assert marks[Link.HOST] is Mark.NEUTRAL
    assert marks[Link.SERVICE] is Mark.OK
    assert marks[Link.READER] is Mark.CRITICAL
    assert {marks[link] for link in Link if link.place > Link.READER.place} == {Mark.UNSEEN}
    assert dict(chained(odd))[Link.HOST] is Mark.NEUTRAL


def test_a_root_that_only_its_name_tells_of_leaves_the_certificate_unknown() -> None:
    case = read(next(file for file in FILES if file.stem == "nes-root-of-provider"))
    diagnosis = diagnose(mask(case.desk()), case.at)

    assert diagnosis.severity is Severity.UNKNOWN
    assert dict(chained(diagnosis))[Link.CERTIFICATE] is Mark.UNKNOWN


def test_a_wrong_clock_leaves_the_certificate_neither_good_nor_bad() -> None:
    clock = dict(chained(_diagnosis("clock-behind")))
    sound = dict(chained(_diagnosis("sound")))

    assert clock[Link.CERTIFICATE] is Mark.NEUTRAL
    assert clock[Link.CARD] is Mark.OK
    assert sound[Link.CERTIFICATE] is Mark.OK


def test_the_worst_of_a_link_marks_it() -> None:
    marks = dict(chained(_diagnosis("nes-expiring")))

    assert marks[Link.CERTIFICATE] is Mark.WARNING
    assert marks[Link.APPLICATION] is Mark.UNSEEN


def test_the_days_are_those_of_the_verdict_or_of_the_only_certificate() -> None:
    expiring, locked = _diagnosis("nes-expiring"), _diagnosis("pin-locked")
    valid = next(each for each in locked.findings if each.code == "nes-valid")
    two = replace(locked, findings=(*locked.findings, valid))

    assert timed(expiring) is expiring.deciding
    assert timed(locked) is valid
    assert timed(two) is None
    assert timed(_diagnosis("reader-missing")) is None
    pin, *others = locked.findings
    elsewhere = replace(pin, facts={**pin.facts, "reader": "ACS ACR39U ICC Reader 01 00"})
    assert timed(replace(locked, findings=(elsewhere, *others))) is None


@pytest.mark.parametrize(
    ("name", "kind"), [("sound", "left"), ("nes-expired", "past"), ("nes-not-yet-valid", "wait")]
)
def test_a_certificate_stands_in_time_as_its_finding_says(name: str, kind: str) -> None:
    deciding = _diagnosis(name).deciding
    fact = "not_before_at" if kind == "wait" else "not_after_at"

    assert when(deciding) == (kind, datetime.fromisoformat(str(deciding.facts[fact])))
    assert deciding.severity is (Severity.OK if name == "sound" else deciding.severity)


@pytest.mark.parametrize(
    ("kind", "span", "turkish", "english"),
    [
        ("left", timedelta(days=29, hours=23), "29 gün kaldı, 31 Ekim", "29 days left, 31 October"),
        ("left", timedelta(days=1), "1 gün kaldı, 2 Ekim", "1 day left, 2 October"),
        (
            "left",
            timedelta(days=100),
            "100 gün kaldı, 9 Ocak 2027",
            "100 days left, 9 January 2027",
        ),
        (
            "left",
            timedelta(hours=23, minutes=59),
            "23 saat kaldı, 2 Ekim 11:59",
            "23 hours left, 2 October 11:59",
        ),
        ("left", timedelta(hours=1), "1 saat kaldı, 1 Ekim 13:00", "1 hour left, 1 October 13:00"),
        (
            "left",
            timedelta(minutes=59),
            "59 dakika kaldı, 1 Ekim 12:59",
            "59 minutes left, 1 October 12:59",
        ),
        (
            "left",
            timedelta(seconds=5),
            "1 dakika kaldı, 1 Ekim 12:00",
            "1 minute left, 1 October 12:00",
        ),
        (
            "past",
            timedelta(days=-20),
            "20 gün önce doldu, 11 Eylül",
            "Expired 20 days ago, 11 September",
        ),
        (
            "past",
            timedelta(days=-1, hours=-13),
            "2 gün önce doldu, 29 Eylül",
            "Expired 2 days ago, 29 September",
        ),
        (
            "wait",
            timedelta(days=12),
            "12 gün sonra başlıyor, 13 Ekim",
            "Begins in 12 days, 13 October",
        ),
    ],
)
def test_days_and_day_are_told_as_people_say_them(
    kind: str, span: timedelta, turkish: str, english: str
) -> None:
    assert Text("tr", ZONE).near(kind, AT + span, AT) == turkish
    assert Text("en", ZONE).near(kind, AT + span, AT) == english


def test_days_since_the_end_are_the_same_number_wherever_they_are_shown() -> None:
    end = datetime.fromisoformat("2026-09-28T23:59:59+03:00")
    at = datetime.fromisoformat("2026-10-01T00:30:00+03:00")
    expired = diagnose(holding(nes(ends_at=end)), at).deciding
    in_berlin = Text("en", timezone(timedelta(hours=2)))

    assert "Days since its end: 3." in in_berlin.says(expired)
    assert in_berlin.near("past", end, at) == "Expired 3 days ago, 28 September"


_LIMIT = 22
"""Lines: a terminal of 24 still shows the verdict above the prompt."""

_LIMIT_WHEN_WELL = 12

WHERE = procedures.institution().values()


def _screen(diagnosis: Diagnosis, language: str, **paper: bool) -> list[str]:
    (page,) = render([diagnosis], Text(language, ZONE, institution=WHERE), Paper(**paper))
    return page.splitlines()


@every_case
@every_language
@pytest.mark.parametrize("symbols", [True, False])
def test_the_screen_of_every_practice_case_is_short(
    file: Path, language: str, *, symbols: bool
) -> None:
    diagnosis = replace(_diagnosis(file.stem), practice=file.stem)

    lines = _screen(diagnosis, language, symbols=symbols)

    is_well = diagnosis.severity is Severity.OK
    assert len(lines) <= (_LIMIT_WHEN_WELL if is_well else _LIMIT)
    assert max(map(len, lines)) <= 80
    assert Text(language).label(f"severity-{diagnosis.severity.value}") in lines[1]
    assert "`-v`" in lines[-1]


@every_language
def test_all_that_is_to_be_done_with_the_next_card_is_shown(language: str) -> None:
    case = read(next(file for file in FILES if file.stem == "nes-next-card-in-second-reader"))
    diagnosis = diagnose(case.desk(), case.at)
    (next_card,) = (each for each in diagnosis.findings if each.code == "nes-next-card")

    lines = _screen(diagnosis, language)

    assert len(next_card.steps) == 3
    assert [line[2] for line in lines if line[:2] == "  " and line[3:4] == "."] == ["1", "2", "3"]
    assert len(lines) <= _LIMIT


@every_language
def test_a_finding_without_a_number_is_named_by_its_code(language: str) -> None:
    diagnosis = _diagnosis("card-mute")
    old = replace(diagnosis, findings=(replace(diagnosis.deciding, number=""),))

    assert _screen(old, language)[0].endswith("(card-mute)")
    assert f"{Text(language).label('severity-critical')} (card-mute)" in blocks(
        html([old], language)
    )


@every_case
@every_language
def test_the_screen_names_no_device_and_its_code_by_number(file: Path, language: str) -> None:
    diagnosis = _diagnosis(file.stem)
    lines = _screen(diagnosis, language)
    numbers = [each for each in ("072F:", "3B9F") if any(each in line for line in lines[:3])]

    assert diagnosis.verdict not in " ".join(lines)
    assert f"({diagnosis.deciding.number})" in " ".join(lines[:4])
    assert numbers == []
    assert diagnosis.snapshot.tool not in " ".join(lines)


@every_language
def test_a_reader_that_is_gone_is_named_with_the_day_of_the_last_check_that_saw_it(
    language: str,
) -> None:
    file = next(file for file in FILES if file.stem == "reader-gone")
    case = read(file)

    told = " ".join(_screen(diagnose(case.desk(), case.at), language)[:3])

    assert "ACS ACR39U ICC Reader" in told
    assert "21 " in told


def test_the_days_of_a_persons_certificate_are_not_shown_under_the_end_of_a_seal() -> None:
    case = read(next(file for file in FILES if file.stem == "seal-expiring-in-eighty-days"))
    found = diagnose(case.desk(), case.at)

    told = " ".join(_screen(found, "en")[:4])

    assert [finding.code for finding in found.findings if when(finding)] == ["nes-valid"]
    assert "It is time to renew the seal" in told
    assert " left" not in told


def test_a_screen_counts_the_days_until_a_certificate_begins_by_the_dates() -> None:
    begins, at = "2026-12-01T06:00:00+00:00", "2026-11-26T13:00:00+00:00"
    moments = map(datetime.fromisoformat, (begins, at))

    assert Text("en").near("wait", *moments) == "Begins in 5 days, 1 December"
