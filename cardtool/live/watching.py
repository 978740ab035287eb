# SPDX-License-Identifier: Apache-2.0
"""What has changed about the readers, as a watcher process tells it.

The watcher is a process of its own, because PC/SC may hang. It holds no card. If a watcher crashes
or hangs, a new one is started.
"""

import threading
from collections.abc import Iterator
from enum import StrEnum

import msgspec

from cardtool.model.snapshot import Failure, Reader
from cardtool.probe.isolation import Worker
from cardtool.probe.jobs import READERS, AwaitChange, ask

Readers = tuple[Reader, ...] | Failure

_WAIT_S = 2.0
"""How long the watcher waits before it answers that nothing has changed; its end takes as long."""

_LATE_S = 8.0
"""How much later it may answer: it first loads its libraries, and a call of PC/SC takes time."""

_ABSENT = frozenset({"UNAVAILABLE", "UNKNOWN"})

_PAUSE_S = 2.0  # before a new watcher takes the place of one that is lost


class Event(StrEnum):
    """What has changed; `[label]` of the words has a sentence for each after `live-`."""

    STARTED = "started"
    SERVICE_GONE = "service-gone"
    SERVICE_CAME = "service-came"
    READER_GONE = "reader-gone"
    READER_CAME = "reader-came"
    CARD_GONE = "card-gone"
    CARD_CAME = "card-came"
    CHANGED = "changed"
    """Something else, as by hand."""


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One change, and how the readers are after it."""

    event: Event
    readers: Readers

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the readers that are there."""
        return () if isinstance(self.readers, Failure) else tuple(_there(self.readers))


def changes(ended: threading.Event) -> Iterator[Change]:
    """Yield how the readers are, then each change, until `ended` is set."""
    seen: Readers | None = None
    while not ended.is_set():
        with Worker("watch") as watcher:
            while not (ended.is_set() or watcher.is_lost):
                question = AwaitChange(wait_s=_WAIT_S)
                readers = ask(watcher, question, READERS, timeout_s=_WAIT_S + _LATE_S)
                if readers != seen and not ended.is_set():
                    yield Change(event=_event(seen, readers), readers=readers)
                    seen = readers
        ended.wait(_PAUSE_S)


def _there(readers: tuple[Reader, ...]) -> dict[str, Reader]:
    """Return the readers that are plugged in, by name; PC/SC may go on listing one that is not."""
    return {reader.name: reader for reader in readers if not _ABSENT & {*reader.states}}


def _named(readers: tuple[Reader, ...]) -> set[str]:
    return {reader.name for reader in readers}


def _event(before: Readers | None, after: Readers) -> Event:
    """Name the change that a person would name."""
    if before is None:
        return Event.STARTED
    if isinstance(after, Failure):
        return Event.SERVICE_GONE
    if isinstance(before, Failure):
        return Event.SERVICE_CAME
    then, now = _there(before), _there(after)
    if then.keys() - now.keys() or _named(before) - _named(after):
        return Event.READER_GONE
    if now.keys() - then.keys():
        return Event.READER_CAME
    moved = [reader for name, reader in now.items() if reader != then[name]]
    return Event.CARD_CAME if any(reader.card for reader in moved) else Event.CARD_GONE
