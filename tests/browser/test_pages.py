# SPDX-License-Identifier: Apache-2.0
"""Every page in Chromium: on a telephone, a desk and paper, by the rules of axe-core (WCAG)."""

import re

import pytest
from msgspec.structs import replace

from cardtool.catalog import procedures
from cardtool.model.redact import mask
from cardtool.practice import load, names
from cardtool.rules import diagnose
from cardtool.text import LANGUAGES, Text
from cardtool.views import view
from cardtool.views.paper import Paper
from tests.browser.conftest import Opens
from tests.golden.desk import AT, ZONE, hostile
from tests.golden.write import html

pytestmark = pytest.mark.real

PHONE, SHEET, DESK = 360, 794, 1280
"""CSS pixels; a sheet of A4 is 210 mm at 96 to the inch."""

HALO = 4
"""Pixels of white around the words of a drawing."""

_SHEETS = 2
"""Of one desk: the first is for the person, the second for those who repair or for a procedure."""

_NUMBER = 18
"""Pixels that the number of a step needs."""

_FREE = """Math.min(99, ...[...document.querySelectorAll(".steps > li")].filter(
  (step) => step.offsetWidth).map((step) => step.getBoundingClientRect().left
  - step.closest("section").getBoundingClientRect().left))"""
"""How far from the edge of its part the step that is nearest begins."""

every_language = pytest.mark.parametrize("language", LANGUAGES)
every_profile = pytest.mark.parametrize("profile", procedures.SHIPPED)
HOSTILE = (
    "\x1b[2J</style></title><script>document.title='run'</script><img src=https://evil.example/x>"
    '" onload="a()\u202ehttps://evil.example/login\u2066\ud800\x00' + "W" * 300
)


def _case(name: str, language: str) -> str:
    case = load(name)
    shown = replace(diagnose(mask(case.snapshot), case.at), practice=case.about_in(language))
    return html([shown], language)


def _is_fit(opens: Opens, body: str, language: str, axe: str = "") -> str:
    """See that a page fits every width, breaks no rule and asks for nothing; return its title.

    Without the rules, which take a second, the rest is seen.
    """
    opened = opens(body)
    for width in (DESK, SHEET, PHONE):
        assert opened.wide(width) <= width
    assert opened.page.get_attribute("html", "lang") == language
    for landmark in ("banner", "main", "contentinfo"):
        assert opened.page.get_by_role(landmark).count() == 1, landmark
    if axe:
        assert opened.faults(axe) == []
        opened.wide(DESK)
        assert opened.faults(axe) == []
    assert opened.asked == []
    return opened.page.title()


@every_language
@pytest.mark.parametrize("name", names())
def test_a_described_desk(opens: Opens, axe: str, name: str, language: str) -> None:
    case, text = load(name), Text(language, ZONE)

    title = _is_fit(opens, _case(name, language), language, axe)

    assert title == text.label("html-title", host=case.snapshot.host.name)


@every_language
@pytest.mark.parametrize("name", names())
def test_a_described_desk_prints_on_two_sheets(opens: Opens, name: str, language: str) -> None:
    opened = opens(_case(name, language))

    assert opened.sheets() == _SHEETS
    opened.page.emulate_media(media="print")
    assert opened.page.locator(".technical").first.is_visible()
    assert opened.page.evaluate(_FREE) >= _NUMBER


@every_language
def test_a_desk_on_which_everything_is_hostile(opens: Opens, axe: str, language: str) -> None:
    body = html([diagnose(mask(hostile(HOSTILE)), AT)], language)

    assert _is_fit(opens, body, language, axe) != "run"


def test_all_desks_on_one_page(opens: Opens, axe: str) -> None:
    diagnoses = [diagnose(mask(load(name).snapshot), load(name).at) for name in names()]

    title = _is_fit(opens, html(diagnoses, "tr", Paper(titled=True)), "tr", axe)

    assert title == Text("tr").label("html-desks")


def _unguarded(body: str) -> str:
    """Return a page without its policy, which refuses a style that was changed."""
    return re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", body)


def test_a_style_that_was_changed_is_refused(opens: Opens) -> None:
    body = _case("sound", "tr").replace("</style>", "main { position: fixed; }</style>")

    page = opens(body).page

    assert page.evaluate("getComputedStyle(document.querySelector('main')).position") == "static"


def test_the_rules_find_what_breaks_them(opens: Opens, axe: str) -> None:
    body = _case("sound", "tr")
    pale = _unguarded(body).replace("--ink: #17202b", "--ink: #c1c2c3")

    faults = opens(pale.replace('<html lang="tr">', "<html>")).faults(axe)

    assert {each.split(":")[0] for each in faults} >= {"color-contrast", "html-has-lang"}


def test_a_colour_on_a_ground_that_the_rules_cannot_see_is_a_fault(opens: Opens, axe: str) -> None:
    body = _case("sound", "tr")
    hidden = _unguarded(body).replace(
        "</style>", ".says { background: linear-gradient(#fff, #000); }</style>"
    )

    faults = opens(hidden).faults(axe)

    assert hidden != body
    assert {each.split(":")[0] for each in faults} == {"color-contrast"}


@every_language
def test_what_is_drawn_lies_on_the_page(opens: Opens, language: str) -> None:
    opened = opens(_case("nes-expiring", language))

    assert opened.page.locator("svg.line text").count() > 0
    for width in (PHONE, DESK):
        opened.wide(width)
        drawing = opened.page.locator("svg.line").bounding_box()
        assert drawing is not None
        for words in opened.page.locator("svg.line text").all():
            box = words.bounding_box()
            assert box is not None
            right, foot = drawing["x"] + drawing["width"], drawing["y"] + drawing["height"]
            assert drawing["x"] - HALO <= box["x"], words.inner_html()
            assert box["x"] + box["width"] <= right + HALO, words.inner_html()
            assert drawing["y"] - HALO <= box["y"] <= foot - box["height"] + HALO


@every_language
@every_profile
def test_every_procedure(opens: Opens, axe: str, profile: str, language: str) -> None:
    institution = procedures.institution(profile)
    text = Text(language, ZONE, institution=institution.values())
    guides = [procedures.guide(each, None, institution) for each in procedures.load().values()]

    title = _is_fit(opens, "".join(view("html", "guide")(guides, text)), language, axe)

    assert title == ", ".join(text.procedure(each.name, "title") for each in guides)


@every_language
@every_profile
def test_each_procedure_prints_on_one_sheet(opens: Opens, profile: str, language: str) -> None:
    """Each begins a sheet, so that as many as there are means that none needs a second."""
    institution = procedures.institution(profile)
    text = Text(language, ZONE, institution=institution.values())
    guides = [procedures.guide(each, None, institution) for each in procedures.load().values()]

    assert opens("".join(view("html", "guide")(guides[:1], text))).sheets() == 1
    assert opens("".join(view("html", "guide")(guides, text))).sheets() == len(guides)


@every_language
def test_an_address_is_read_on_paper_as_well(opens: Opens, language: str) -> None:
    opened = opens(_case("nes-expiring", language))
    opened.page.emulate_media(media="print")

    links = opened.page.locator("a[href^=http]").all()

    assert links
    assert all(link.get_attribute("href") == link.inner_text() for link in links)


def test_who_uses_the_keyboard_sees_where_they_are(opens: Opens) -> None:
    opened = opens(_case("nes-expiring", "tr"))
    opened.page.keyboard.press("Tab")

    outline = opened.page.evaluate("getComputedStyle(document.activeElement).outlineStyle")

    assert opened.page.evaluate("document.activeElement.tagName") == "INPUT"
    assert outline == "solid"
