# SPDX-License-Identifier: Apache-2.0
"""Where snapshots are handed over: a folder on a file share, or a server.

A snapshot has one name for all time, so that the receiver sees it once however often it is handed
over. Nothing heavy is loaded for a folder. No log line holds what is in a snapshot.
"""

import ipaddress
import logging
import os
import re
import ssl
import stat
import sys
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import SplitResult, urlsplit

from cardtool import regularfile, wholefile
from cardtool.fleet.sending.spool import Answer

if TYPE_CHECKING:
    import httpx

    from cardtool.fleet.settings import OfFleet

_LOG = logging.getLogger(__name__)

HandOver = Callable[[str, bytes], Answer]

DELIVERED = Answer("delivered")

_TAKEN = frozenset({200, 201, 202, 204, 409})
"""409: it is there already. Source: RFC 9110 §15.5.10."""

_REFUSED = frozenset({400, 413, 415, 422})
"""What is wrong with the snapshot itself, today and tomorrow. Source: RFC 9110 §15.5."""

_ACCESS = frozenset({401, 403, 407})

_TOKEN_BYTES = 8192

_SECRET = stat.S_IRWXG | stat.S_IRWXO


class DestinationError(ValueError):
    """A destination that cannot be meant: the code of a refusal, and its facts."""

    def __init__(self, *, code: str, **facts: str | int) -> None:
        """Say which sentence of `[refusal]` is meant, and what goes into it."""
        super().__init__(code, facts)
        self.code = code
        self.facts = facts


def destination(to: str, settings: "OfFleet") -> HandOver:
    """Return what hands one snapshot over.

    Raises:
        DestinationError: it is neither an absolute folder nor an https address, or what is set
            for it cannot be used.
    """
    if "://" not in to:
        if not Path(to).is_absolute():
            raise DestinationError(code="fleet-to", to=to)
        return Folder(Path(to))
    parts = _address(to)
    token = _token(settings.token_file) if settings.token_file else ""
    return Web(
        to.rstrip("/"),
        tls=_tls(settings.ca_file),
        proxy=settings.proxy or _system_proxy(parts),
        token=token,
        timeout_s=settings.timeout_s,
    )


class Folder:
    """A folder that many write to and one collects from.

    It has no folders in it: one would belong to whoever sent first, and let in nobody else.
    """

    def __init__(self, folder: Path) -> None:
        """Use a folder that exists: one that is missing is a share that is not there now."""
        self._folder = folder

    def __call__(self, name: str, body: bytes) -> Answer:
        """Put a snapshot there under its name, whole or not at all; what begins with `.` grows."""
        place = self._folder / name
        try:
            if not _holds(place, body):
                wholefile.write(place, body, draft=f".{name}.part", private=False)
        except OSError as error:
            kind = "access" if isinstance(error, PermissionError) else ""
            return Answer("away", kind, f"{self._folder}: {error.strerror or error}")
        _LOG.debug("delivered: %s", name)
        return DELIVERED


def _holds(place: Path, body: bytes) -> bool:
    """Say whether a file is there with these bytes; one that may not be read is written again."""
    try:
        return place.stat().st_size == len(body) and regularfile.read(place) == body
    except OSError:
        return False


class Web:
    """A server that keeps what it is sent under the name it is sent to."""

    def __init__(
        self, url: str, *, tls: ssl.SSLContext, proxy: str | None, token: str, timeout_s: float
    ) -> None:
        """Use an address without a slash at its end; `timeout_s` is for one snapshot in all.

        Raises:
            DestinationError: the part of cardtool that sends to servers is not installed.
        """
        self._url = url
        self._timeout_s = timeout_s
        self._client = partial(_client, tls, proxy, token, timeout_s)
        self._client().close()  # what is wrong with its settings is told before anything is sent

    def __call__(self, name: str, body: bytes) -> Answer:
        """Send a snapshot, and wait for the answer as long as the time limit says.

        Its name is its address, so that a repeat replaces it by itself: PUT is idempotent.
        Source: RFC 9110 §9.2.2, §9.3.4; draft-ietf-httpapi-idempotency-key-header-07.
        """
        answers: list[Answer] = []
        with self._client() as client:
            # httpx limits each wait, not their sum: a server that drips would never end
            thread = threading.Thread(
                target=lambda: answers.append(self._put(client, name, body)), daemon=True
            )
            thread.start()
            thread.join(self._timeout_s)
            answer = answers[0] if answers else Answer("away", reason=f"{self._url}: TIMEOUT")
        _LOG.debug("%s: %s %s", answer.state, name, answer.reason)
        return answer

    def _put(self, client: "httpx.Client", name: str, body: bytes) -> Answer:
        import httpx  # noqa: PLC0415 - a folder needs none

        headers = {"Content-Type": "application/json", "Idempotency-Key": f'"{name}"'}
        try:
            with client.stream(
                "PUT", f"{self._url}/{name}", content=body, headers=headers
            ) as response:
                status = response.status_code
        except (httpx.HTTPError, httpx.StreamError, OSError, ValueError) as error:
            return self._failed(error)  # also where time ran out and the connection was closed
        if status in _TAKEN:
            return DELIVERED
        kind = "access" if status in _ACCESS else ""
        state: Literal["refused", "away"] = "refused" if status in _REFUSED else "away"
        return Answer(state, kind, f"{self._url}: HTTP {status}", is_heard=True)

    def _failed(self, error: Exception) -> Answer:
        import httpx  # noqa: PLC0415 - a folder needs none

        cause: BaseException | None = error
        while cause is not None and not isinstance(cause, ssl.SSLCertVerificationError):
            cause = cause.__cause__ or cause.__context__
        if cause is not None:
            return Answer("away", "certificate", f"{self._url}: {cause.verify_message}")
        reason = "TIMEOUT" if isinstance(error, httpx.TimeoutException) else str(error)
        return Answer("away", reason=f"{self._url}: {reason or type(error).__name__}")


