# SPDX-License-Identifier: Apache-2.0
"""Stands between clients and a PC/SC service, and counts what they ask it.

Source: pcsc-lite, src/winscard_msg.h: a message is its length, its command, and that many bytes;
what is sent to a card comes after them.
"""

import contextlib
import socket
import struct
import threading
from collections import Counter
from pathlib import Path
from typing import Self

CONNECT, TRANSMIT, CONTROL, STATES = 4, 9, 10, 0x12
"""SCARD_CONNECT, SCARD_TRANSMIT, SCARD_CONTROL and CMD_GET_READERS_STATE."""
_UNIX: int = vars(socket)["AF_UNIX"]  # Windows lacks it
_HEADER = struct.Struct("=II")
_LENGTH_AT = {CONTROL: 8, TRANSMIT: 12}


class Counting:
    """A socket in front of a service's own; a context manager."""

    def __init__(self, service: str, place: Path) -> None:
        """Take clients at `place`, and pass what they ask on to the socket of the service."""
        self.asked: Counter[int] = Counter()
        """How often which command was asked, whoever asked it."""
        self._service = service
        self.place = str(place)
        self._listener = socket.socket(_UNIX)
        self._listener.bind(self.place)
        self._listener.listen()

    def __enter__(self) -> Self:
        """Begin to take clients."""
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        """Take no more."""
        self._listener.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with client, socket.socket(_UNIX) as service, contextlib.suppress(OSError):
            service.connect(self._service)
            threading.Thread(target=_pass_on, args=(service, client), daemon=True).start()
            while header := client.recv(_HEADER.size, socket.MSG_WAITALL):
                size, command = _HEADER.unpack(header)
                self.asked[command] += 1
                body = client.recv(size, socket.MSG_WAITALL) if size else b""
                if command in _LENGTH_AT:
                    (more,) = struct.unpack_from("=I", body, _LENGTH_AT[command])
                    body += client.recv(more, socket.MSG_WAITALL) if more else b""
                service.sendall(header + body)
            for side in (client, service):
                side.shutdown(socket.SHUT_RDWR)


def _pass_on(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while some := source.recv(1 << 16):
            sink.sendall(some)
        sink.shutdown(socket.SHUT_RDWR)
