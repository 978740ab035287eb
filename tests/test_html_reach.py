# SPDX-License-Identifier: Apache-2.0
"""Buttons, letters, QR codes and technical rows of the page, and its large number of days."""

import os
import re
import subprocess
import sys
from datetime import timedelta
from urllib.parse import parse_qs

import pytest
from msgspec.structs import replace

from cardtool.catalog import procedures, providers
from cardtool.model.diagnosis import Actor, Diagnosis
from cardtool.model.redact import mask
from cardtool.model.snapshot import Failure
from cardtool.practice import load
from cardtool.rules import diagnose
from cardtool.text import LANGUAGES, Text
from cardtool.views.people import contents, reach, technical
from tests.desks import nes
from tests.golden.desk import AT, ZONE, desk, held
from tests.golden.write import html
from tests.page import Page, blocks

every_language = pytest.mark.parametrize("language", LANGUAGES)


def _case(name: str) -> Diagnosis:
    case = load(name)
    return diagnose(mask(case.snapshot), case.at)


def _links(page: str) -> list[str]:
    return [one["href"] or "" for name, one in Page(page).tags if name == "a"]


@every_language
def test_the_letter_says_what_is_wrong_who_asks_where_and_when(language: str) -> None:
    diagnosis, text = _case("nes-expiring"), Text(language, ZONE)

    (letter,) = [each for each in _links(html([diagnosis], language)) if "mailto" in each]

    said = parse_qs(letter.partition("?")[2])
    assert said["subject"] == [text.label("letter-subject", host="masa-17")]
    (body,) = said["body"]
    assert text.plainly(diagnosis.deciding, diagnosis.at, with_reader=False) in body
    assert body.count("AYŞE ÖRNEK") == body.count("ACR39U") == 1
    assert "UTC" not in body
    assert f"{text.label('sign-holder')}: AYŞE ÖRNEK" in body
    assert f"{text.day(diagnosis.at)}, 12:00" in body
    assert f"{text.label('support')}: {diagnosis.deciding.number}" in body


@every_language
def test_the_letter_to_the_it_desk_has_what_experts_read(language: str) -> None:
    diagnosis, text = _case("driver-crashed"), Text(language, ZONE)

    (letter,) = [each for each in _links(html([diagnosis], language)) if "mailto" in each]

    (body,) = parse_qs(letter.partition("?")[2])["body"]
    assert text.says(diagnosis.deciding) in body
    assert str(diagnosis.deciding.facts["module"]) in body


def test_a_letter_that_is_too_long_ends_between_two_letters() -> None:
    diagnosis = diagnose(mask(desk(host="ş" * 900)), AT)

    letter = reach.letter(diagnosis, Text("tr", ZONE), is_for_it=True)

    assert len(letter) < 2048
    said = parse_qs(letter.partition("?")[2], errors="strict")
    assert "ş" in said["subject"][0]


def test_who_is_well_needs_nobody() -> None:
    page = html([_case("sound")], "en")

    assert _links(page) == []
    assert Text("en").label("html-nothing") in blocks(page)


def test_the_number_to_call_is_that_of_the_provider_who_issued() -> None:
    institution = procedures.institution()
    text = Text("en", ZONE, institution=institution.values())
    guides = {
        name: procedures.guide(each, None, institution) for name, each in procedures.load().items()
    }
    known = next(one for one in providers.load() if one.phone)
    silent = next(one for one in providers.load() if not one.phone and one.id != "kamu-sm")
    bad = replace(_case("nes-expired").deciding, actors=(Actor.PROVIDER,))

    def called(road: dict[str, str], step: str = "ask-own-provider") -> list[str]:
        act = contents.acts_of(replace(bad, road=road, steps=(step,)), text)[0]
        page = reach.Page(_case("nes-expired"), text, guides, lambda *_: (), is_live=False)
        return [way.href for way in reach.ways([act], page) if way.kind == "call"]

    assert called({}, "call-provider") == ["tel:4445576"]
    assert called({}, "renew-online") == []
    assert called({"own_provider": known.contact}) == [f"tel:{known.phone.replace(' ', '')}"]
    assert called({"own_provider": silent.contact}) == []
    assert called({"own_provider": "EVIL (0900 111 22 33)"}) == []


_STANDS_OUT = {
    "nes-expiring": ("html-write-officer", "mailto:"),
    "nes-expiring-soon": ("procedure", "#renewal"),
    "pin-locked": ("html-open", "https://"),
    "service-stopped": ("html-write", "mailto:"),
    "driver-missing": ("html-write", "mailto:"),
    "card-mute": ("", ""),
    "nes-expired": ("html-write-officer", "mailto:"),
}
"""Practice case -> the words of what its first step is, and where that leads; empty: nowhere."""


@every_language
@pytest.mark.parametrize("name", _STANDS_OUT)
def test_what_the_first_step_is_stands_out_and_nothing_else(name: str, language: str) -> None:
    label, href = _STANDS_OUT[name]
    text = Text(language, ZONE)
    words = {
        "": "",
        "procedure": text.procedure("renewal", "title"),
        "html-open": text.label("html-open", page="{}").split("{}")[0],
    }.get(label) or (text.label(label) if label else "")

    page = html([_case(name)], language)

    found = re.findall(r'<a class="first" href="([^"]+)" rel="noreferrer">(.+?)</a>', page)
    assert len(found) == bool(label)
    assert all(to.startswith(href) and words in re.sub("<[^>]+>", "", said) for to, said in found)


