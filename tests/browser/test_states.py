# SPDX-License-Identifier: Apache-2.0
"""What a person does at the desk, one thing after the other, and what the page shows of each."""

import subprocess
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

import pytest
from playwright.sync_api import Page, expect

from cardtool.text import LANGUAGES, Text
from tests.browser.conftest import faults
from tests.real.desks import AT, OTHER_NAME, OTHER_NUMBER, akis, nes
from tests.rig.card import mute_card
from tests.rig.counting import Counting
from tests.rig.live import LivePage
from tests.rig.pcsc import READER, PcscService

pytestmark = pytest.mark.real

_LIMIT_MS = 60_000


class _Desk:
    """A PC/SC service that is not running, and two readers that are not plugged in."""

    def __init__(self, stack: ExitStack, folder: Path) -> None:
        self.service = PcscService(2)
        self.stack, self._running = stack, ExitStack()
        place = self.service.env["PCSCLITE_CSOCK_NAME"]
        self._wire = Counting(place, folder / "comm")
        self._wire.hidden = {f"{READER} {number:02} 00" for number in range(2)}
        self.env = {**self.service.env, "PCSCLITE_CSOCK_NAME": self._wire.place}

    def start(self) -> None:
        self.stack.enter_context(self.service)
        self.stack.enter_context(self._running)
        self._running.enter_context(self._wire)

    def plug(self, number: int) -> None:
        self._wire.hidden.remove(f"{READER} {number:02} 00")

    def pull(self, number: int) -> None:
        """Pull a reader; the service goes on listing it as one that is gone."""
        self.service.gone(number).touch()

    def forget(self, number: int) -> None:
        """List it no longer, as a service does that hears from USB."""
        self._wire.hidden.add(f"{READER} {number:02} 00")

    def kill(self) -> None:
        subprocess.run(["kill", "-KILL", str(self.service.pid)], check=True)
        self._running.close()


class _State(NamedTuple):
    """What is done, what the page says of it, and the verdict it shows then."""

    do: Callable[[_Desk], object]
    seen: str
    verdict: str
    severity: str


def _other() -> bytes:
    return nes(20, name=OTHER_NAME, number=OTHER_NUMBER)


_STATES = {
    "no service": _State(lambda _: None, "started", "service-stopped", "critical"),
    "service comes": _State(_Desk.start, "service-came", "reader-missing", "critical"),
    "reader comes": _State(lambda desk: desk.plug(0), "reader-came", "card-missing", "critical"),
    "card in": _State(
        lambda desk: desk.service.insert(akis(nes(400))), "card-came", "nes-valid", "ok"
    ),
    "card out": _State(lambda desk: desk.service.remove(), "card-gone", "card-missing", "critical"),
    "expired card": _State(
        lambda desk: desk.service.insert(akis(nes(-3))), "card-came", "nes-expired", "critical"
    ),
    "out again": _State(
        lambda desk: desk.service.remove(), "card-gone", "card-missing", "critical"
    ),
    "mute card": _State(
        lambda desk: desk.service.insert(mute_card()), "card-came", "card-mute", "critical"
    ),
    "second reader": _State(lambda desk: desk.plug(1), "reader-came", "card-mute", "critical"),
    "two cards": _State(
        lambda desk: desk.service.insert(akis(_other()), 1),
        *("card-came", "nes-expiring-soon", "warning"),
    ),
    "reader pulled": _State(
        lambda desk: desk.pull(1), "reader-gone", "reader-unplugged", "critical"
    ),
    "reader forgotten": _State(lambda desk: desk.forget(1), "reader-gone", "card-mute", "critical"),
    "service killed": _State(_Desk.kill, "service-gone", "service-stopped", "critical"),
}

_RECORDER = """
const Real = EventSource;
window.shown = [];
window.EventSource = class extends Real {
  set onmessage(handle) {
    super.onmessage = (message) => {
      handle(message);
      const told = JSON.parse(message.data);
      if (told.page) window.shown.push(document.querySelector(".verdict .says").innerText);
    };
  }
};
"""
"""Notes what the page shows as soon as the message with a verdict has been dealt with."""


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_follows_the_hands(
    tab: Page, axe: str, socket_folder: Path, language: str
) -> None:
    text = Text(language)
    options = ("--lang", language, "--at", AT.isoformat(), "--timeout", "10")
    with ExitStack() as stack:
        desk = _Desk(stack, socket_folder)
        live = stack.enter_context(LivePage(desk.env, *options))
        tab.add_init_script(_RECORDER)
        tab.goto(live.address)
        tab.wait_for_selector("#live")
        met = 0
        for name, state in _STATES.items():
            state.do(desk)
            words = f"{text.label(f'live-{state.seen}')} {text.label('live-checked')}"
            expect(tab.get_by_role("status")).to_contain_text(words, timeout=_LIMIT_MS)

            verdict = tab.locator(f".verdict.{state.severity}")
            expect(verdict).to_contain_text(
                text.means(state.verdict).split("`")[0][:60], timeout=_LIMIT_MS
            )
            assert _shown(tab)[met:][-1:] == [verdict.locator(".says").inner_text()], name
            met = len(_shown(tab))
            assert faults(tab, axe) == [], name
            expect(tab.locator("body")).to_match_aria_snapshot(_tree(text, state))


def _shown(tab: Page) -> list[str]:
    said: list[str] = tab.evaluate("window.shown")
    return said


def _tree(text: Text, state: _State) -> str:
    """Return what a screen reader must find: the state, the verdict, the chain, the parts."""
    severity = text.label(f"severity-{state.severity}")
    return f"""
    - complementary:
      - status: /{text.label("live-checked")}/
      - paragraph:
        - link
        - button "{text.label("live-print")}"
        - button "{text.label("live-again")}"
    - banner
    - main:
      - article:
        - paragraph: {severity}
        - heading [level=1]
        - heading "{text.label("html-chain")}" [level=2]
        - list
        - group
    - contentinfo
    """
