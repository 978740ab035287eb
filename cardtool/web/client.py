# SPDX-License-Identifier: Apache-2.0
"""Makes one request to a web server, within limits that no server can exceed.

The connection goes to the number that was checked, so a name that changes its number in between
(DNS rebinding) gains nothing. One deadline covers DNS, the proxy, TLS, the request and the answer.

The proxy of the configuration file is always used. Without one, the proxy that the environment or
the system names is used, except for the hosts that they leave out and for this machine.
"""

import errno
import logging
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from urllib.parse import unquote, urljoin, urlsplit
from urllib.request import getproxies, proxy_bypass

import httpcore
import msgspec
from msgspec.structs import replace

from cardtool.deadline import Deadline
from cardtool.web.addresses import (
    WEB_PORTS,
    Address,
    WebError,
    is_loopback,
    parse,
    refuse_private,
    resolve,
)

_OK = 200
_REDIRECTS = 3
_REDIRECTED = frozenset({301, 302, 303, 307, 308})  # source: RFC 9110 §15.4
_PASSED_OVER = "the system's proxy was not used: it is no http://HOST:PORT"

logging.getLogger("httpcore").setLevel(logging.WARNING)  # it would log headers, and so a token


class Route(msgspec.Struct, frozen=True, kw_only=True):
    """How the network may be used."""

    proxy: str = ""
    """Address of a proxy; empty: the one that the environment or the system names, if any."""
    allow_private: bool = False
    """An address may lead into a private network and to any port."""


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """What is sent to a server."""

    url: str
    method: str = "GET"
    headers: dict[str, str] = {}
    body: bytes | None = None
    limit_bytes: int = 0
    """The longest body of an answer that is read; 0: only the status counts."""


class Response(msgspec.Struct, frozen=True, kw_only=True):
    """What a server answered."""

    status: int
    location: str
    """Where it says that the answer lies; empty: nowhere else."""
    body: bytes
    """Read only where the status is 200."""


def fetch(request: Request, route: Route, deadline: Deadline) -> bytes:
    """Return the body at an address, after a few redirects if there are any.

    No redirect may lead into a private network.

    Raises:
        WebError: it gave nothing that may be used.
    """
    for hop in range(_REDIRECTS + 1):
        try:
            response = ask(request, route, deadline)
        except WebError as error:
            if hop and error.name == "NOT_ALLOWED":
                detail = f"to {request.url}: {error.detail}"
                raise WebError(name="REDIRECTED", detail=detail) from error
            raise
        if response.status == _OK:
            return response.body
        if response.status not in _REDIRECTED or not response.location:
            raise WebError(name=f"HTTP_{response.status}")
        try:
            request = replace(request, url=urljoin(request.url, response.location))
        except ValueError as error:
            raise WebError(name="NOT_ALLOWED", detail=f"redirected: {error}") from error
        route = replace(route, allow_private=False)
    raise WebError(name="REDIRECTED", detail=f"more than {_REDIRECTS} times")


def ask(
    request: Request, route: Route, deadline: Deadline, tls: ssl.SSLContext | None = None
) -> Response:
    """Return what a server answers; redirects are not followed.

    `tls` holds the trusted issuers; None: those of the system.

    Raises:
        WebError: there is no answer that may be used.
    """
    address = parse(request.url)
    if not route.allow_private and address.port not in WEB_PORTS:
        raise WebError(name="NOT_ALLOWED", detail=f"port {address.port}")
    proxy, note = (checked_proxy(route.proxy), "") if route.proxy else _system_proxy(address)
    if proxy is not None and not route.allow_private:
        refuse_private(address, deadline)
    url = httpcore.URL(f"{address.scheme}://{address.authority}")
    url.target = address.target.encode()  # httpcore itself would leave out what follows a semicolon
    headers = {"Host": address.authority, "User-Agent": "cardtool", "Connection": "close"}
    headers |= {"Accept-Encoding": "identity", **request.headers}
    if tls is None and address.scheme == "https":
        tls = ssl.create_default_context()
    network = _Network(deadline, allow_private=route.allow_private or proxy is not None)
    with (
        _errors_named(note),
        httpcore.ConnectionPool(ssl_context=tls, proxy=proxy, network_backend=network) as pool,
        pool.stream(
            request.method, url, headers=[*headers.items()], content=request.body
        ) as response,
    ):
        fields = {name.lower(): value for name, value in response.headers}
        return Response(
            status=response.status,
            location=fields.get(b"location", b"").decode("latin-1"),
            body=_body(response, fields, request.limit_bytes),
        )


