# SPDX-License-Identifier: Apache-2.0
"""The page that follows the workstation, in Chromium on a real PC/SC service."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from cardtool.text import Text
from tests.real.desks import AT, akis, nes
from tests.rig.card import mute_card
from tests.rig.live import LivePage
from tests.rig.pcsc import PcscService

pytestmark = pytest.mark.real

_LIMIT_MS = 30_000
TEXT = Text("tr")


@pytest.fixture(name="tab")
def _tab(browser: Browser) -> Iterator[Page]:
    with browser.new_context() as context:
        page = context.new_page()
        page.set_default_timeout(_LIMIT_MS)
        yield page


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
