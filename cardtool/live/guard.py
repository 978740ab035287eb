# SPDX-License-Identifier: Apache-2.0
"""Lets only one browser of this user see the page.

A browser asks any site for any page of 127.0.0.1, other users of the machine reach the port as
well, and cookies are shared by all ports. So a request must name this host and port exactly, come
from no other origin, bring the cookie, and on Linux belong to this user. The browser
sends the cookie only below a path that nobody else knows. The body of a request is never read.

Source: Fetch §3.2, the header Origin; RFC 6265 §8.5, cookies and ports; proc(5), /proc/net/tcp.
"""

import hmac
import os
import secrets
import sys
from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import suppress
from pathlib import Path
from typing import Any

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

HOST = "127.0.0.1"
_LONGEST_TARGET = 512  # of path and query: bytes
_LARGEST_HEADERS = 8192  # bytes

_HEADERS = {
    "cache-control": "no-store",
    "connection": "close",
    "content-security-policy": "default-src 'none'; script-src 'self'; connect-src 'self'; "
    "style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}
_OURS = [(name.encode(), text.encode()) for name, text in _HEADERS.items()]
"""On every answer. A connection serves one request, so that the time of each is limited."""


class Guard:
    """An ASGI application around the page; it refuses with a number and no words."""

    def __init__(self, app: App, port: int) -> None:
        """Guard an application on a port of this host, with secrets made now."""
        self._app = app
        self._host = f"{HOST}:{port}".encode()
        self._name = f"cardtool-{port}"
        self._secret: str | None = secrets.token_urlsafe(32)
        self._token = secrets.token_urlsafe(32)
        self.path = f"/{secrets.token_urlsafe(16)}/"
        """Where the page is; the cookie goes nowhere else."""
        self.address = f"http://{HOST}:{port}/open?{self._secret}"
        """What opens the page once."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, exchange the secret, or refuse."""
        status = self._refusal(scope)
        if status:
            await _answer(send, status)
        elif scope["path"] == "/open":
            if self._is_secret(scope["query_string"]):
                await _answer(send, 200, self._opened(), (b"set-cookie", self._cookie()))
            else:
                await _answer(send, 403)
        elif self._has_cookie(scope):
            await self._app(scope, receive, _with_headers(send))
        else:
            await _answer(send, 403)

    def _refusal(self, scope: Scope) -> int:
        """Return the status with which a request is refused, whoever makes it; 0: none."""
        origin, method = b"http://" + self._host, scope["method"]
        origins, sites = _all(scope, b"origin"), _all(scope, b"sec-fetch-site")
        if method not in ("GET", "POST"):
            return 405
        if len(scope["raw_path"]) + len(scope["query_string"]) > _LONGEST_TARGET:
            return 414
        if sum(len(name) + len(value) for name, value in scope["headers"]) > _LARGEST_HEADERS:
            return 431
        lengths = _all(scope, b"content-length")
        if any(length != b"0" for length in lengths) or _all(scope, b"transfer-encoding"):
            return 413
        least = [origin] if method == "POST" else []
        is_here = (
            _all(scope, b"host") == [self._host]
            and origins in (least, [origin])
            and all(site in (b"same-origin", b"none") for site in sites)
        )
        return 0 if is_here and _is_own(scope["client"]) else 403

    def _is_secret(self, given: bytes) -> bool:
        """Tell whether this is the secret, and know it no longer if it is."""
        if self._secret is None or not hmac.compare_digest(given, self._secret.encode()):
            return False
        self._secret = None
        return True

    def _has_cookie(self, scope: Scope) -> bool:
        """Tell whether the cookie is among those of a request; anybody may have added others."""
        if not scope["path"].startswith(self.path):
            return False
        pairs = (pair.strip() for given in _all(scope, b"cookie") for pair in given.split(b";"))
        wanted = f"{self._name}={self._token}".encode()
        return any(hmac.compare_digest(pair, wanted) for pair in pairs)

    def _cookie(self) -> bytes:
        return f"{self._name}={self._token}; Path={self.path}; HttpOnly; SameSite=Strict".encode()

    def _opened(self) -> bytes:
        """Return a page that leads to the one: a redirection would leave the cookie behind.

        Source: draft-ietf-httpbis-rfc6265bis §5.2, same-site and cross-site requests.
        """
        to = self.path
        return (
            '<!DOCTYPE html><html lang="en"><meta charset="utf-8"><title>cardtool</title>'
            f'<meta http-equiv="refresh" content="0;url={to}"><a href="{to}">cardtool</a></html>'
        ).encode()


def _all(scope: Scope, name: bytes) -> list[bytes]:
    return [value for key, value in scope["headers"] if key == name]


def _is_own(client: tuple[str, int] | None) -> bool:
    """Tell whether a connection was made by this user; only Linux tells.

    Elsewhere the secret and the cookie must do: other users cannot read them there.
    """
    if sys.platform != "linux":
        return True
    if client is None or client[0] != HOST:
        return False
    local = f"0100007F:{client[1]:04X}"
    with suppress(OSError):
        for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[1] == local:
                return int(fields[7]) == os.geteuid()
    return False


def _with_headers(send: Send) -> Send:
    async def send_with(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message.get("headers", ()), *_OURS]
        await send(message)

    return send_with


async def _answer(
    send: Send, status: int, body: bytes = b"", *headers: tuple[bytes, bytes]
) -> None:
    kind = (b"content-type", b"text/html; charset=utf-8")
    length = (b"content-length", str(len(body)).encode())
    fields = [kind, length, *headers, *_OURS]
    await send({"type": "http.response.start", "status": status, "headers": fields})
    await send({"type": "http.response.body", "body": body})