def _client(tls: ssl.SSLContext, proxy: str | None, token: str, timeout_s: float) -> "httpx.Client":
    try:
        import httpx  # noqa: PLC0415 - a folder needs none
    except ImportError as error:
        raise DestinationError(code="fleet-extra") from error
    for each in ("httpx", "httpcore"):  # they would log headers, and so the token
        logging.getLogger(each).setLevel(logging.WARNING)
    settings: dict[str, Any] = {"verify": tls, "timeout": timeout_s, "trust_env": False}
    if token:
        settings["headers"] = {"Authorization": f"Bearer {token}"}
    try:
        return httpx.Client(follow_redirects=False, proxy=proxy, **settings)
    except (ValueError, httpx.InvalidURL, ImportError) as error:  # it lacks what SOCKS needs
        raise DestinationError(code="fleet-proxy", reason=str(error)) from error


def _address(to: str) -> SplitResult:
    """Return the parts of an https address; http is for a server on this machine alone."""
    try:
        parts = urlsplit(to)
        host, _ = parts.hostname or "", parts.port
    except ValueError as error:
        raise DestinationError(code="fleet-to", to=to) from error
    plain = parts.scheme == "http" and _is_loopback(host)
    if not host or parts.query or parts.fragment or not (plain or parts.scheme == "https"):
        raise DestinationError(code="fleet-to", to=to if "@" not in to else parts.scheme)
    if parts.username is not None:
        raise DestinationError(code="fleet-to-password", host=host)
    return parts


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _tls(ca_file: str | None) -> ssl.SSLContext:
    """Return whom to trust: those of a file, or those whom the system trusts."""
    try:
        if ca_file is not None:
            regularfile.opened(ca_file).close()
        return ssl.create_default_context(cafile=ca_file)
    except (OSError, ValueError) as error:  # an SSLError is an OSError
        reason = error.strerror or str(error) if isinstance(error, OSError) else str(error)
        raise DestinationError(code="fleet-ca", file=ca_file or "", reason=reason) from error


def _token(file: str) -> str:
    """Read a bearer token that nobody else can read."""
    path = Path(file).expanduser()
    try:
        mode = path.stat().st_mode
        with regularfile.opened(path) as opened:
            body = opened.read(_TOKEN_BYTES)
    except OSError as error:
        reason = error.strerror or str(error)
        raise DestinationError(code="fleet-token", file=file, reason=reason) from error
    if sys.platform != "win32" and mode & _SECRET:
        raise DestinationError(code="fleet-token-mode", file=file)
    token = body.strip()
    if not re.fullmatch(rb"[!-~]+", token):
        raise DestinationError(code="fleet-token-content", file=file)
    return token.decode("ascii")


def _system_proxy(parts: SplitResult) -> str | None:
    """Return the proxy that the system or the environment names for a server, if it is one of HTTP.

    Many environments name one of SOCKS beside it, for other programs.
    """
    from urllib.request import getproxies, proxy_bypass  # noqa: PLC0415 - a folder needs none

    host = parts.hostname or ""
    if _is_loopback(host) or proxy_bypass(host):
        return None
    every = (getproxies().get(parts.scheme), os.environ.get("ALL_PROXY"))
    whole = (each if "://" in each else f"http://{each}" for each in every if each)
    return next((each for each in whole if _is_http(each)), None)


def _is_http(address: str) -> bool:
    try:
        parts = urlsplit(address)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
