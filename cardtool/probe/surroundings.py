# SPDX-License-Identifier: Apache-2.0
"""Asks about USB always, and about services and programs if they matter.

Each question has its own thread, so that none delays the reading of a card: a device with bad
contact can keep USB waiting, and a service manager may hang. Only the names of programs are
recorded, because their arguments may hold anything about a person.
"""

import ntpath
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from msgspec.structs import replace

from cardtool.deadline import Deadline
from cardtool.model.snapshot import Failure, Snapshot
from cardtool.model.surroundings import Process, Service
from cardtool.probe import program

if TYPE_CHECKING:
    import psutil

    from cardtool.probe import usb

T = TypeVar("T")

_MARGIN = 0.8
"""The share of the remaining time that a question may take; then its results so far count."""

_SYSTEMD_UNITS = ("pcscd.socket", "pcscd.service")
_WINDOWS_SERVICES = ("SCardSvr", "ScDeviceEnum", "CertPropSvc")
"""The smart card service, the one that finds its readers, and the one that reads certificates."""


class _Answer(threading.Thread, Generic[T]):
    """A thread that fetches one answer."""

    def __init__(self, ask: Callable[[], T]) -> None:
        super().__init__(daemon=True)
        self._ask = ask
        self.answer: T | None = None
        self.start()

    def run(self) -> None:
        self.answer = self._ask()

    def wait(self, timeout_s: float) -> T | None:
        """Return the answer, None if it does not come in time."""
        self.join(timeout_s)
        return self.answer


class Surroundings:
    """Asks about USB, services and programs; `added_to` waits for all answers."""

    def __init__(self, timeout_s: float, root: Path = Path("/")) -> None:
        """Ask nothing yet; `root` is where Linux and macOS keep their files."""
        self._deadline = Deadline(timeout_s)
        self._root = root
        self._raw_usb: _Answer[usb.Raw] | None = None
        self._usb: usb.UsbState | None = None
        self._services: _Answer[tuple[Service, ...]] | None = None
        self._clients: _Answer[tuple[Process, ...]] | None = None

    def ask_services(self) -> None:
        """Begin to ask for the state of the services."""
        self._services = self._begin(
            services, "psutil" if sys.platform == "win32" else "subprocess"
        )

    def find_clients(self, ours: tuple[int, ...]) -> None:
        """Begin to look for the programs that use PC/SC; `ours` are this program's processes."""
        self._clients = self._begin(partial(clients, ours), "psutil")

    def steps(self) -> Iterator[None]:
        """Read USB, then interpret it; these steps are done while this process waits."""
        reading = self._reading_usb()
        yield
        self._understand(reading.answer)
        yield

    def added_to(self, snapshot: Snapshot) -> Snapshot:
        """Return a snapshot with the answers that came in time."""
        self._understand(self._reading_usb().wait(self._deadline.left_s))
        state = self._usb
        asked, sought = self._services, self._clients
        states = asked.wait(self._deadline.left_s) if asked else None
        return replace(
            snapshot,
            host=replace(
                snapshot.host,
                services=states or (),
                pcsc_drivers=state.drivers if state else (),
            ),
            usb=state.devices if state else Failure(api="usb", name="TIMEOUT"),
            clients=sought.wait(self._deadline.left_s) if sought else None,
        )

    def _begin(self, ask: Callable[[float], T], *modules: str) -> _Answer[T]:
        """Load these modules in this thread, the only one that may import, then ask in another."""
        for module in modules:
            __import__(module)
        return _Answer(partial(ask, self._deadline.left_s * _MARGIN))

    def _reading_usb(self) -> "_Answer[usb.Raw]":
        """Begin to read USB, once."""
        if self._raw_usb is None:
            from cardtool.probe import usb  # noqa: PLC0415 - while the card answers

            self._raw_usb = self._begin(partial(usb.read, self._root), *usb.READ_WITH)
        return self._raw_usb

    def _understand(self, raw: "usb.Raw | None") -> None:
        if raw is not None and self._usb is None:
            from cardtool.probe import usb  # noqa: PLC0415 - it is loaded by now

            self._usb = usb.understand(raw, self._root)


