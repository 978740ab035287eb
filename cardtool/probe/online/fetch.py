# SPDX-License-Identifier: Apache-2.0
"""One file or answer from an http or https address, within limits that no server can stretch.

The connection goes to the very address that was checked, so that a name that changes its meaning
in between (DNS rebinding) gains nothing. A deadline covers all of it, names and redirects too.
"""

import base64
import errno
import http.client
import socket
import ssl
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from urllib.parse import unquote, urljoin, urlsplit

import msgspec

from cardtool.probe.deadline import Deadline
from cardtool.probe.online.addresses import (
    WEB_PORTS,
    Address,
    FetchError,
    parse,
    refuse_private,
    resolve,
)

_REDIRECTS = 3
_REDIRECTED = frozenset({301, 302, 303, 307, 308})
"""Source: RFC 9110 §15.4."""

_OK = 200
_CHUNK_BYTES = 64 * 1024


class Route(msgspec.Struct, frozen=True, kw_only=True):
    """How the network may be used."""

    proxy: str = ""
    """Address of a proxy; empty: the one that the environment or the system names, if any."""
    allow_private: bool = False
    """First addresses may lead into a private network and to any port; a redirect never may."""


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked for."""

    url: str
    limit_bytes: int
    body: bytes = b""
    """What is posted; empty: nothing is."""
    kind: str = ""
    """Content type of the body."""


class _Moved(Exception):  # noqa: N818 - no error: the answer lies elsewhere
    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.url = url


def fetch(request: Request, route: Route, deadline: Deadline) -> bytes:
    """Return what an address gives, whatever lies between.

    Raises:
        FetchError: it gave nothing that may be used.
    """
    url = request.url
    for hop in range(_REDIRECTS + 1):
        may_be_private = route.allow_private and not hop
        try:
            return _ask(parse(url), request, route, deadline, may_be_private=may_be_private)
        except _Moved as moved:
            url = _joined(url, moved.url)
        except FetchError as error:
            if hop and error.name == "NOT_ALLOWED":
                raise FetchError(name="REDIRECTED", detail=f"to {url}: {error.detail}") from error
            raise
    raise FetchError(name="REDIRECTED", detail=f"more than {_REDIRECTS} times")


def _joined(url: str, location: str) -> str:
    try:
        return urljoin(url, location)
    except ValueError as error:
        raise FetchError(name="NOT_ALLOWED", detail=f"redirected: {error}") from error


def _ask(
    address: Address, request: Request, route: Route, deadline: Deadline, *, may_be_private: bool
) -> bytes:
    if not may_be_private and address.port not in WEB_PORTS:
        raise FetchError(name="NOT_ALLOWED", detail=f"port {address.port}")
    proxy = _proxy(address, route)
    if proxy is None:
        host, port = address.host, address.port
    else:
        if not may_be_private:
            refuse_private(address, deadline)
        host, port, may_be_private = proxy.hostname or "", proxy.port or 80, True
    with _refusals(deadline):
        line = _connect(host, port, deadline, may_be_private=may_be_private)
    twin = line.dup()  # cuts the connection under whoever is reading, TLS or not
    guard = threading.Timer(deadline.left_s, lambda: _cut(twin))
    guard.daemon = True
    guard.start()
    try:
        with _refusals(deadline), line:
            return _talk(line, address, request, proxy)
    finally:
        guard.cancel()
        twin.close()


def _talk(
    line: socket.socket,
    address: Address,
    request: Request,
    proxy: "urllib.parse.SplitResult | None",
) -> bytes:
    headers = {"Host": address.authority, "User-Agent": "cardtool", "Accept-Encoding": "identity"}
    headers |= {"Connection": "close"}
    target = address.target
    access = {} if proxy is None else _access(proxy)
    if address.scheme == "https":
        if proxy is not None:
            _open_tunnel(line, address, access)
        line = ssl.create_default_context().wrap_socket(line, server_hostname=address.host)
    elif proxy is not None:
        target = f"http://{address.authority}{target}"
        headers |= access
    connection = http.client.HTTPConnection(address.host, address.port)
    connection.sock = line
    try:
        if request.body:
            headers["Content-Type"] = request.kind
            connection.request("POST", target, request.body, headers)
        else:
            connection.request("GET", target, headers=headers)
        with connection.getresponse() as response:
            return _body(response, request.limit_bytes)
    finally:
        connection.close()


def _body(response: http.client.HTTPResponse, limit_bytes: int) -> bytes:
    if response.status in _REDIRECTED and (location := response.headers.get("Location")):
        raise _Moved(location)
    if response.status != _OK:
        raise FetchError(name=f"HTTP_{response.status}")
    found = b""
    if (response.length or 0) <= limit_bytes:
        while len(found) <= limit_bytes and (part := response.read(_CHUNK_BYTES)):
            found += part
        if len(found) <= limit_bytes:
            return found
    raise FetchError(name="TOO_LARGE", detail=f"more than {limit_bytes} bytes")


def _connect(host: str, port: int, deadline: Deadline, *, may_be_private: bool) -> socket.socket:
    places = resolve(host, port, deadline, allow_private=may_be_private)
    for count, (family, place) in enumerate(places):
        line = socket.socket(family, socket.SOCK_STREAM)
        line.settimeout(max(deadline.left_s / (len(places) - count), 0.001))
        try:
            line.connect(place)
        except OSError:
            line.close()
            if count + 1 == len(places):
                raise
            continue
        line.settimeout(None)
        return line
    raise FetchError(name="NO_HOST", detail=host)


def _open_tunnel(line: socket.socket, address: Address, access: dict[str, str]) -> None:
    """Have a proxy connect through. Source: RFC 9110 §9.3.6."""
    place = f"{address.host}:{address.port}"
    lines = [f"CONNECT {place} HTTP/1.1", f"Host: {place}"]
    lines += [f"{name}: {value}" for name, value in access.items()]
    line.sendall("\r\n".join((*lines, "", "")).encode())
    with http.client.HTTPResponse(line, method="CONNECT") as response:
        response.begin()
        if response.status != _OK:
            raise FetchError(name=f"HTTP_{response.status}", detail="from the proxy")


def _proxy(address: Address, route: Route) -> "urllib.parse.SplitResult | None":
    """Return the proxy that leads to an address; None: none does."""
    if urllib.request.proxy_bypass(f"{address.host}:{address.port}"):
        return None
    known = urllib.request.getproxies()
    url = route.proxy or known.get(address.scheme) or known.get("all")
    if not url:
        return None
    try:
        proxy = urlsplit(url if "://" in url else f"http://{url}")
        usable = proxy.scheme == "http" and proxy.hostname and proxy.port != 0
    except ValueError:
        usable = None
    if not usable:
        raise FetchError(name="NOT_ALLOWED", detail="the proxy is no http://HOST:PORT")
    return proxy


def _access(proxy: "urllib.parse.SplitResult") -> dict[str, str]:
    if proxy.username is None:
        return {}
    pair = f"{unquote(proxy.username)}:{unquote(proxy.password or '')}".encode()
    return {"Proxy-Authorization": f"Basic {base64.b64encode(pair).decode()}"}


def _cut(line: socket.socket) -> None:
    with suppress(OSError):
        line.shutdown(socket.SHUT_RDWR)


@contextmanager
def _refusals(deadline: Deadline) -> Iterator[None]:
    """Name what the network says no with."""
    try:
        yield
    except (OSError, ValueError, http.client.HTTPException) as error:
        if isinstance(error, TimeoutError) or not deadline.left_s:
            raise FetchError(name="TIMEOUT") from error
        raise FetchError(name=_name(error), detail=str(error)[:200]) from error
    if not deadline.left_s:  # what a cut connection gave may be the half of it
        raise FetchError(name="TIMEOUT")


def _name(error: Exception) -> str:
    match error:
        case ConnectionRefusedError():
            return "REFUSED"
        case ssl.SSLError():
            return "TLS"
        case OSError():
            return errno.errorcode.get(error.errno or 0, "EIO")
    return "NOT_HTTP"
