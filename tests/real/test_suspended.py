# SPDX-License-Identifier: Apache-2.0
"""The page after its processes, the service or the whole machine stood still for a while."""

import contextlib
import threading
from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any

import psutil
import pytest

from cardtool.live.following import Follower, Report
from cardtool.live.watching import Event
from cardtool.probe.isolation import Workers
from tests.real.desks import AT, akis, nes
from tests.rig.live import LivePage
from tests.rig.pcsc import PcscService
from tests.rig.processes import below

pytestmark = pytest.mark.real

_STILL_S = 0.5  # longer than the service takes to notice a card


def _until(told: Iterator[dict[str, Any]], part: str) -> None:
    """Follow the page until a check has ended whose page has this part."""
    page = ""
    for state in told:
        page = state["page"] or page
        if not state["is_checking"] and part in page:
            return
    raise EOFError(part)


@contextlib.contextmanager
def _stopped(roots: Iterable[int]) -> Iterator[None]:
    """Stop processes and all below them; one that has just ended needs no stop."""
    pids = [pid for root in roots for pid in (root, *below(root))]
    processes = []
    for pid in pids:
        with contextlib.suppress(psutil.NoSuchProcess):
            processes.append(psutil.Process(pid))
            processes[-1].suspend()
    try:
        yield
    finally:
        for process in reversed(processes):
            with contextlib.suppress(psutil.NoSuchProcess):
                process.resume()


@pytest.mark.parametrize("of", ["page", "service", "both"])
def test_what_changed_meanwhile_is_shown_afterwards(of: str) -> None:
    with PcscService(1) as service, LivePage(service.env, "--at", AT.isoformat()) as live:
        live.open()
        told = live.told()
        _until(told, "card-missing")
        page = live.process.pid
        pids = {"page": [page], "service": [service.pid], "both": [page, service.pid]}[of]
        for change, code in (
            (partial(service.insert, akis(nes(400))), "nes-valid"),
            (service.remove, "card-missing"),
        ):
            hand = threading.Thread(target=change)  # it waits until PC/SC has seen it
            with _stopped(pids):
                hand.start()
                hand.join(_STILL_S)
            hand.join()

            _until(told, code)


class _Clock:
    """A clock that stands still, but goes on by an hour between two questions after `sleeps`."""

    def __init__(self) -> None:
        self.now = 0.0
        self.sleeps = False
        self._is_asleep = False

    def __call__(self) -> float:
        """Return the seconds."""
        if self._is_asleep:
            self.now += 3600.0
        self.sleeps, self._is_asleep = False, self.sleeps
        return self.now


@contextlib.contextmanager
def _followed() -> Iterator[tuple[PcscService, _Clock, Iterator[Report[None]]]]:
    """Follow a desk by such a clock, from the first check on."""
    clock = _Clock()
    with PcscService(1) as service, pytest.MonkeyPatch.context() as patch:
        patch.setenv("PCSCLITE_CSOCK_NAME", service.env["PCSCLITE_CSOCK_NAME"])
        follower = Follower(Workers.__exit__, clock=clock)
        reports = follower.reports()
        assert [next(reports).change.event for _ in range(2)] == [Event.STARTED] * 2
        yield service, clock, reports
        follower.end()


def test_after_the_machine_has_slept_everything_is_checked_again() -> None:
    """A check may have waited for a card all the while, and say that it did not answer."""
    with _followed() as (_, clock, reports):
        clock.sleeps = True
        later = [next(reports).change.event for _ in range(2)]
    assert later == [Event.CHANGED] * 2


def test_who_is_slow_to_take_what_is_told_begins_no_other_check() -> None:
    with _followed() as (service, clock, reports):
        clock.now = 3600.0
        service.insert(akis(nes(400)))
        later = [next(reports).change.event for _ in range(2)]
        service.remove()
        later += [next(reports).change.event for _ in range(2)]
    assert later == [Event.CARD_CAME] * 2 + [Event.CARD_GONE] * 2
