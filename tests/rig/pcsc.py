# SPDX-License-Identifier: Apache-2.0
"""A real PC/SC service with virtual readers, apart from the machine's own.

Every fact it gives comes from PC/SC itself; it starts, stops and plugs, and judges nothing.
"""

import contextlib
import functools
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.rig.card import Glitch, ScriptedCard
from tests.rig.compiler import compile_library
from tests.rig.driver import Driver, install
from tests.rig.look import EMPTY, NO_SERVICE, PRESENT, ReaderState, ServiceError, look

READER = "ACS ACR39U ICC Reader"
"""As the driver names a reader; PC/SC appends two numbers, as in "… 00 00"."""

_VPCD = Path("/usr/lib/pcsc/drivers/serial/libifdvpcd.so")
PATH = f"{os.environ['PATH']}:/usr/sbin"
"""Debian keeps pcscd and ip where only root looks."""
_ENCLOSURE = Path(__file__).with_name("enclosure.py")
_SHIM = Path(__file__).with_name("reader.c")
_LIBRARY = "reader.so"
_FIRST_PORT = 0x8C7B
_DEADLINE_S = 10.0


def missing() -> str:
    """Name what this machine lacks for a service of the rig; empty if nothing."""
    programs = ("pcscd", "unshare", "setpriv", "ip", "mount", "gcc")
    absent = [program for program in programs if shutil.which(program, path=PATH) is None]
    files = (_VPCD, Path("/usr/include/PCSC/ifdhandler.h"), Path("/sys/bus"))
    return ", ".join(absent + [str(file) for file in files if not file.exists()])


def program() -> str:
    """Return where the service's program is."""
    return shutil.which("pcscd", path=PATH) or "pcscd"


def _remove(folder: Path) -> None:
    """Remove a folder in which a program that outlives the service may still write."""
    while folder.exists():
        shutil.rmtree(folder, ignore_errors=True)


class PcscService:
    """One pcscd with virtual readers in namespaces of its own; a context manager.

    A new service is stopped; entering starts it. What it is reached by, `env`, stays the same when
    it is stopped and started again, as the place of the real one does.
    """

    def __init__(
        self,
        readers: int = 1,
        *,
        names: tuple[str, ...] = (READER,),
        tells_presence: bool = True,
        driver: Driver = Driver.AKISP11,
    ) -> None:
        """Describe a service with so many readers, 0 to 16, which take the names in turn.

        `tells_presence`: whether their driver can be asked if a card is in.
        `driver` is what reads the cards in them.
        """
        self._tells_presence = tells_presence
        self.folder = Path(tempfile.mkdtemp(prefix="rig-"))
        """Everything that is the service's own."""
        self._run = self.folder / "run"
        self._socket = self._run / "pcscd" / "pcscd.comm"
        self._empty = self.folder / "empty"
        self._configuration = self.folder / "readers.conf"
        self._log = self.folder / "pcscd.log"
        self._process: subprocess.Popen[bytes] | None = None
        self._requests: socket.socket | None = None
        self._asking = threading.Lock()
        self._plugs: dict[int, _Plug] = {}
        self.module = install(driver, self.folder / "config")
        """The PKCS#11 module of the driver, unless that is the system's."""
        self.env = {
            **os.environ,
            "XDG_CONFIG_HOME": str(self.module.parent),
            **({"AKISP11_FAULT": "quiet"} if driver is Driver.QUIET else {}),
            "PCSCLITE_CSOCK_NAME": str(self._socket),
            "CARDTOOL_LOCK": str(self.folder / "lock"),
            "CARDTOOL_STATE": str(self.folder / "last-good.json"),
        }
        """The environment in which a process finds this service, and no desk another's memory."""
        self._run.mkdir()
        self._empty.mkdir()
        self._write_configuration([names[number % len(names)] for number in range(readers)])

    def __enter__(self) -> Self:
        """Start the service."""
        try:
            self.start()
        except BaseException:
            self.stop()
            _remove(self.folder)
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop the service and remove what it left."""
        self.stop()
        _remove(self.folder)

    @property
    def log(self) -> str:
        """What pcscd has written so far."""
        return self._log.read_text(errors="replace")

    @property
    def pid(self) -> int:
        """The process number of pcscd.

        Raises:
            ServiceError: the service is stopped.
        """
        if self._process is None:
            raise ServiceError(NO_SERVICE)
        front: list[int] = [self._process.pid]
        while front:
            pid = front.pop()
            if Path(f"/proc/{pid}/comm").read_text().strip() == "pcscd":
                return pid
            children = Path(f"/proc/{pid}/task/{pid}/children").read_text()
            front += map(int, children.split())
        raise ServiceError(NO_SERVICE)

    def gone(self, slot: int) -> Path:
        """Return the file whose being there means that this reader was unplugged."""
        return self.folder / f"{_LIBRARY}.{slot}.gone"

    def states(self) -> tuple[ReaderState, ...]:
        """Ask PC/SC for the state of every reader, in the order of the slots.

        Raises:
            ServiceError: the service is stopped.
        """
        return look(self.env)

    def start(self) -> None:
        """Start the service, with the cards in that were in when it was stopped."""
        namespaces = "-mn" if Path("/proc/self").stat().st_uid == 0 else "-Urmn"
        enclosed = [sys.executable, "-I", str(_ENCLOSURE), str(self._run), str(self._empty)]
        self._requests, theirs = socket.socketpair(type=socket.SOCK_SEQPACKET)
        with theirs, self._log.open("ab") as log:
            self._process = subprocess.Popen(
                ["unshare", namespaces, *enclosed, *self.command()],
                env={**os.environ, "PATH": PATH},
                stdin=theirs.fileno(),
                stdout=log,
                stderr=log,
            )
        self._requests.settimeout(_DEADLINE_S)
        if self._requests.recv(16) != b"ready":
            self.stop()
            message = f"pcscd ended before it answered:\n{self.log}"
            raise RuntimeError(message)
        for slot, plug in tuple(self._plugs.items()):
            self.insert(plug.card, slot)

    def command(self) -> list[str]:
        """Return what is run inside the namespaces, and ends as the service."""
        return [*self.service(), *without_polkit(program())]

    def service(self) -> list[str]:
        """Return the bare command of the service."""
        return [program(), "--foreground", "--config", str(self._configuration)]

    def stop(self) -> None:
        """Stop the service; the cards stay in their readers."""
        if self._process is None or self._requests is None:
            return
        self._plugs = {slot: plug for slot, plug in self._plugs.items() if plug.is_in}
        for plug in self._plugs.values():
            plug.pull()
        self._requests.close()
        process, self._process, self._requests = self._process, None, None
        try:
            process.wait(_DEADLINE_S)
        finally:
            process.kill()
            process.wait()

    def insert(self, card: ScriptedCard, slot: int = 0) -> None:
        """Put a card in, instead of any that is in, and wait until PC/SC says it is present."""
        if slot in self._plugs:
            self.remove(slot)
        self._plugs[slot] = _Plug(
            card,
            connect=lambda: self._wire_to(slot),
            empty=lambda: self._wait(slot, EMPTY),
        )
        self._wait(slot, PRESENT)

    def remove(self, slot: int = 0) -> None:
        """Take the card out, if one is in, and wait until PC/SC says that the reader is empty."""
        if slot in self._plugs:
            self._plugs.pop(slot).pull()
        self._wait(slot, EMPTY)

    def wait_for_swap(self, slot: int = 0) -> None:
        """Wait until a card with the fault `Swap` has left and PC/SC says the next is present."""
        if not self._plugs[slot].swapped.wait(_DEADLINE_S):
            message = f"the card in slot {slot} was not swapped in {_DEADLINE_S:g} s"
            raise TimeoutError(message)
        self._wait(slot, PRESENT)

    def _wait(self, slot: int, state: int) -> None:
        look(self.env, reader=slot, until=state)

    def _write_configuration(self, names: list[str]) -> None:
        entries = []
        library = self.folder / _LIBRARY
        library.write_bytes(_single_slot_driver(tells_presence=self._tells_presence))
        for number, name in enumerate(names):
            library.with_name(f"{library.name}.{number}").write_bytes(_VPCD.read_bytes())
            port = _FIRST_PORT + number
            entries.append(
                f'FRIENDLYNAME "{name}"\nDEVICENAME /dev/null:{port:#x}\n'
                f"LIBPATH {library}\nCHANNELID {port:#x}\n"
            )
        self._configuration.write_text("\n".join(entries), "utf-8", "surrogateescape")

    def _wire_to(self, slot: int) -> socket.socket:
        """Open the connection that is a card in this slot, inside the service's own network."""
        with self._asking:
            if self._requests is None:
                message = "the service is stopped"
                raise ConnectionError(message)
            self._requests.send(str(_FIRST_PORT + slot).encode())
            answer, descriptors = _received(self._requests)
        if not descriptors:
            raise ConnectionError(answer.decode())
        return socket.socket(fileno=descriptors[0])


