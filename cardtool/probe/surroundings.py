# SPDX-License-Identifier: Apache-2.0
"""What is looked at beside readers and cards: USB always, services and programs where it matters.

Each is asked for and then left alone, so that none keeps the reading of a card waiting.
"""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import msgspec

from cardtool.deadline import Deadline
from cardtool.model.snapshot import Failure
from cardtool.model.surroundings import Driver, Process, Service, UsbDevice
from cardtool.probe import jobs, usb
from cardtool.probe.isolation import Worker, Workers

T = TypeVar("T")

_USB = msgspec.json.Decoder[usb.UsbLook | Failure](usb.UsbLook | Failure)

_MARGIN = 0.8
"""Of the time for a look, what it may take itself: the answer has a way to come."""


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """What there was to see, each as its field in the model."""

    usb: tuple[UsbDevice, ...] | Failure
    drivers: tuple[Driver, ...]
    services: tuple[Service, ...]
    clients: tuple[Process, ...] | None


class Surroundings:
    """The looks around; each begins when it is asked for, and `told` waits for them all."""

    def __init__(self, workers: Workers, timeout_s: float, root: Path = Path("/")) -> None:
        """Begin to look at USB; `root` is where Linux and macOS keep their files."""
        self._workers = workers
        self._deadline = Deadline(timeout_s)
        self._usb: Worker | _Reading
        if usb.IS_NATIVE:
            self._usb = self._ask(lambda limit_s: jobs.LookAtUsb(limit_s=limit_s))
        else:
            self._usb = _Reading(root, self._deadline.left_s * _MARGIN)
        self._services: Worker | None = None
        self._clients: Worker | None = None

    def ask_services(self) -> None:
        """Begin to ask for the state of the services."""
        self._services = self._ask(lambda limit_s: jobs.ListServices(limit_s=limit_s))

    def find_clients(self) -> None:
        """Begin to look for the programs that use PC/SC."""
        own = self._workers.pids
        self._clients = self._ask(lambda limit_s: jobs.FindClients(own=own, limit_s=limit_s))

    def steps(self) -> Iterator[None]:
        """Understand what is here by now, for times when there is nothing else to do."""
        if isinstance(self._usb, _Reading):
            self._usb.understand()
        yield

    def told(self) -> Seen:
        """Return what was seen in time."""
        if isinstance(self._usb, _Reading):
            look = self._usb.understood(self._deadline.left_s)
        else:
            found = self._receive(self._usb, _USB)
            look = usb.UsbLook(devices=found) if isinstance(found, Failure) else found
        services = self._receive(self._services, jobs.SERVICES)
        clients = self._receive(self._clients, jobs.CLIENTS)
        return Seen(
            usb=look.devices,
            drivers=look.drivers,
            services=services if isinstance(services, tuple) else (),
            clients=clients if isinstance(clients, tuple) else None,
        )

    def _ask(self, question: Callable[[float], jobs.Question]) -> Worker:
        left_s = self._deadline.left_s
        worker = self._workers.system()
        worker.send(jobs.encode(question(left_s * _MARGIN)), timeout_s=left_s)
        return worker

    def _receive(self, worker: Worker | None, answer: "msgspec.json.Decoder[T]") -> T | Failure:
        if worker is None:
            return Failure(api="worker", name="TIMEOUT")
        return jobs.receive(worker, answer, timeout_s=self._deadline.left_s)


class _Reading:
    """USB as this system shows it, read in a thread: a device that wobbles keeps its readers.

    The thread reads and does nothing else. What is read is understood by whoever asks for it.
    """

    def __init__(self, root: Path, timeout_s: float) -> None:
        """Begin to read."""
        self._root = root
        self._raw: usb.Raw | None = None
        self._look: usb.UsbLook | None = None
        self._timeout_s = timeout_s
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def understand(self) -> None:
        """Understand what was read, if it was by now."""
        if self._raw is not None and self._look is None:
            self._look = usb.understand(self._raw, self._root)

    def understood(self, timeout_s: float) -> usb.UsbLook:
        """Return what was read in time."""
        self._thread.join(timeout_s)
        self.understand()
        return self._look or usb.UsbLook(devices=Failure(api="usb", name="TIMEOUT"))

    def _read(self) -> None:
        self._raw = usb.read(self._root, timeout_s=self._timeout_s)