def test_who_must_only_look_again_presses_a_button() -> None:
    text = Text("tr", ZONE)
    finding = replace(_case("card-missing").deciding, steps=("run-again",), actors=(Actor.YOU,))
    diagnosis = replace(_case("card-missing"), findings=(finding,))

    followed, saved = (
        reach.ways(
            contents.acts(diagnosis, text),
            reach.Page(diagnosis, text, {}, lambda *_: (), is_live=is_live),
        )
        for is_live in (True, False)
    )

    assert [(way.kind, way.is_first) for way in followed] == [("again", True)]
    assert saved == []


def test_steps_that_come_later_offer_no_button_to_look_again() -> None:
    diagnosis, text = _case("card-missing"), Text("tr", ZONE)
    page = reach.Page(diagnosis, text, {}, lambda *_: (), is_live=True)

    assert reach.ways(contents.acts(diagnosis, text), page) == []


def test_nobody_is_called_about_what_is_repaired_at_the_desk() -> None:
    links = _links(html([_case("service-stopped")], "en"))

    assert [each.partition(":")[0] for each in links] == ["mailto"]


def test_the_pages_of_the_steps_are_links_and_each_has_a_code_on_paper() -> None:
    diagnosis = _case("driver-missing")
    page = html([diagnosis], "tr")

    pages = [each for each in _links(page) if each.startswith("https://")]

    assert len(set(pages)) > 1
    assert page.count('class="qr"') >= len(set(pages))
    scanned = re.findall(r'<span class="page">([^<]+)</span>', page)
    assert {each.removeprefix("https://") for each in pages} <= set(scanned)


def test_two_addresses_have_different_codes_and_the_same_one_only_one() -> None:
    one, other = "https://www.kamusm.gov.tr", "https://onlineislemler.kamusm.gov.tr"

    codes = reach.codes([one, other, one])

    assert [page for page, _ in codes] == [one, other]
    assert codes[0][1] != codes[1][1]


@pytest.mark.parametrize(
    ("ends", "number", "kind"),
    [
        (timedelta(days=29, hours=3), "29", "left"),
        (timedelta(days=-20), "20", "past"),
        (timedelta(hours=5), "5", "left"),
        (timedelta(minutes=7), "7", "left"),
    ],
)
@every_language
def test_the_large_number_is_that_of_days_hours_or_minutes(
    ends: timedelta, number: str, kind: str, language: str
) -> None:
    page = html([diagnose(mask(desk(held(nes(ends_at=AT + ends)))), AT)], language)

    (shown,) = re.findall(r'<p class="left-days (\w+) \w+">.*?<b>(\d+)</b>', page)

    assert shown == (kind, number)


def test_the_days_of_a_certificate_that_is_well_have_its_own_colour() -> None:
    assert '<p class="left-days left ok">' in html([_case("pin-locked")], "tr")
    assert '<p class="left-days past critical">' in html([_case("nes-expired")], "tr")


def test_a_certificate_that_waits_says_when_it_begins() -> None:
    text, diagnosis = Text("en", ZONE), _case("nes-not-yet-valid")

    begins = contents.when(diagnosis.deciding)

    assert begins
    assert f">{text.plain_day(begins[1], diagnosis.at)}<" in html([diagnosis], "en")
    assert re.search(r"<b>12</b>", html([diagnosis], "en"))


def test_a_drawing_helps_where_a_card_has_to_be_put_in_or_a_reader_plugged_in() -> None:
    text = Text("en")
    names = ("card-mute", "card-missing", "reader-missing", "session-remote-desktop", "sound")

    pages = {name: blocks(html([_case(name)], "en")) for name in (*names, "nes-expired")}

    shown = {
        what: [name for name, page in pages.items() if text.label(f"html-picture-{what}") in page]
        for what in ("card", "reader")
    }
    assert shown == {
        "card": ["card-mute", "card-missing"],
        "reader": ["reader-missing", "session-remote-desktop"],
    }


def test_those_who_repair_see_answers_of_cards_and_versions_of_drivers() -> None:
    text = Text("en", ZONE)
    sound, mute = _case("sound"), _case("card-mute")
    failed = replace(sound.snapshot, readers=Failure(api="pcsc", name="SCARD_E_NO_SERVICE"))
    module = replace(sound.snapshot.modules[0], info=None)
    silent = replace(sound, snapshot=replace(failed, modules=(module,)))

    rows = dict(technical.rows(sound, text))

    assert "3B9F978131FE458065544353228231C073F62180810553" in rows["Reader"]
    assert rows["Driver"] == "/usr/lib/libakisp11.so (2.7)"
    assert dict(technical.rows(mute, text))["Reader"] == "ACS ACR39U ICC Reader 00 00"
    assert "Reader" not in dict(technical.rows(silent, text))
    assert dict(technical.rows(silent, text))["Driver"] == "/usr/lib/libakisp11.so"


_FIRST_CARD = """
import sys
from cardtool.cli import showing
from cardtool.cli.asked import Asked
from cardtool.model.redact import mask
from cardtool.practice import load
from cardtool.rules import diagnose
import click
from cardtool.cli.commands.page import page
asked = Asked(page.make_context("page", ["--no-open"]), ("html",))
cases = [load(name) for name in ("card-missing", "sound")]
empty, sound = [diagnose(mask(case.snapshot), case.at) for case in cases]
showing.live_page(asked, asked.text, empty)
showing.ready_live_page(asked)
loaded = set(sys.modules)
assert "days left" in showing.live_page(asked, asked.text, sound)
print(sorted(set(sys.modules) - loaded))
"""


def test_for_the_first_card_on_the_page_nothing_has_to_be_loaded() -> None:
    command = [sys.executable, "-c", _FIRST_CARD]
    env = {**os.environ, "CARDTOOL_LANG": "en", "LC_ALL": "C.UTF-8", "LANGUAGE": "en"}

    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)

    assert (done.stdout, done.returncode) == ("[]\n", 0), done.stderr
