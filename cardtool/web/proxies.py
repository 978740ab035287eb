# SPDX-License-Identifier: Apache-2.0
"""Which proxy leads to a web server.

The proxy of the configuration file is always used. Without one, the proxy that the environment or
the system names is used, except for the hosts that they leave out and for this machine.
"""

from contextlib import suppress
from urllib.parse import unquote, urlsplit
from urllib.request import getproxies, proxy_bypass

import httpcore

from cardtool.web.addresses import Address, WebError, is_loopback


def proxy_for(address: Address, configured: str = "") -> httpcore.Proxy | None:
    """Return the proxy for an address; None: the server is asked directly.

    Raises:
        WebError: NOT_ALLOWED, the configured proxy is not of the form http://HOST:PORT.
    """
    if configured:
        return checked(configured)
    if is_loopback(address.host) or proxy_bypass(f"{address.host}:{address.port}"):
        return None
    named = getproxies()
    for url in filter(None, (named.get(address.scheme), named.get("all"))):
        with suppress(WebError):  # many environments name one of SOCKS, for other programs
            return checked(url)
    return None


def checked(url: str) -> httpcore.Proxy:
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
