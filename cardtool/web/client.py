# SPDX-License-Identifier: Apache-2.0
"""One request to a web server, within limits that no server can stretch.

The connection goes to the very number that was checked, so that a name that changes its meaning in
between (DNS rebinding) gains nothing. One deadline covers all of it: DNS, the proxy, TLS, the
request and the answer. Every wait for the network ends at it. Redirects are not followed.
"""

import errno
import logging
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager

import httpcore
import msgspec

from cardtool.deadline import Deadline
from cardtool.web.addresses import WEB_PORTS, WebError, parse, refuse_private, resolve
from cardtool.web.proxies import proxy_for

OK = 200

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


def ask(
    request: Request, route: Route, deadline: Deadline, tls: ssl.SSLContext | None = None
) -> Response:
    """Return what a server answers; `tls` says whom to trust, None: those whom the system trusts.

    Raises:
        WebError: there is no answer that may be used.
    """
    address = parse(request.url)
    if not route.allow_private and address.port not in WEB_PORTS:
        raise WebError(name="NOT_ALLOWED", detail=f"port {address.port}")
    proxy = proxy_for(address, route.proxy)
    if proxy is not None and not route.allow_private:
        refuse_private(address, deadline)
    url = httpcore.URL(address.url)
    url.target = address.target.encode()  # of its own it leaves out what follows a semicolon
    headers = {"Host": address.authority, "User-Agent": "cardtool", "Connection": "close"}
    headers |= {"Accept-Encoding": "identity", **request.headers}
    if request.body is not None:
        headers["Content-Length"] = str(len(request.body))
    network = _Network(deadline, allow_private=route.allow_private or proxy is not None)
    with (
        _errors_named(),
        httpcore.ConnectionPool(
            ssl_context=tls or _trusting_the_system(address.scheme),
            proxy=proxy,
            network_backend=network,
        ) as pool,
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


def _trusting_the_system(scheme: str) -> ssl.SSLContext | None:
    return ssl.create_default_context() if scheme == "https" else None


def _body(response: httpcore.Response, fields: dict[bytes, bytes], limit_bytes: int) -> bytes:
    if response.status != OK or not limit_bytes:
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
    """Connects to the numbers that may be asked, and to no others; the deadline alone counts."""

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
        """Tell nothing: it is asked for HTTP/2 and for connections that wait to be used again."""


@contextmanager
def _errors_named() -> Iterator[None]:
    """Give what goes wrong on the network its name."""
    try:
        yield
    except httpcore.ProxyError as error:  # its text begins with the status
        raise WebError(name=f"HTTP_{str(error)[:3]}", detail="from the proxy") from error
    except (OSError, ValueError, httpcore.ProtocolError) as error:
        detail = "" if isinstance(error, TimeoutError) else str(error)[:200]
        raise WebError(name=_name(error), detail=detail) from error


def _name(error: Exception) -> str:
    match error:
        case TimeoutError():
            return "TIMEOUT"
        case ConnectionRefusedError():
            return "REFUSED"
        case ssl.SSLError():
            return "TLS"
        case OSError():
            return errno.errorcode.get(error.errno or 0, "EIO")
    return "NOT_HTTP"
