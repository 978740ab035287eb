# SPDX-License-Identifier: Apache-2.0
"""A server that snapshots are sent to."""

import logging
import re
import ssl
import sys
from pathlib import Path
from typing import Literal
from urllib.parse import quote, urlsplit

from cardtool import files
from cardtool.deadline import Deadline
from cardtool.fleet.sending.spool import DELIVERED, Answer
from cardtool.fleet.settings import OfFleet
from cardtool.model.refused import Refused
from cardtool.web.addresses import WebError, is_loopback
from cardtool.web.client import Request, Route, ask, checked_proxy

_LOG = logging.getLogger(__name__)

_TAKEN = frozenset({200, 201, 202, 204, 409})
"""409: the server has it already. Source: RFC 9110 §15.5.10."""

_REFUSED = frozenset({400, 413, 415, 422})
"""The snapshot itself is wrong, and will be tomorrow. Source: RFC 9110 §15.5."""

_ACCESS = frozenset({401, 403, 407})

_TOKEN_BYTES = 8192

_OF_PATHS = "/%:@!$&'()*+,;=~"
"""Signs that stand in a path as they are. Source: RFC 3986 §3.3."""


class Server:
    """A server that keeps each snapshot under the address it was sent to."""

    def __init__(self, to: str, settings: OfFleet) -> None:
        """Use an https address, with the settings for it.

        Raises:
            Refused: it is no https address, or a setting cannot be used.
        """
        self._url = _address(to)
        self._route = Route(proxy=settings.proxy or "", allow_private=True)
        try:
            if settings.proxy:
                checked_proxy(settings.proxy)
        except WebError as error:
            raise Refused(code="fleet-proxy", reason=error.detail) from error
        self._tls = _tls(settings.ca_file)
        self._headers = {"Content-Type": "application/json"}
        if settings.token_file:
            self._headers["Authorization"] = f"Bearer {_token(settings.token_file)}"
        self._timeout_s = settings.timeout_s

    def __call__(self, name: str, body: bytes) -> Answer:
        """Send a snapshot, and wait for the answer as long as the time limit says.

        Its address contains its name, so sending it twice changes nothing: PUT is idempotent.
        Source: RFC 9110 §9.2.2, §9.3.4; draft-ietf-httpapi-idempotency-key-header-07.
        """
        headers = {**self._headers, "Idempotency-Key": f'"{name}"'}
        request = Request(url=f"{self._url}/{name}", method="PUT", headers=headers, body=body)
        try:
            status = ask(request, self._route, Deadline(self._timeout_s), self._tls).status
        except WebError as error:
            is_untrusted = isinstance(error.__cause__, ssl.SSLCertVerificationError)
            kind = "certificate" if is_untrusted else ""
            answer = Answer("away", kind, f"{self._url}: {error.detail or error.name}")
        else:
            kind = "access" if status in _ACCESS else ""
            state: Literal["refused", "away"] = "refused" if status in _REFUSED else "away"
            answer = Answer(state, kind, f"{self._url}: HTTP {status}", is_heard=True)
            if status in _TAKEN:
                answer = DELIVERED
        _LOG.debug("%s: %s %s", answer.state, name, answer.reason)
        return answer


def _address(to: str) -> str:
    """Return an https address in ASCII; http is for a server on this machine alone."""
    shown = to if "@" not in to else to.partition(":")[0]
    try:
        parts = urlsplit(to)
        host, _ = parts.hostname or "", parts.port
        authority = parts.netloc.encode("idna").decode()
    except ValueError as error:
        raise Refused(code="fleet-to", to=shown) from error
    plain = parts.scheme == "http" and is_loopback(host)
    if not host or parts.query or parts.fragment or not (plain or parts.scheme == "https"):
        raise Refused(code="fleet-to", to=shown)
    if parts.username is not None:
        raise Refused(code="fleet-to-password", host=host)
    return f"{parts.scheme}://{authority}{quote(parts.path, safe=_OF_PATHS)}".rstrip("/")


def _tls(ca_file: str | None) -> ssl.SSLContext:
    """Return the trusted issuers: those in a file, or those that the system trusts."""
    try:
        if ca_file is not None:
            files.opened(ca_file).close()
        return ssl.create_default_context(cafile=ca_file)
    except (OSError, ValueError) as error:  # an SSLError is an OSError
        reason = error.strerror or str(error) if isinstance(error, OSError) else str(error)
        raise Refused(code="fleet-ca", file=ca_file or "", reason=reason) from error


def _token(file: str) -> str:
    """Read a bearer token that nobody else can read."""
    path = Path(file).expanduser()
    try:
        is_shared = files.is_read_by_others(path)
        with files.opened(path) as opened:
            body = opened.read(_TOKEN_BYTES)
    except OSError as error:
        reason = error.strerror or str(error)
        raise Refused(code="fleet-token", file=file, reason=reason) from error
    if is_shared:
        code = "fleet-token-acl" if sys.platform == "win32" else "fleet-token-mode"
        raise Refused(code=code, file=file)
    token = body.strip()
    if not re.fullmatch(rb"[!-~]+", token):
        raise Refused(code="fleet-token-content", file=file)
    return token.decode("ascii")
