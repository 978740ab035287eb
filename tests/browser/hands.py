# SPDX-License-Identifier: Apache-2.0
"""What a person does at the desk, one thing after the other, and what the page shows of each."""

import subprocess
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from typing import NamedTuple

from playwright.sync_api import Page, expect

from cardtool.text import Text
from tests.browser.conftest import faults
from tests.real.desks import OTHER_NAME, OTHER_NUMBER, akis, nes
from tests.rig.card import mute_card
from tests.rig.counting import Counting
from tests.rig.live import LivePage
from tests.rig.pcsc import READER, PcscService

_LIMIT_S = 60.0


class Desk:
    """A PC/SC service that is not running, and two readers that are not plugged in."""

    def __init__(self, stack: ExitStack) -> None:
        """Describe them; `stack` ends what is started."""
        self.service = PcscService(2)
        self.stack, self._running = stack, ExitStack()
        place = self.service.env["PCSCLITE_CSOCK_NAME"]
        wire = self.service.folder / "wire" / "pcscd" / "comm"  # where its own socket would be
        wire.parent.mkdir(parents=True)
        self._wire = Counting(place, wire)
        self._wire.hidden = {f"{READER} {number:02} 00" for number in range(2)}
        self.env = {**self.service.env, "PCSCLITE_CSOCK_NAME": self._wire.place}

    def start(self) -> None:
        """Start the service."""
        self.stack.enter_context(self.service)
        self.stack.enter_context(self._running)
        self._running.enter_context(self._wire)

    def plug(self, number: int) -> None:
        """Plug a reader in."""
        self._wire.hidden.remove(f"{READER} {number:02} 00")

    def pull(self, number: int) -> None:
        """Pull a reader; the service goes on listing it as one that is gone."""
        self.service.gone(number).touch()

    def forget(self, number: int) -> None:
        """List it no longer, as a service does that hears from USB."""
        self._wire.hidden.add(f"{READER} {number:02} 00")

    def kill(self) -> None:
        """Kill the service; whoever asks it from then on is refused."""
        pid = self.service.pid
        self._running.close()
        subprocess.run(["kill", "-KILL", str(pid)], check=True)


class State(NamedTuple):
    """What is done, what the page says of it, and the verdict it shows then."""

    do: Callable[[Desk], object]
    seen: str
    verdict: str
    severity: str


def _other() -> bytes:
    return nes(20, name=OTHER_NAME, number=OTHER_NUMBER)


STATES: Mapping[str, State] = {
    "no service": State(lambda _: None, "started", "service-stopped", "critical"),
    "service comes": State(Desk.start, "service-came", "reader-missing", "critical"),
    "reader comes": State(lambda desk: desk.plug(0), "reader-came", "card-missing", "critical"),
    "card in": State(
        lambda desk: desk.service.insert(akis(nes(400))), "card-came", "nes-valid", "ok"
    ),
    "card out": State(lambda desk: desk.service.remove(), "card-gone", "card-missing", "critical"),
    "expired card": State(
        lambda desk: desk.service.insert(akis(nes(-3))), "card-came", "nes-expired", "critical"
    ),
    "out again": State(lambda desk: desk.service.remove(), "card-gone", "card-missing", "critical"),
    "mute card": State(
        lambda desk: desk.service.insert(mute_card()), "card-came", "card-mute", "critical"
    ),
    "second reader": State(lambda desk: desk.plug(1), "reader-came", "card-mute", "critical"),
    "two cards": State(
        lambda desk: desk.service.insert(akis(_other()), 1),
        *("card-came", "nes-expiring-soon", "warning"),
    ),
    "reader pulled": State(
        lambda desk: desk.pull(1), "reader-gone", "reader-unplugged", "critical"
    ),
    "reader forgotten": State(lambda desk: desk.forget(1), "reader-gone", "card-mute", "critical"),
    "service killed": State(Desk.kill, "service-gone", "service-stopped", "critical"),
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


def walk(
    tab: Page,
    rules: str,
    desk: Desk,
    live: LivePage,
    *,
    text: Text,
    states: Mapping[str, State],
    limit_s: float = _LIMIT_S,
) -> None:
    """Open the page, do what the states say, and see that it shows each of them.

    `rules` is the program of axe-core, `limit_s` the longest wait for one thing.
    """
    limit_ms = limit_s * 1000
    tab.set_default_timeout(limit_ms)
    tab.set_default_navigation_timeout(limit_ms)
    tab.add_init_script(_RECORDER)
    tab.goto(live.address)
    tab.wait_for_selector("#live")
    met = 0
    for name, state in states.items():
        state.do(desk)
        words = f"{text.label(f'live-{state.seen}')} {text.label('live-checked')}"
        expect(tab.get_by_role("status")).to_contain_text(words, timeout=limit_ms)

        verdict = tab.locator(f".verdict.{state.severity}")
        expect(verdict).to_contain_text(
            text.means(state.verdict).split("`")[0][:60], timeout=limit_ms
        )
        assert _shown(tab)[met:][-1:] == [verdict.locator(".says").inner_text()], name
        met = len(_shown(tab))
        assert faults(tab, rules) == [], name
        expect(tab.locator("body")).to_match_aria_snapshot(_tree(text, state), timeout=limit_ms)


def _shown(tab: Page) -> list[str]:
    said: list[str] = tab.evaluate("window.shown")
    return said


def _tree(text: Text, state: State) -> str:
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
        - paragraph: /{severity} \\(K-\\d+\\)/
        - heading [level=1]
        - heading "{text.label("html-chain")}" [level=2]
        - list
        - group
    - contentinfo
    """
