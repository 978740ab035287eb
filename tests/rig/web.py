# SPDX-License-Identifier: Apache-2.0
"""A web server on loopback that answers as it is told, well or badly, and remembers what it saw."""

import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self

DRIP_S = 0.05
"""Between two bytes of a server that never comes to an end."""

_LONGEST_S = 60.0


@dataclass
class Asked:
    """One request as it came."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes


Answer = Callable[["Handler", Asked], None]


class Handler(BaseHTTPRequestHandler):
    """Answers by the routes of its server."""

    server: "_Server"
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Answer a request without a body."""
        self._answer()

    def do_POST(self) -> None:
        """Answer a request with a body."""
        self._answer()

    def do_PUT(self) -> None:
        """Answer a request that brings something."""
        self._answer()

    def do_CONNECT(self) -> None:
        """Answer a request for a tunnel."""
        self._answer()

    def say(self, body: bytes, *, status: int = 200, **headers: str) -> None:
        """Send a whole answer."""
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as http.server has it
        """Say nothing."""

    def _answer(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        asked = Asked(self.command, self.path, dict(self.headers), self.rfile.read(length))
        self.server.seen.append(asked)
        self.close_connection = True
        route = self.server.routes.get(self.path, self.server.otherwise)
        try:
            route(self, asked)
        except OSError:  # whoever asked has gone, as is meant
            self.close_connection = True


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        if tls is not None:
            self.socket = tls.wrap_socket(self.socket, server_side=True)
        self.routes: dict[str, Answer] = {}
        self.seen: list[Asked] = []
        self.otherwise: Answer = _nothing_here


@dataclass
class Web:
    """The server; use it in a `with`."""

    tls: ssl.SSLContext | None = None

    def __post_init__(self) -> None:
        """Take a port, and listen there from `with` on."""
        self._server = _Server(self.tls)

    @property
    def port(self) -> int:
        """Return where it listens."""
        return int(self._server.server_address[1])

    @property
    def url(self) -> str:
        """Return its address without a slash at the end."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def seen(self) -> list[Asked]:
        """Return what was asked so far."""
        return self._server.seen

    def put(self, path: str, answer: Answer | bytes) -> str:
        """Have a path answered, and return its address."""
        self._server.routes[path] = answer if callable(answer) else saying(answer)
        return f"{self.url}{path}"

    def otherwise(self, answer: Answer) -> None:
        """Have every other path answered."""
        self._server.otherwise = answer

    def __enter__(self) -> Self:
        """Begin to listen."""
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        """Listen no more."""
        self._server.shutdown()
        self._server.server_close()


def saying(body: bytes, *, status: int = 200, **headers: str) -> Answer:
    """Answer with these bytes."""
    return lambda handler, _: handler.say(body, status=status, **headers)


def moved(location: str, status: int = 302) -> Answer:
    """Answer that it lies elsewhere."""
    return saying(b"", status=status, Location=location)


def dripping(*, in_head: bool = False) -> Answer:
    """Answer a byte at a time, for ever."""

    def answer(handler: Handler, _: Asked) -> None:
        if in_head:
            handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        else:
            handler.send_response(200)
            handler.end_headers()
        end = time.monotonic() + _LONGEST_S
        while time.monotonic() < end:
            handler.wfile.write(b"0")
            time.sleep(DRIP_S)

    return answer


def silent(handler: Handler, _: Asked) -> None:
    """Answer nothing, and keep the line open until the other side leaves."""
    handler.connection.settimeout(_LONGEST_S)
    handler.rfile.read(1)


def endless(handler: Handler, _: Asked) -> None:
    """Answer with more than anybody wants, without saying how much."""
    handler.send_response(200)
    handler.end_headers()
    for _count in range(1024):
        handler.wfile.write(b"\0" * 65536)


def _nothing_here(handler: Handler, _: Asked) -> None:
    handler.say(b"", status=404)
