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
from tests.real.desks import AT, akis, nes
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
        whole = f"<!DOCTYPE html><html lang=en><body><main>{_LATER}</main></body></html>"
        told = json.dumps({"words": "seen", "is_checking": False, "page": whole})
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