def _received(requests: socket.socket) -> tuple[bytes, list[int]]:
    """Receive one message and the descriptor that may come with it."""
    if sys.platform == "win32":
        raise NotImplementedError
    else:  # noqa: RET506 (mypy leaves out a branch of another platform, not what follows it)
        message, descriptors, _, _ = socket.recv_fds(requests, 256, 1)
        return message, descriptors


class _Plug:
    """A card in a reader: the thread that serves it, and any card swapped in for it."""

    def __init__(
        self, card: ScriptedCard, *, connect: Callable[[], socket.socket], empty: Callable[[], None]
    ) -> None:
        """Connect and begin to serve; `empty` returns when the reader has noticed a removal."""
        self.card = card
        """The card that is in, or was in last."""
        self.swapped = threading.Event()
        self._connect = connect
        self._empty = empty
        self._wire = connect()
        self._lock = threading.Lock()
        self._out = False
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    @property
    def is_in(self) -> bool:
        """Whether a card is in, or about to be swapped in."""
        return self._thread.is_alive()

    def pull(self) -> None:
        """Take the card out."""
        with self._lock:
            self._out = True
            with contextlib.suppress(OSError):
                self._wire.shutdown(socket.SHUT_RDWR)
        self._thread.join()

    def _serve(self) -> None:
        while following := self.card.serve(self._wire):
            if isinstance(self.card.fault, Glitch):
                time.sleep(self.card.fault.out_s)
            else:
                self._empty()
            with self._lock:
                if self._out:
                    return
                self.card, self._wire = following, self._connect()
            self.swapped.set()


@functools.cache
def without_polkit(program: str) -> tuple[str, ...]:
    """Return the option that leaves polkit out, where this pcscd knows it.

    The rig has no polkit to ask. Source: pcscd(8) of Debian 13; that of Debian 12 knows no option.
    """
    told = subprocess.run([program, "--help"], capture_output=True, text=True, check=False)
    return ("--disable-polkit",) if "--disable-polkit" in told.stdout + told.stderr else ()


@functools.cache
def _single_slot_driver(*, tells_presence: bool) -> bytes:
    """Compile the driver that makes one reader of vpcd."""
    options = ("-I/usr/include/PCSC", *(("-DTELLS_PRESENCE",) if tells_presence else ()))
    with tempfile.TemporaryDirectory() as folder:
        library = Path(folder) / _LIBRARY
        compile_library(_SHIM, library, *options)
        return library.read_bytes()