def services(timeout_s: float, systemctl: str = "systemctl") -> tuple[Service, ...]:
    """Ask the system about its services; empty: it has none of these, or does not answer."""
    if sys.platform == "win32":
        import psutil  # noqa: PLC0415 - native, and seldom needed

        # the service manager needs no rights for this, and answers at once
        return tuple(describe_windows(psutil.win_service_get))
    if sys.platform != "linux":
        return ()
    properties = "--property=Id,LoadState,ActiveState,UnitFileState"
    command = [systemctl, "show", *_SYSTEMD_UNITS, properties]
    printed = program.output(command, api="systemd", timeout_s=timeout_s)
    return () if isinstance(printed, Failure) else parse_systemctl(printed.decode(errors="replace"))


def parse_systemctl(text: str) -> tuple[Service, ...]:
    """Read what `systemctl show` prints: a block of properties a unit, in any order.

    Source: systemctl(1), show; systemd, org.freedesktop.systemd1, LoadState.
    """
    blocks = text.split("\n\n")
    units = [
        dict(line.split("=", 1) for line in block.splitlines() if "=" in line) for block in blocks
    ]
    return tuple(
        Service(
            name=unit["Id"],
            state="" if unit.get("LoadState") == "not-found" else unit.get("ActiveState", ""),
            start=unit.get("UnitFileState", ""),
        )
        for unit in units
        if "Id" in unit
    )


def describe_windows(ask: Callable[[str], Any]) -> Iterator[Service]:
    """Describe the services that `ask` finds by name, as `psutil.win_service_get` does.

    The states are running, stopped, paused, start_pending, ...; the starts automatic, manual and
    disabled. Source: psutil, Windows services.
    """
    import psutil  # noqa: PLC0415 - native, and seldom needed

    for name in _WINDOWS_SERVICES:
        try:
            service = ask(name)
            yield Service(name=name, state=service.status(), start=service.start_type())
        except psutil.NoSuchProcess:
            yield Service(name=name, state="")
        except (psutil.Error, OSError):  # it may not be looked at: nothing is known
            continue


def clients(ours: Sequence[int], timeout_s: float) -> tuple[Process, ...]:
    """Return the programs with PC/SC's client library loaded, as far as they were found in time.

    Left out are `ours` (this process, then its workers), the workers' children, the daemon, and
    processes that this user may not inspect. macOS does not show what a process has loaded. In a
    name that is not UTF-8, question marks replace the wrong bytes.
    """
    return tuple(_using_pcsc(ours, Deadline(timeout_s)))


def _using_pcsc(ours: Sequence[int], deadline: Deadline) -> Iterator[Process]:
    import psutil  # noqa: PLC0415 - native, and seldom needed

    for process in psutil.process_iter():
        if not deadline.left_s:
            return
        if process.pid in ours:
            continue
        try:
            if not uses_pcsc(_libraries(process)) or process.ppid() in ours[1:]:
                continue
            if (name := process.name()) != "pcscd":
                yield Process(pid=process.pid, name=name.encode(errors="replace").decode())
        except (psutil.Error, OSError):  # it has ended, or may not be looked at
            continue


def uses_pcsc(libraries: Iterable[str]) -> bool:
    """Tell whether PC/SC's client library is among the files a process has mapped."""
    names = {ntpath.basename(path).lower() for path in libraries}  # reads paths of both kinds
    return any(name == "winscard.dll" or name.startswith("libpcsclite") for name in names)


def _libraries(process: "psutil.Process") -> Iterator[str]:
    if sys.platform == "linux":
        # psutil asks for sizes too, for which the kernel walks all the memory of a process
        text = Path(f"/proc/{process.pid}/maps").read_text("utf-8", "replace")
        return (line[place:] for line in text.splitlines() if (place := line.find("/")) > 0)
    if sys.platform == "win32":
        return (mapped.path for mapped in process.memory_maps())
    return iter(())
