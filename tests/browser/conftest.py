# SPDX-License-Identifier: Apache-2.0
"""The browser, and a page in it that counts what it asks for."""

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, sync_playwright

from tests.conftest import require

pytest.register_assert_rewrite("tests.browser.hands")

_QUIET = (
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    *("--disable-gpu", "--disable-quic", "--no-first-run"),
)
"""Without these Chromium asks its maker's servers for things of its own."""

_LIMIT_MS = 30_000

Opens = Callable[[str], "Opened"]


class Opened:
    """One page, opened from a file, with every request it has made."""

    def __init__(self, page: Page, file: Path) -> None:
        """Open a file; whatever else it asks for is noted and refused."""
        self.page = page
        self.asked: list[str] = []
        self._file = file.as_uri()
        page.route("**/*", self._answer)
        page.goto(self._file)

    def _answer(self, route: Route) -> None:
        if route.request.url == self._file:
            route.continue_()
            return
        self.asked.append(route.request.url)
        route.abort()

    def wide(self, pixels: int) -> int:
        """Make the window so wide, and return how wide the page would like to be."""
        self.page.set_viewport_size({"width": pixels, "height": 900})
        width: int = self.page.evaluate("document.documentElement.scrollWidth")
        return width

    def sheets(self) -> int:
        """Return how many sheets of paper it prints on."""
        body = self.page.pdf(prefer_css_page_size=True)
        return body.count(b"/Type /Page\n")

    def faults(self, rules: str) -> list[str]:
        """Return what axe-core has against it."""
        return faults(self.page, rules)


def faults(page: Page, rules: str) -> list[str]:
    """Return what axe-core has against a page, and the colours that it could not judge.

    `rules` is the text of its program. Of a drawing's words it never can, and of a mark that
    is no letter it does not: its colour is that of the word beside it, which is judged.
    """
    page.evaluate(rules)
    found: dict[str, Any] = page.evaluate("axe.run({resultTypes: ['violations', 'incomplete']})")
    unjudged = [
        {**each, "nodes": [node for node in each["nodes"] if not _is_mark_or_drawn(node)]}
        for each in found["incomplete"]
        if each["id"] == "color-contrast"
    ]
    return [
        f"{each['id']}: {node['html'][:200]}"
        for each in (*found["violations"], *unjudged)
        for node in each["nodes"]
    ]


def _is_mark_or_drawn(node: dict[str, Any]) -> bool:
    return all(each["data"]["messageKey"] in ("imgNode", "nonBmp") for each in node["any"])


@pytest.fixture(scope="package", name="browser")
def _browser() -> Iterator[Browser]:
    program = shutil.which("chromium")
    require(program, "chromium")
    box = () if sys.platform == "win32" or os.geteuid() else ("--no-sandbox",)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=[*_QUIET, *box])
        yield browser
        browser.close()


@pytest.fixture(scope="session", name="axe")
def _axe() -> str:
    file = Path(sys.prefix) / "npm" / "node_modules" / "axe-core" / "axe.min.js"
    require(file.exists(), "axe-core")
    return file.read_text("utf-8")


@pytest.fixture(scope="package", name="window")
def _window(browser: Browser) -> Iterator[Page]:
    with browser.new_context() as context:
        yield context.new_page()


@pytest.fixture(name="opens")
def _opens(window: Page, tmp_path: Path) -> Iterator[Opens]:
    """Give what opens a page: the text of the file in, the page in the browser out."""

    def opens(body: str) -> Opened:
        file = tmp_path / "page.html"
        file.write_text(body, "utf-8")
        window.unroute_all()
        return Opened(window, file)

    yield opens
    window.emulate_media(media="null")


@pytest.fixture(name="tab")
def _tab(browser: Browser) -> Iterator[Page]:
    with browser.new_context() as context:
        page = context.new_page()
        page.set_default_timeout(_LIMIT_MS)
        yield page
