# SPDX-License-Identifier: Apache-2.0
"""One file or answer from an http or https address, however often it is redirected."""

from urllib.parse import urljoin

from msgspec.structs import replace

from cardtool.deadline import Deadline
from cardtool.web.addresses import WebError
from cardtool.web.client import OK, Request, Route, ask

_REDIRECTS = 3
_REDIRECTED = frozenset({301, 302, 303, 307, 308})
"""Source: RFC 9110 §15.4."""


def fetch(request: Request, route: Route, deadline: Deadline) -> bytes:
    """Return what an address gives; no redirect may lead into a private network.

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
        if response.status == OK:
            return response.body
        if response.status not in _REDIRECTED or not response.location:
            raise WebError(name=f"HTTP_{response.status}")
        request = replace(request, url=_joined(request.url, response.location))
        route = replace(route, allow_private=False)
    raise WebError(name="REDIRECTED", detail=f"more than {_REDIRECTS} times")


def _joined(url: str, location: str) -> str:
    try:
        return urljoin(url, location)
    except ValueError as error:
        raise WebError(name="NOT_ALLOWED", detail=f"redirected: {error}") from error
