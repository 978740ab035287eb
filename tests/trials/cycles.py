# SPDX-License-Identifier: Apache-2.0
"""Cards that are put in and pulled again and again, before one page that follows.

Sixteen readers make sixteen cycles a round. In one round of three the cards are pulled before the
verdict. Broken is the promise by a page that does not show what is in the readers, and by one that
grows.
"""

import queue
import random
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from tests.real.desks import AT, akis, nes
from tests.rig.live import LivePage
from tests.rig.pcsc import PcscService
from tests.rig.processes import Size, size_of
from tests.trials import Trial

_READERS = 16
_LIMIT_S = 60.0
_SETTLED = 10  # rounds, after which all that is loaded once has been loaded
_GROWTH_MB = 4.0
_VALID = "nes-valid"


class _Follower:
    """The browser's side: the last page that was shown, and whether a check goes on."""

    def __init__(self, live: LivePage) -> None:
        self._told: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        self._page = ""
        threading.Thread(target=self._follow, args=(live,), daemon=True).start()

    def _follow(self, live: LivePage) -> None:
        for state in live.told(limit_s=_LIMIT_S):
            self._told.put(state)

    def shows(self, is_so: Callable[[str], bool]) -> bool:
        """Wait until the page of a check that has ended is so; False: it did not come to that."""
        end = time.monotonic() + _LIMIT_S
        while time.monotonic() < end:
            try:
                state = self._told.get(timeout=_LIMIT_S)
            except queue.Empty:
                break
            self._page = state["page"] or self._page
            if not state["is_checking"] and is_so(self._page):
                return True
        return False


def _holds(count: int, page: str) -> bool:
    """Tell whether a page names so many cards, and says that one can sign if there is one."""
    return page.count(": ATR ") == count and (_VALID in page) is (count > 0)


def _run(cases: int, seed: int) -> Iterator[str]:
    rnd = random.Random(seed)  # noqa: S311 - to be the same each time
    sizes: list[Size] = []
    rounds = max(2, cases // _READERS)
    with (
        PcscService(_READERS) as service,
        LivePage(service.env, "--at", AT.isoformat()) as live,
        ThreadPoolExecutor(_READERS) as hands,
    ):
        live.open()
        follower = _Follower(live)
        cards = [akis(nes(400 + slot)) for slot in range(_READERS)]
        for number in range(rounds):
            slots = rnd.sample(range(_READERS), _READERS)
            list(hands.map(lambda slot: service.insert(cards[slot], slot), slots))
            is_seen = rnd.random() < 1 / 3 or follower.shows(partial(_holds, _READERS))
            list(hands.map(service.remove, slots))
            is_well = is_seen and follower.shows(partial(_holds, 0))
            yield from [""] * _READERS if is_well else [f"round {number}: {is_seen=}"] * _READERS
            if number in (min(_SETTLED, rounds - 2), rounds - 1):
                sizes.append(size_of(live.process.pid))
    settled, last = sizes
    is_flat = last.memory_mb <= settled.memory_mb + _GROWTH_MB and (
        (last.handles, last.processes) == (settled.handles, settled.processes)
    )
    yield "" if is_flat else f"it grew from {settled} to {last}"


TRIAL = Trial(
    name="cycles",
    promise="However often cards are put in and pulled before a page that follows, it shows what "
    "is there, and its memory, handles and processes stay as they were.",
    run=_run,
    few=32,
    many=10_000,
    is_real=True,
)