def checked_proxy(url: str) -> httpcore.Proxy:
    """Return a proxy by its address.

    Raises:
        WebError: NOT_ALLOWED, it is not of the form http://HOST:PORT.
    """
    try:
        parts = urlsplit(url if "://" in url else f"http://{url}")
        port = 80 if parts.port is None else parts.port
        host = (parts.hostname or "").encode("idna").decode()
    except ValueError:
        host, port = "", 0
    if not (host and port) or parts.scheme != "http":
        raise WebError(name="NOT_ALLOWED", detail="the proxy is no http://HOST:PORT")
    access = None
    if parts.username is not None:
        access = unquote(parts.username).encode(), unquote(parts.password or "").encode()
    return httpcore.Proxy(
        httpcore.URL(scheme="http", host=host, port=port, target="/"), auth=access
    )


def _system_proxy(address: Address) -> tuple[httpcore.Proxy | None, str]:
    """Return the proxy that the environment or the system names, or why there is none."""
    if is_loopback(address.host) or proxy_bypass(f"{address.host}:{address.port}"):
        return None, ""
    named = getproxies()
    for url in filter(None, (named.get(address.scheme), named.get("all"))):
        with suppress(WebError):  # many environments name one of SOCKS, for other programs
            return checked_proxy(url), ""
    is_any = {address.scheme, "all", "socks"} & named.keys()
    return None, _PASSED_OVER if is_any else ""


def _body(response: httpcore.Response, fields: dict[bytes, bytes], limit_bytes: int) -> bytes:
    if response.status != _OK or not limit_bytes:
        return b""
    body = b""
    if int(fields.get(b"content-length", b"0")) <= limit_bytes:
        for part in response.iter_stream():
            body += part
            if len(body) > limit_bytes:
                break
        else:
            return body
    raise WebError(name="TOO_LARGE", detail=f"more than {limit_bytes} bytes")


class _Network(httpcore.NetworkBackend):
    """Connects only to numbers that may be asked; the deadline replaces httpcore's time limits."""

    def __init__(self, deadline: Deadline, *, allow_private: bool) -> None:
        self._deadline = deadline
        self._allow_private = allow_private

    def connect_tcp(self, host: str, port: int, *_: object, **__: object) -> httpcore.NetworkStream:
        numbers = resolve(host, port, self._deadline, allow_private=self._allow_private)
        while True:
            part_s = max(self._deadline.share(len(numbers)).left_s, 0.001)
            try:
                line = socket.create_connection((numbers.pop(0), port), part_s)
            except OSError:
                if not numbers:
                    raise
            else:
                line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                return _Stream(line, self._deadline)


class _Stream(httpcore.NetworkStream):
    """A connection on which every wait ends at the deadline."""

    def __init__(self, line: socket.socket, deadline: Deadline) -> None:
        self._line = line
        self._deadline = deadline

    def _in_time(self) -> socket.socket:
        if not (left_s := self._deadline.left_s):
            raise TimeoutError
        self._line.settimeout(left_s)
        return self._line

    def read(self, max_bytes: int, *_: object, **__: object) -> bytes:
        return self._in_time().recv(max_bytes)

    def write(self, buffer: bytes, *_: object, **__: object) -> None:
        left = memoryview(buffer)
        try:
            while left:
                left = left[self._in_time().send(left) :]
        except OSError as error:  # the server may have answered before it hung up
            raise httpcore.WriteError from error

    def close(self) -> None:
        self._line.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        *_: object,
        **__: object,
    ) -> httpcore.NetworkStream:
        line = ssl_context.wrap_socket(self._in_time(), server_hostname=server_hostname)
        return _Stream(line, self._deadline)

    def get_extra_info(self, info: str) -> None:
        """Return nothing: it is only used for HTTP/2 and for connections that are used again."""


@contextmanager
def _errors_named(note: str) -> Iterator[None]:
    """Turn errors of the network into `WebError`, and add the note to the detail."""
    try:
        yield
    except (WebError, OSError, ValueError, httpcore.ProtocolError, httpcore.ProxyError) as error:
        name, detail = _named(error)
        detail = f"{detail or name}; {note}" if note else detail
        raise WebError(name=name, detail=detail) from error


def _named(error: Exception) -> tuple[str, str]:
    """Return the name of an error, and a detail for support."""
    name, detail = "NOT_HTTP", str(error)[:200]
    match error:
        case WebError():
            name, detail = error.name, error.detail
        case httpcore.ProxyError():  # its text begins with the status
            name, detail = f"HTTP_{detail[:3]}", "from the proxy"
        case TimeoutError():
            name, detail = "TIMEOUT", ""
        case ConnectionRefusedError():
            name = "REFUSED"
        case ssl.SSLError():
            name = "TLS"
        case OSError():
            name = errno.errorcode.get(error.errno or 0, "EIO")
    return name, detail
