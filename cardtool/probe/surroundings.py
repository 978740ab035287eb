# SPDX-License-Identifier: Apache-2.0
"""What is asked besides readers and cards: USB always, services and programs if they matter.

Each question has its own thread, so that none delays the reading of a card: a device with bad
contact can keep USB waiting, and a service manager may hang.
"""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Generic, TypeVar

import msgspec

from cardtool.deadline import Deadline
from cardtool.model.snapshot import Failure
from cardtool.model.surroundings import Driver, Process, Service, UsbDevice
from cardtool.probe import clients, services, usb

T = TypeVar("T")

_MARGIN = 0.8
"""Share of the time left that a question may take; after it, what it has found so far counts."""


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """The answers that came in time, in the fields of the model."""

    usb: tuple[UsbDevice, ...] | Failure
    drivers: tuple[Driver, ...]
    services: tuple[Service, ...]
    clients: tuple[Process, ...] | None


class _Asked(Generic[T]):
    """An answer that a thread fetches; the thread does nothing else."""

    def __init__(self, ask: Callable[[], T]) -> None:
        self._ask = ask
        self.answer: T | None = None
        self._thread = threading.Thread(target=self._fetch, daemon=True)
        self._thread.start()

    def wait(self, timeout_s: float) -> T | None:
        """Return the answer, None if it does not come in time."""
        self._thread.join(timeout_s)
        return self.answer

    def _fetch(self) -> None:
        self.answer = self._ask()


class Surroundings:
    """The questions about what is around the cards; `seen` waits for all answers."""

    def __init__(self, timeout_s: float, root: Path = Path("/")) -> None:
        """Begin to read USB; `root` is where Linux and macOS keep their files."""
        self._deadline = Deadline(timeout_s)
        self._root = root
        limit_s = self._limit_s
        self._raw_usb = _Asked(lambda: usb.read(root, timeout_s=limit_s))
        self._usb: usb.UsbState | None = None
        self._services: _Asked[tuple[Service, ...]] | None = None
        self._clients: _Asked[tuple[Process, ...]] | None = None

    def ask_services(self) -> None:
        """Begin to ask for the state of the services."""
        limit_s = self._limit_s
        self._services = _Asked(lambda: services.look(limit_s))

    def find_clients(self, ours: tuple[int, ...]) -> None:
        """Begin to look for the programs that use PC/SC; `ours` are this program's processes."""
        limit_s = self._limit_s
        self._clients = _Asked(lambda: clients.look(ours, limit_s))

    def steps(self) -> Iterator[None]:
        """Yield after understanding USB, if it has been read; done while this process waits."""
        self._understand(self._raw_usb.answer)
        yield

    def seen(self) -> Seen:
        """Return what was seen in time."""
        self._understand(self._wait(self._raw_usb))
        state = self._usb or usb.UsbState(devices=Failure(api="usb", name="TIMEOUT"))
        return Seen(
            usb=state.devices,
            drivers=state.drivers,
            services=self._wait(self._services) or (),
            clients=self._wait(self._clients),
        )

    def _wait(self, asked: _Asked[T] | None) -> T | None:
        return None if asked is None else asked.wait(self._deadline.left_s)

    @property
    def _limit_s(self) -> float:
        return self._deadline.left_s * _MARGIN

    def _understand(self, raw: usb.Raw | None) -> None:
        if raw is not None and self._usb is None:
            self._usb = usb.understand(raw, self._root)
