# SPDX-License-Identifier: Apache-2.0
"""Checks this workstation after each change, and reports the change and the result.

One thread waits for changes and another one checks, so a card that is pulled while it is read is
reported at once. If the readers change during a check, its result is not reported and the check is
made again, at most `_MOST_ANEW` times.
"""

import gc
import queue
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Generic, TypeVar

import msgspec

from cardtool.live.watching import Change, Event, changes
from cardtool.probe.isolation import Workers

T = TypeVar("T")

_IDLE_S = 600.0
"""How long started workers wait for the next check before new ones replace them."""

_USUAL = (700, 10, 10)
"""When Python collects garbage, unless it is told otherwise. Source: Python 3.11, gc."""

_MOST_ANEW = 2
"""Checks that are repeated in a row; a loose plug would otherwise keep every result back."""

_SHOWN_S = 0.03
"""How long a result has the processor to itself: to be shown comes before what nobody waits for."""

_SWITCH_S = 0.0005
"""How soon a thread that works lets another one go on; Python's usual 5 ms would be seen."""

_SLICE_S = 0.5  # on Windows Ctrl-C has an effect only between waits

_STOPPED_S = _SLICE_S + 2.0
"""If a slice takes longer, this process was stopped, as when the machine is suspended."""


class Report(msgspec.Struct, Generic[T], frozen=True, kw_only=True):
    """A change, or a change and the result of the check after it."""

    change: Change
    at: datetime
    """When it was reported."""
    result: T | None = None
    """None: the check begins now."""


class Follower(Generic[T]):
    """Follows this workstation from its making until `end`."""

    def __init__(
        self,
        check: Callable[[Workers], T],
        workers: Workers | None = None,
        clock: Callable[[], float] | None = None,
        once_reported: Callable[[T], object] = lambda _: None,
    ) -> None:
        """Begin; `check` makes one check with the workers it is given, and ends them.

        `workers` are for the first check, where they were started before. `clock` gives seconds
        that go on while the machine sleeps. `once_reported` is called with each result afterwards,
        for what nobody is to wait for.
        """
        self._clock = clock or _clock
        self._check, self._once_reported = check, once_reported
        self._workers = workers
        self._reports: queue.SimpleQueue[Report[T] | BaseException] = queue.SimpleQueue()
        self._changed = threading.Condition()
        self._change: Change | None = None
        self._number = 0
        self.ended = threading.Event()
        sys.setswitchinterval(_SWITCH_S)
        self._threads = [
            threading.Thread(target=self._guard, args=(work,), daemon=True)
            for work in (self._watch, self._look)
        ]
        for thread in self._threads:
            thread.start()

    def reports(self) -> Iterator[Report[T]]:
        """Yield each report, until it is ended.

        Raises:
            Exception: whatever ended a check that should not have.
        """
        while not self.ended.is_set():
            before = self._clock()  # what is done with the last one may take long
            try:
                report = self._reports.get(timeout=_SLICE_S)
            except queue.Empty:
                report = None
            if self._clock() - before > _STOPPED_S:
                self.again()  # the time of a check may have run out meanwhile
            if report is None:
                continue
            if isinstance(report, BaseException):
                raise report
            yield report

    def again(self) -> None:
        """Check again although nothing has changed, because a person wants it."""
        with self._changed:
            if self._change is not None:
                change = msgspec.structs.replace(self._change, event=Event.CHANGED)
                self._note(change)

    def end(self) -> None:
        """Follow no longer; a check that is going on comes to its end by itself."""
        self.ended.set()
        with self._changed:
            self._changed.notify()

    def _guard(self, work: Callable[[], None]) -> None:
        try:
            work()
        except BaseException as error:  # noqa: BLE001 - `reports` raises it
            self._reports.put(error)

    def _watch(self) -> None:
        for change in changes(self.ended):
            with self._changed:
                self._note(change)

    def _note(self, change: Change) -> None:
        self._change, self._number = change, self._number + 1
        self._report(change)
        self._changed.notify()

    def _look(self) -> None:
        done, anew, workers, made_at = 0, 0, self._workers, time.monotonic()
        while not self.ended.is_set():
            if workers is None:
                workers, made_at = Workers(idle_s=_IDLE_S), time.monotonic()
            with self._changed:
                if self._number == done and not self.ended.is_set():
                    self._changed.wait(_IDLE_S / 3)
                number, change = self._number, self._change
            if change is None or number == done or self.ended.is_set():
                if time.monotonic() - made_at > _IDLE_S / 3 or self.ended.is_set():
                    workers.__exit__()
                    workers = None
                continue
            result = self._check(workers)
            workers = None
            if not done:  # by now all is loaded
                _collect_as_usual()
            done = number
            with self._changed:
                is_last = self._number == number
                anew = 0 if is_last or anew == _MOST_ANEW else anew + 1
                if not anew:
                    self._report(change, result)
                    if is_last:
                        self._changed.wait(_SHOWN_S)
                    else:  # the next has begun
                        self._report(msgspec.structs.replace(change, event=Event.CHANGED))
            if not anew:
                self._once_reported(result)

    def _report(self, change: Change, result: T | None = None) -> None:
        self._reports.put(Report(change=change, at=datetime.now().astimezone(), result=result))


def _clock() -> float:
    """Return seconds since the machine was started; Linux alone leaves sleep out of `monotonic`."""
    if sys.platform == "linux":
        return time.clock_gettime(time.CLOCK_BOOTTIME)
    return time.monotonic()


def _collect_as_usual() -> None:
    """Let garbage be collected again, which a start puts off, but pass over what was loaded.

    So the collector has little to look at, and nobody waits for it.
    """
    gc.freeze()
    gc.set_threshold(*_USUAL)
