# SPDX-License-Identifier: Apache-2.0
"""Stands between clients and a PC/SC service: counts what they ask it, and hides a reader."""

import contextlib
import socket
import threading
from collections import Counter
from pathlib import Path
from typing import Self

from tests.rig.gate import CONNECT, CONTROL, STATES, TRANSMIT, relay

__all__ = ["CONNECT", "CONTROL", "STATES", "TRANSMIT", "Counting"]

_NAME_BYTES = 128
"""As a reader's state begins: its name, filled with zeros; none: there is no such reader.

Source: pcsc-lite, src/eventhandler.h, READER_STATE.
"""


class Counting:
    """A socket in front of a service's own; a context manager."""

    def __init__(self, service: str, place: Path) -> None:
        """Take clients at `place`, and pass what they ask on to the socket of the service."""
        self.asked: Counter[int] = Counter()
        """How often which command was asked, whoever asked it."""
        self.hidden: set[str] = set()
        """Names of readers that are not plugged in yet, whatever the service says."""
        self._service = service
        self.place = str(place)

    def __enter__(self) -> Self:
        """Begin to take clients."""
        self._listener = socket.socket(vars(socket)["AF_UNIX"])  # Windows lacks it
        self._listener.bind(self.place)
        self._listener.listen()
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        """Take no more; its file stays, as that of a service that was killed."""
        with contextlib.suppress(OSError):  # wakes who waits in accept
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with client:
            relay(client, self._service, self._count, self._told)

    def _count(self, command: int) -> bool:
        self.asked[command] += 1
        return True

    def _told(self, answer: bytes) -> bytes:
        for name in self.hidden:
            answer = answer.replace(name.encode().ljust(_NAME_BYTES, b"\0"), bytes(_NAME_BYTES))
        return answer
