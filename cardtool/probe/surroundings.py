# SPDX-License-Identifier: Apache-2.0
"""What is looked at beside readers and cards: USB always, services and programs where it matters.

Each look has a thread of its own, so that none of them keeps the reading of a card waiting.
"""

import threading
from collections.abc import Callable

import msgspec

from cardtool.model.snapshot import Failure
from cardtool.model.surroundings import Driver, Process, Service, UsbDevice
from cardtool.probe import jobs, usb
from cardtool.probe.deadline import Deadline
from cardtool.probe.isolation import Workers

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

    def __init__(self, workers: Workers, timeout_s: float) -> None:
        """Begin to look at USB."""
        self._workers = workers
        self._deadline = Deadline(timeout_s)
        self._threads: list[threading.Thread] = []
        self._usb = usb.UsbLook(devices=Failure(api="usb", name="TIMEOUT"))
        self._services: tuple[Service, ...] = ()
        self._clients: tuple[Process, ...] | None = None
        self._begin(self._look_at_usb)

    def ask_services(self) -> None:
        """Begin to ask for the state of the services."""
        self._begin(self._list_services)

    def find_clients(self) -> None:
        """Begin to look for the programs that use PC/SC."""
        self._begin(self._find_clients)

    def told(self) -> Seen:
        """Return what was seen in time."""
        for each in self._threads:
            each.join(self._deadline.left_s)
        return Seen(
            usb=self._usb.devices,
            drivers=self._usb.drivers,
            services=self._services,
            clients=self._clients,
        )

    def _begin(self, look: Callable[[], None]) -> None:
        thread = threading.Thread(target=look, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _look_at_usb(self) -> None:
        left_s = self._deadline.left_s
        if not usb.IS_NATIVE:
            self._usb = usb.look(timeout_s=left_s * _MARGIN)
            return
        question = jobs.LookAtUsb(limit_s=left_s * _MARGIN)
        found = jobs.ask(self._workers.system(), question, _USB, timeout_s=left_s)
        self._usb = usb.UsbLook(devices=found) if isinstance(found, Failure) else found

    def _list_services(self) -> None:
        left_s = self._deadline.left_s
        question = jobs.ListServices(limit_s=left_s * _MARGIN)
        found = jobs.ask(self._workers.system(), question, jobs.SERVICES, timeout_s=left_s)
        if not isinstance(found, Failure):
            self._services = found

    def _find_clients(self) -> None:
        left_s = self._deadline.left_s
        question = jobs.FindClients(own=self._workers.pids, limit_s=left_s * _MARGIN)
        found = jobs.ask(self._workers.system(), question, jobs.CLIENTS, timeout_s=left_s)
        if not isinstance(found, Failure):
            self._clients = found
