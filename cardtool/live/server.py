# SPDX-License-Identifier: Apache-2.0
"""Serves the page to one browser of this user, for as long as that has it open."""

import asyncio
import logging
import signal
import socket
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any, TypeVar

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from cardtool.live.following import Follower
from cardtool.live.guard import HOST, Guard
from cardtool.live.site import Site, Wording

T = TypeVar("T")

FIRST_S = 600.0
"""How long a browser may take to come at all."""

LINGER_S = 5.0
"""How long after the last page was closed: a page that is loaded anew comes back."""

_REQUEST_S = 5.0  # for the whole of a request: it has no body and a few headers
_MOST_CONNECTIONS = 256
_LARGEST_REQUEST = 8192  # bytes
_TICK_S = 0.2


class _Protocol(H11Protocol):
    """A connection that is closed if its one request does not come in time."""

    def connection_made(self, transport: Any) -> None:  # noqa: ANN401 - as uvicorn has it
        super().connection_made(transport)
        self.loop.call_later(_REQUEST_S, self._end_if_silent)

    def _end_if_silent(self) -> None:
        if self.cycle is None:
            self.transport.close()


class _Server(uvicorn.Server):
    """A server that leaves signals to this module, and asks nobody what system this is.

    uvicorn's `startup` asks `platform`, and on Windows that asks WMI, which may not answer. It asks
    nobody if it makes the socket itself, but other programs on Windows can share such a socket.
    """

    servers: list[asyncio.Server]

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        loop = asyncio.get_running_loop()
        config = self.config
        make = partial(_Protocol, config, self.server_state, {})
        self.servers = [
            await loop.create_server(make, sock=each, backlog=config.backlog)
            for each in sockets or ()
        ]
        self.started = True

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def bound() -> socket.socket:
    """Return a socket on a free port of this host, which no other program can share."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    if sys.platform == "win32":
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
    listener.bind((HOST, 0))
    return listener


def serve(
    listener: socket.socket,
    wordings: Mapping[str, Wording[T]],
    begin: Callable[[], Follower[T]],
    opened: Callable[[str], None],
    saved: Callable[[], bytes],
) -> None:
    """Serve until the last page is closed, or at a signal.

    `wordings` make pages of what a check results in, by language. `begin` begins to follow the
    workstation. `opened` is given the address that opens the page. `saved` returns the file for
    support, empty before the first check.

    Raises:
        Exception: whatever ended a check that should not have, or what `opened` raises.
    """
    asyncio.run(_serve(listener, wordings, begin, opened, saved))


async def _serve(
    listener: socket.socket,
    wordings: Mapping[str, Wording[T]],
    begin: Callable[[], Follower[T]],
    opened: Callable[[str], None],
    saved: Callable[[], bytes],
) -> None:
    loop, follower = asyncio.get_running_loop(), begin()
    site = Site(wordings, follower.again, saved)
    guard = Guard(site.answer, listener.getsockname()[1])
    site.serve_at(guard.path)
    server = _Server(_config(guard))
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: loop.call_soon_threadsafe(_end, server))
    showing = loop.run_in_executor(None, _show, site, follower, loop, server)
    unused = asyncio.create_task(_until_unused(site, server))
    try:
        listener.listen()  # an early browser waits
        opened(guard.address)
        await server.serve(sockets=[listener])
    finally:
        follower.end()
        unused.cancel()
    await showing


def _show(
    site: Site[T], follower: Follower[T], loop: asyncio.AbstractEventLoop, server: uvicorn.Server
) -> None:
    """Show what the follower reports; if that fails, end the server."""
    try:
        for report in follower.reports():
            asyncio.run_coroutine_threadsafe(site.put(report), loop)
    finally:
        with suppress(RuntimeError):  # the server has ended
            loop.call_soon_threadsafe(_end, server)


def _end(server: uvicorn.Server) -> None:
    server.should_exit = True


def _config(app: Guard) -> uvicorn.Config:
    logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)
    return uvicorn.Config(
        app,
        http=_Protocol,
        ws="none",
        loop="asyncio",
        lifespan="off",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        date_header=False,
        h11_max_incomplete_event_size=_LARGEST_REQUEST,
        limit_concurrency=_MOST_CONNECTIONS,
        timeout_graceful_shutdown=1,
    )


async def _until_unused(site: Site[T], server: uvicorn.Server) -> None:
    """Have the server end once no browser follows; end the streams once the server is to end."""
    loop = asyncio.get_running_loop()
    end = loop.time() + FIRST_S
    while not server.should_exit:
        if site.streams:
            end = loop.time() + LINGER_S
        elif loop.time() > end:
            server.should_exit = True
        await asyncio.sleep(_TICK_S)
    await site.close()
