# SPDX-License-Identifier: Apache-2.0
"""The page that follows the workstation, in Chromium on a real PC/SC service."""

import json
import re
from typing import Literal
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, Route, expect

from cardtool.text import Text
from tests.browser.conftest import faults
from tests.real.desks import AT, NAME, NUMBER, akis, nes
from tests.rig.card import mute_card
from tests.rig.live import LivePage
from tests.rig.pcsc import PcscService

pytestmark = pytest.mark.real

_LIMIT_MS = 30_000
TEXT = Text("tr")


def _says(tab: Page, code: str, severity: str) -> None:
    """Wait until the page's verdict is one of this code, and nothing is going on."""
    words = TEXT.means(code).split("`")[0][:60]
    expect(tab.locator(f".verdict.{severity}")).to_contain_text(words, timeout=_LIMIT_MS)
    expect(tab.locator("#live")).not_to_have_class(re.compile("checking"), timeout=_LIMIT_MS)


def _opened(service: PcscService) -> LivePage:
    return LivePage(service.env, "--lang", "tr", "--at", AT.isoformat(), "--timeout", "5")


def test_the_page_follows_the_card(tab: Page) -> None:
    with PcscService(1) as service, _opened(service) as live:
        tab.goto(live.address)
        _says(tab, "card-missing", "critical")

        service.insert(akis(nes(400)))
        _says(tab, "nes-valid", "ok")

        service.remove()
        _says(tab, "card-missing", "critical")

        service.insert(akis(nes(-3)))
        _says(tab, "nes-expired", "critical")

        service.insert(mute_card())
        _says(tab, "card-mute", "critical")


def test_the_page_follows_the_service(tab: Page) -> None:
    service = PcscService(1)
    with _opened(service) as live:
        tab.goto(live.address)
        _says(tab, "service-stopped", "critical")
        with service:
            _says(tab, "card-missing", "critical")
            service.insert(akis(nes(400)))
            _says(tab, "nes-valid", "ok")
            service.stop()
            _says(tab, "service-stopped", "critical")


def test_a_reader_whose_name_is_a_program_runs_nothing(tab: Page) -> None:
    name = "</script><img src=x onerror=document.title='run'><script>document.title='run'</script>"
    with PcscService(1, names=(name[:60],)) as service, _opened(service) as live:
        asked: list[str] = []
        tab.on("request", lambda request: asked.append(request.url))
        tab.goto(live.address)
        _says(tab, "card-missing", "critical")
        service.insert(akis(nes(400)))
        _says(tab, "nes-valid", "ok")

        assert tab.locator("img").count() == 0
        assert tab.title() != "run"
        assert {urlsplit(url).netloc for url in asked} == {f"127.0.0.1:{live.port}"}


def test_where_a_person_is_stays_when_the_page_is_made_anew(tab: Page) -> None:
    with PcscService(1) as service, _opened(service) as live:
        service.insert(akis(nes(20)))
        tab.goto(live.address)
        _says(tab, "nes-expiring-soon", "warning")
        tab.evaluate("document.querySelector('main').id = 'before'")
        link = tab.locator("main a").last
        link.focus()
        words = link.inner_text()
        tab.evaluate("fetch('again', {method: 'POST'})")
        expect(tab.locator("#before")).to_have_count(0, timeout=_LIMIT_MS)

        assert tab.evaluate("document.activeElement.innerText") == words
        assert tab.evaluate("document.querySelectorAll('main, #live').length") == 2


def test_the_page_changes_its_language(tab: Page) -> None:
    english = Text("en")
    with PcscService(1) as service, _opened(service) as live:
        tab.goto(live.address)
        _says(tab, "card-missing", "critical")
        tab.get_by_role("link", name="English").click()
        expect(tab.locator("html")).to_have_attribute("lang", "en")
        expect(tab.locator(".verdict")).to_contain_text(english.means("card-missing")[:60])
        service.insert(akis(nes(400)))

        words = english.means("nes-valid").split("`")[0][:60]
        expect(tab.locator(".verdict.ok")).to_contain_text(words, timeout=_LIMIT_MS)
        expect(tab.get_by_role("status")).to_contain_text(english.label("live-card-came"))
        expect(tab.get_by_role("link", name="Türkçe")).to_be_visible()


def test_what_it_needs_is_copied_without_the_person(tab: Page) -> None:
    tab.context.grant_permissions(["clipboard-read", "clipboard-write"])
    with PcscService(1) as service, _opened(service) as live:
        service.insert(akis(nes(400)))
        tab.goto(live.address)
        _says(tab, "nes-valid", "ok")
        tab.locator(".it summary").click()
        tab.get_by_role("button", name=TEXT.label("live-copy"), exact=True).press("Enter")
        expect(tab.get_by_role("status")).to_have_text(TEXT.label("live-copied"))

        copied = tab.evaluate("navigator.clipboard.readText()")
    assert f"{TEXT.label('html-codes')}: nes-valid (K-" in copied
    assert ": ATR 3B" in copied
    assert NAME not in copied
    assert NUMBER not in copied


def test_where_the_browser_refuses_to_copy_the_same_text_is_selected(tab: Page) -> None:
    with PcscService(1) as service, _opened(service) as live:
        service.insert(akis(nes(400)))
        tab.goto(live.address)
        _says(tab, "nes-valid", "ok")
        tab.evaluate("() => { navigator.clipboard.writeText = () => Promise.reject(); }")
        tab.locator(".it summary").click()
        tab.get_by_role("button", name=TEXT.label("live-copy"), exact=True).press("Enter")
        expect(tab.get_by_role("status")).to_have_text(TEXT.label("live-copy-refused"))

        selected = tab.evaluate("getSelection().toString()")
    assert "nes-valid (K-" in selected
    assert NAME not in selected


