# SPDX-License-Identifier: Apache-2.0
"""Decides which web addresses may be asked, and resolves names by DNS. Asks no web server."""

import ipaddress
import queue
import socket
import threading
from contextlib import suppress
from urllib.parse import urlsplit

import msgspec

from cardtool.deadline import Deadline

_LONGEST = 2048  # characters; a longer text is not read as an address
_PORTS = {"http": 80, "https": 443}

WEB_PORTS = frozenset(_PORTS.values())
"""The ports of issuers; any other port is some other service."""

_OPEN = ipaddress.IPv6Network("2000::/3")
"""All of IPv6 that is given out. Source: the IANA registry of IPv6 address space."""

_SET_APART = tuple(
    ipaddress.IPv6Network(network)
    for network in (
        "2001::/23",  # protocols, Teredo among them: RFC 2928, RFC 4380
        "2001:db8::/32",  # examples: RFC 3849
        "3fff::/20",  # examples: RFC 9637
    )
)

_WRAPPERS = tuple(
    ipaddress.IPv6Network(network)
    for network in (
        "::ffff:0:0/96",  # mapped: RFC 4291 §2.5.5.2
        "::ffff:0:0:0/96",  # translated: RFC 2765 §2.1
        "64:ff9b::/96",  # where a network has only IPv6, DNS gives every number so: RFC 6052 §2.1
    )
)
"""Numbers whose last 32 bits are one of IPv4."""

_DNS_S = 1.0  # how long DNS may take if a proxy resolves the name again


class WebError(Exception):
    """No usable answer: a name of `model.trust.Attempt`, and a detail for support."""

    def __init__(self, *, name: str, detail: str = "") -> None:
        super().__init__(name, detail)
        self.name = name
        self.detail = detail


class Address(msgspec.Struct, frozen=True, kw_only=True):
    """The parts of an http or https address."""

    scheme: str
    host: str
    port: int
    target: str
    """Path and query, as the request names them."""

    @property
    def authority(self) -> str:
        """Return host and port as a `Host` header has them."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"


def parse(url: str) -> Address:
    """Take an address apart.

    Raises:
        WebError: NOT_ALLOWED, if it is odd, or neither http nor https.
    """
    if len(url) > _LONGEST or not url.isascii() or not url.isprintable() or " " in url:
        raise WebError(name="NOT_ALLOWED", detail="not an address of at most 2048 plain characters")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise WebError(name="NOT_ALLOWED", detail=str(error)) from error
    if parts.scheme not in _PORTS:
        raise WebError(name="NOT_ALLOWED", detail=f"neither http nor https: {parts.scheme}")
    if not parts.hostname or parts.username is not None:
        raise WebError(name="NOT_ALLOWED", detail="no host, or a user's name")
    return Address(
        scheme=parts.scheme,
        host=parts.hostname,
        port=port or _PORTS[parts.scheme],
        target=(parts.path or "/") + (f"?{parts.query}" if parts.query else ""),
    )


def is_public(host: str) -> bool:
    """Tell whether a host is in the public network; every name counts as public except localhost.

    An IPv6 number that only wraps an IPv4 number is judged by that.
    """
    host = host.rstrip(".")  # the root of DNS; a resolver takes it off too
    number = _number(host)
    if number is None:
        return not _is_localhost(host)
    if isinstance(number, ipaddress.IPv6Address):
        if any(number in wrapper for wrapper in _WRAPPERS):
            number = ipaddress.IPv4Address(int(number) & 0xFFFFFFFF)
        elif number.sixtofour is not None:
            number = number.sixtofour
        elif number not in _OPEN or any(number in network for network in _SET_APART):
            return False
    return number.is_global and not number.is_multicast


def is_loopback(host: str) -> bool:
    """Tell whether a host is this machine itself."""
    host = host.rstrip(".")
    number = _number(host)
    return _is_localhost(host) if number is None else number.is_loopback


def _number(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        try:
            return ipaddress.IPv4Address(socket.inet_aton(host))  # 0x7f.1, 2130706433
        except OSError:
            return None


def _is_localhost(host: str) -> bool:
    return host == "localhost" or host.endswith(".localhost")


def refuse_private(address: Address, deadline: Deadline) -> None:
    """Refuse addresses that a proxy must not be sent to, as far as this side of it can know.

    If DNS does not answer here, as is usual behind a proxy, only the address itself is judged.

    Raises:
        WebError: NOT_ALLOWED.
    """
    hosts = [address.host]
    if is_public(address.host):
        shorter = Deadline(min(_DNS_S, deadline.left_s / 4))
        with suppress(WebError):
            hosts += resolve(address.host, address.port, shorter, allow_private=True)
    if not all(map(is_public, hosts)):
        raise WebError(name="NOT_ALLOWED", detail="a private address")


def resolve(host: str, port: int, deadline: Deadline, *, allow_private: bool) -> list[str]:
    """Return the numbers of a host that may be asked.

    Raises:
        WebError: NO_HOST, NOT_ALLOWED or TIMEOUT.
    """
    if not allow_private and not is_public(host):
        raise WebError(name="NOT_ALLOWED", detail="a private address")
    answers: queue.SimpleQueue[list[str] | Exception] = queue.SimpleQueue()

    def ask() -> None:
        try:
            places = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            answers.put([str(place[0]) for *_, place in places])
        except (OSError, UnicodeError) as error:
            answers.put(error)

    threading.Thread(target=ask, daemon=True).start()  # the system's resolver knows no deadline
    try:
        answer = answers.get(timeout=deadline.left_s)
    except queue.Empty:
        raise WebError(name="TIMEOUT", detail="no answer from DNS") from None
    if isinstance(answer, Exception):
        raise WebError(name="NO_HOST", detail=str(answer)) from answer
    allowed = [number for number in answer if allow_private or is_public(number)]
    if not allowed:
        raise WebError(name="NOT_ALLOWED", detail="a private address")
    return allowed
