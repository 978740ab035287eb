# SPDX-License-Identifier: Apache-2.0
"""The page shows each state of the desk as it comes, and none of them breaks a rule."""

from contextlib import ExitStack

import pytest
from playwright.sync_api import Page

from cardtool.text import LANGUAGES, Text
from tests.browser.hands import STATES, Desk, walk
from tests.real.desks import AT
from tests.rig.live import LivePage

pytestmark = pytest.mark.real


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_follows_the_hands(tab: Page, axe: str, language: str) -> None:
    options = ("--lang", language, "--at", AT.isoformat(), "--timeout", "10")
    with ExitStack() as stack:
        desk = Desk(stack)
        live = stack.enter_context(LivePage(desk.env, *options))
        walk(tab, axe, desk, live, text=Text(language), states=STATES)