def test_what_the_hands_do_is_seen_step_by_step(tab: Page) -> None:
    seen, awaited = TEXT.label("hand-seen"), TEXT.label("hand-awaited")
    with PcscService(1) as service, _opened(service) as live:
        service.insert(mute_card())
        tab.goto(live.address)
        _says(tab, "card-mute", "critical")
        marks = tab.locator(".hands b")
        expect(marks).to_have_text([awaited, awaited])
        service.remove()
        _says(tab, "card-missing", "critical")
        expect(marks).to_have_text([seen, awaited])
        service.insert(mute_card())
        expect(marks).to_have_text([seen, seen], timeout=_LIMIT_MS)
        _says(tab, "card-mute", "critical")
        expect(marks).to_have_text([awaited, awaited])

        service.remove()
        _says(tab, "card-missing", "critical")
        service.insert(akis(nes(400)))
        _says(tab, "nes-valid", "ok")
        expect(marks).to_have_text([seen, seen])
        tab.get_by_role("button", name=TEXT.label("live-again")).click()
        expect(marks).to_have_count(0, timeout=_LIMIT_MS)


def test_a_style_in_the_page_is_refused(tab: Page) -> None:
    with PcscService(0) as service, _opened(service) as live:
        tab.goto(live.address)
        # the page may be there a moment before its style
        expect(tab.locator("#live")).to_have_css("position", "sticky", timeout=_LIMIT_MS)
        tab.evaluate(
            "() => { const style = document.createElement('style');"
            "style.textContent = '#live { position: fixed }'; document.head.append(style);"
            "document.getElementById('live').setAttribute('style', 'position: fixed') }"
        )

        assert (
            tab.evaluate("getComputedStyle(document.getElementById('live')).position") == "sticky"
        )


_FIRST = """<details><summary>IT</summary>x</details>
<details><summary>Other</summary></details>
<label><input type=checkbox> call</label> <label><input type=checkbox> write</label>
<p><a href=#a>one</a> <a href=#b>two</a></p>"""
_LATER = f"<p>new</p><label><input type=checkbox> ask</label>{_FIRST}"


def test_what_a_person_opened_ticked_and_reached_stays(tab: Page) -> None:
    """The stream is answered by the test, so that both pages have what a person can change."""
    waiting: list[Route] = []
    with PcscService(0) as service, _opened(service) as live:
        tab.route("**/events", lambda route: waiting.append(route))  # noqa: PLW0108 - it is marked
        tab.goto(live.address)
        expect(tab.locator("#live")).to_be_visible(timeout=_LIMIT_MS)
        main = "document.querySelector('main').innerHTML"
        tab.evaluate(f"words => {{ {main} = words }}", _FIRST)
        tab.locator("summary", has_text="IT").click()
        tab.get_by_label("write").check()
        tab.get_by_role("link", name="two").focus()
        body = f"<aside id=live></aside><main>{_LATER}</main>"
        whole = f"<!DOCTYPE html><html lang=en><body>{body}</body></html>"
        told = json.dumps({"words": "seen", "is_checking": False, "page": whole, "events": []})
        waiting[0].fulfill(content_type="text/event-stream", body=f"data: {told}\n\n")
        expect(tab.get_by_text("new")).to_be_visible(timeout=_LIMIT_MS)

        opened = "[...document.querySelectorAll('details')].map(e => e.open)"
        ticked = "[...document.querySelectorAll('input')].map(e => e.checked)"
        assert tab.evaluate(opened) == [True, False]
        assert tab.evaluate(ticked) == [False, False, True]
        assert tab.evaluate("document.activeElement.innerText") == "two"


def test_the_page_says_that_the_program_has_ended(tab: Page) -> None:
    with PcscService(1) as service, _opened(service) as live:
        tab.goto(live.address)
        _says(tab, "card-missing", "critical")
        assert live.end() == 0

        expect(tab.locator("#live-state")).to_have_text(TEXT.label("live-ended"), timeout=_LIMIT_MS)


def test_the_page_says_that_it_lost_the_program(tab: Page) -> None:
    with PcscService(1) as service, _opened(service) as live:
        tab.goto(live.address)
        _says(tab, "card-missing", "critical")
        live.process.kill()

        expect(tab.locator("#live-state")).to_have_text(TEXT.label("live-lost"), timeout=_LIMIT_MS)


def test_the_program_ends_after_its_page(tab: Page) -> None:
    with PcscService(1) as service, _opened(service) as live:
        tab.goto(live.address)
        _says(tab, "card-missing", "critical")
        tab.reload()
        _says(tab, "card-missing", "critical")
        tab.close()

        assert live.process.wait(30) == 0


@pytest.mark.parametrize("colours", ["light", "dark"])
def test_nothing_on_the_page_breaks_a_rule(
    tab: Page, axe: str, colours: Literal["light", "dark"]
) -> None:
    with PcscService(1) as service, _opened(service) as live:
        tab.emulate_media(color_scheme=colours)
        tab.goto(live.address)
        _says(tab, "card-missing", "critical")

        assert faults(tab, axe) == []
