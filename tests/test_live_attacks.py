# SPDX-License-Identifier: Apache-2.0
"""Nobody but the one browser of this user sees the page, keeps it waiting, or has it run anything.

Each case is a real request to the real program on a port of its own.
"""

import os
import re
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, suppress
from pathlib import Path

import pytest

from tests.rig.live import LivePage

_DEADLINE_S = 30.0
_SECRET = re.compile(r"/open\?([\w-]+)")


@pytest.fixture(scope="module", name="live")
def _live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LivePage]:
    folder = tmp_path_factory.mktemp("live")
    with LivePage(_env(folder)) as live:
        live.open()
        yield live


def _env(folder: Path) -> dict[str, str]:
    """Return the environment of a desk without a PC/SC service."""
    return {**os.environ, "PCSCLITE_CSOCK_NAME": f"{folder}/none", "XDG_CONFIG_HOME": str(folder)}


def _raw(live: LivePage, request: bytes) -> bytes:
    """Send bytes, and return all that is answered before the connection ends."""
    with socket.create_connection(("127.0.0.1", live.port), _DEADLINE_S) as link:
        link.sendall(request)
        answer = b""
        with suppress(ConnectionResetError):
            while some := link.recv(1 << 16):
                answer += some
        return answer


def _status(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1]) if answer else 0


def _request(
    live: LivePage, method: str = "GET", place: str = "", *more: str, host: str = "", **named: str
) -> bytes:
    """Write a request as the browser makes it, but for what is given."""
    given = {"host": host or f"127.0.0.1:{live.port}", "cookie": live.cookie, **named}
    lines = [f"{name.replace('_', '-')}: {text}" for name, text in given.items() if text != "-"]
    target = place if place.startswith(("/", "http")) else live.path + place
    head = "\r\n".join([f"{method} {target} HTTP/1.1", *lines, *more])
    return f"{head}\r\n\r\n".encode("latin-1")


Attack = Callable[[LivePage], bytes]

ATTACKS: dict[str, dict[str, tuple[Attack, set[int]]]] = {
    "another name for this host": {
        "rebound-name": (lambda p: _request(p, host=f"evil.example:{p.port}"), {403}),
        "localhost": (lambda p: _request(p, host=f"localhost:{p.port}"), {403}),
        "other-loopback": (lambda p: _request(p, host=f"127.0.0.2:{p.port}"), {403}),
        "ipv6-name": (lambda p: _request(p, host=f"[::1]:{p.port}"), {403}),
        "no-port": (lambda p: _request(p, host="127.0.0.1"), {403}),
        "other-port": (lambda p: _request(p, host="127.0.0.1:1"), {403}),
        "name-with-dot": (lambda p: _request(p, host=f"127.0.0.1.:{p.port}"), {403}),
        "number-as-name": (lambda p: _request(p, host=f"2130706433:{p.port}"), {403}),
        "user-before-name": (lambda p: _request(p, host=f"a@127.0.0.1:{p.port}"), {403}),
        "no-host": (lambda p: _request(p, host="-"), {400, 403}),
        "two-hosts": (lambda p: _request(p, "GET", "", "Host: evil.example"), {400, 403}),
        "forwarded-host": (
            lambda p: _request(p, host="evil.example", x_forwarded_host=f"127.0.0.1:{p.port}"),
            {403},
        ),
        "absolute-target": (
            lambda p: _request(p, "GET", f"http://evil.example{p.path}", host="evil.example"),
            {400, 403, 404},
        ),
    },
    "another origin": {
        "other-origin": (lambda p: _request(p, origin="https://evil.example"), {403}),
        "origin-null": (lambda p: _request(p, origin="null"), {403}),
        "origin-other-port": (lambda p: _request(p, origin="http://127.0.0.1:1"), {403}),
        "origin-https": (lambda p: _request(p, origin=f"https://127.0.0.1:{p.port}"), {403}),
        "origin-longer": (lambda p: _request(p, origin=f"{p.origin}.evil.example"), {403}),
        "two-origins": (
            lambda p: _request(p, "GET", "", "Origin: https://evil.example", origin=p.origin),
            {403},
        ),
        "file-cross-site": (
            lambda p: _request(p, "GET", "state.json", sec_fetch_site="cross-site"),
            {403},
        ),
        "cross-site": (lambda p: _request(p, sec_fetch_site="cross-site"), {403}),
        "same-site-other-port": (lambda p: _request(p, sec_fetch_site="same-site"), {403}),
        "post-from-elsewhere": (
            lambda p: _request(
                p, "POST", "again", origin="https://evil.example", content_length="0"
            ),
            {403},
        ),
        "post-without-origin": (lambda p: _request(p, "POST", "again", content_length="0"), {403}),
        "stream-from-elsewhere": (
            lambda p: _request(p, "GET", "events", origin="https://evil.example"),
            {403},
        ),
    },
    "no cookie, or another one": {
        "no-cookie": (lambda p: _request(p, cookie="-"), {403}),
        "no-cookie-stream": (lambda p: _request(p, "GET", "events", cookie="-"), {403}),
        "no-cookie-file": (lambda p: _request(p, "GET", "state.json", cookie="-"), {403}),
        "no-cookie-program": (lambda p: _request(p, "GET", "live.js", cookie="-"), {403}),
        "no-cookie-post": (
            lambda p: _request(p, "POST", "again", cookie="-", origin=p.origin, content_length="0"),
            {403},
        ),
        "empty-cookie": (lambda p: _request(p, cookie=f"cardtool-{p.port}="), {403}),
        "wrong-cookie": (lambda p: _request(p, cookie=f"cardtool-{p.port}=" + "A" * 43), {403}),
        "cookie-cut": (lambda p: _request(p, cookie=p.cookie[:-1]), {403}),
        "cookie-longer": (lambda p: _request(p, cookie=p.cookie + "A"), {403}),
        "cookie-of-another-port": (
            lambda p: _request(p, cookie=p.cookie.replace(str(p.port), str(p.port + 1))),
            {403},
        ),
        "cookie-without-name": (lambda p: _request(p, cookie=p.cookie.partition("=")[2]), {403}),
        "secret-as-cookie": (
            lambda p: _request(p, cookie=f"cardtool-{p.port}=" + p.target.partition("?")[2]),
            {403},
        ),
        "authorisation": (
            lambda p: _request(p, cookie="-", authorization="Bearer " + p.cookie),
            {403},
        ),
    },
    "the secret used again, guessed or left out": {
        "replayed-secret": (lambda p: _request(p, "GET", p.target, cookie="-"), {403}),
        "replayed-with-cookie": (lambda p: _request(p, "GET", p.target), {403}),
        "no-secret": (lambda p: _request(p, "GET", "/open", cookie="-"), {403}),
        "empty-secret": (lambda p: _request(p, "GET", "/open?", cookie="-"), {403}),
        "wrong-secret": (lambda p: _request(p, "GET", "/open?" + "A" * 43, cookie="-"), {403}),
        "cookie-as-secret": (
            lambda p: _request(p, "GET", "/open?" + p.cookie.partition("=")[2], cookie="-"),
            {403},
        ),
    },
    "another place on the server": {
        "root": (lambda p: _request(p, "GET", "/"), {403}),
        "above": (lambda p: _request(p, "GET", "../"), {403, 404}),
        "above-encoded": (lambda p: _request(p, "GET", "%2e%2e/%2e%2e/etc/passwd"), {403, 404}),
        "file": (lambda p: _request(p, "GET", "site.py"), {404}),
        "other-path": (lambda p: _request(p, "GET", "/AAAAAAAAAAAAAAAAAAAAAA/"), {403}),
    },
    "too large, another method, or no request": {
        "long-target": (lambda p: _request(p, "GET", "?" + "a" * 600), {414}),
        "large-header": (lambda p: _request(p, x_large="a" * 10_000), {431}),
        "larger-header": (lambda p: _request(p, x_large="a" * 300_000), {400, 431, 0}),
        "many-headers": (
            lambda p: _request(p, "GET", "", *(f"x-{number}: 1" for number in range(2000))),
            {431},
        ),
        "body": (
            lambda p: _request(p, "POST", "again", origin=p.origin, content_length="9999999"),
            {413},
        ),
        "body-in-chunks": (
            lambda p: _request(p, "POST", "again", origin=p.origin, transfer_encoding="chunked"),
            {413},
        ),
        "two-lengths": (
            lambda p: _request(p, "POST", "again", "Content-Length: 5", content_length="0"),
            {400, 413},
        ),
        "put": (lambda p: _request(p, "PUT", "", content_length="0"), {405}),
        "delete": (lambda p: _request(p, "DELETE"), {405}),
        "options": (lambda p: _request(p, "OPTIONS", origin="https://evil.example"), {405}),
        "trace": (lambda p: _request(p, "TRACE"), {405}),
        "connect": (lambda p: _request(p, "CONNECT", "/evil.example:443"), {405}),
        "get-of-a-post": (lambda p: _request(p, "GET", "again"), {405}),
        "websocket": (
            lambda p: _request(
                p, cookie="-", upgrade="websocket", connection="Upgrade", sec_websocket_version="13"
            ),
            {403},
        ),
        "no-request": (lambda _: b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", {400, 0}),
        "line-break-in-header": (
            lambda p: _request(p, "GET", "", "X: a\r\n\tb\x00c"),
            {400},
        ),
    },
}
"""What is tried, by name: the request, and the statuses that may be the answer."""

_REFUSED = {name: each for group in ATTACKS.values() for name, each in group.items()}


@pytest.mark.parametrize("name", _REFUSED)
def test_it_is_refused(live: LivePage, name: str) -> None:
    attack, statuses = _REFUSED[name]

    answer = _raw(live, attack(live))

    assert _status(answer) in statuses, answer[:200]
    assert b"<main" not in answer
    assert b"set-cookie" not in answer.lower()


def test_the_browser_itself_is_let_in(live: LivePage) -> None:
    """Without this the refusals would prove nothing."""
    answer = _raw(live, _request(live, sec_fetch_site="none"))
    beside = _raw(live, _request(live, cookie=f"cardtool-{live.port}=x; a=b; {live.cookie}"))
    posted = _raw(live, _request(live, "POST", "again", origin=live.origin, content_length="0"))

    assert (_status(answer), _status(beside), _status(posted)) == (200, 200, 204)
    assert b"<main" in answer


def test_what_is_sent_forbids_all_but_our_own(live: LivePage) -> None:
    status, headers, body = live.ask("GET", live.path, live.own)

    assert status == 200
    policy = headers["content-security-policy"]
    assert "default-src 'none'; script-src 'self'; connect-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe-inline'" not in policy.partition("style-src")[0]
    assert headers["cache-control"] == "no-store"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert "access-control-allow-origin" not in headers
    assert "http-equiv" not in body.partition("</head>")[0]
    assert re.findall(r"<script[^>]*>", body) == ['<script src="live.js" defer>']


def test_the_cookie_is_for_this_page_alone(tmp_path: Path) -> None:
    with LivePage(_env(tmp_path)) as live:
        _, headers, body = live.ask("GET", live.target)

    name, _, attributes = headers["set-cookie"].partition("=")
    path = re.search(r"url=(/[\w-]{20,}/)\"", body)
    assert name == f"cardtool-{live.port}"
    assert path
    assert attributes.split("; ")[1:] == [f"Path={path[1]}", "HttpOnly", "SameSite=Strict"]
    found = _SECRET.search(live.address)
    assert found
    assert found[1] not in headers["set-cookie"] + body


def test_one_page_does_not_open_another(live: LivePage, tmp_path: Path) -> None:
    with LivePage(_env(tmp_path)) as other:
        other.open()
        host = f"127.0.0.1:{live.port}"
        answer = _raw(live, _request(other, "GET", live.path, host=host))

    assert _status(answer) == 403


_ASKS = """
import http.client, sys
link = http.client.HTTPConnection("127.0.0.1", int(sys.argv[1]))
link.request("GET", sys.argv[2], headers={"Cookie": sys.argv[3]})
print(link.getresponse().status)
"""


@pytest.mark.root
def test_another_user_is_refused_with_secret_and_cookie(tmp_path: Path) -> None:
    nobody = ["setpriv", "--reuid=65534", "--clear-groups", "/usr/bin/python3", "-I", "-c", _ASKS]

    def asked(target: str) -> str:
        command = [*nobody, str(live.port), target, live.cookie]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()

    with LivePage(_env(tmp_path)) as live:
        assert asked(live.target) == "403"
        live.open()  # the secret is still good for its owner
        assert asked(live.path) == "403"
        assert live.ask("GET", live.path, live.own)[0] == 200


def test_a_slow_request_is_ended_and_keeps_nobody_waiting(live: LivePage) -> None:
    with ExitStack() as stack:
        slow = [
            stack.enter_context(socket.create_connection(("127.0.0.1", live.port), _DEADLINE_S))
            for _ in range(100)
        ]
        for link in slow:
            link.sendall(b"GET / HTTP/1.1\r\nHost: ")

        assert live.ask("GET", live.path, live.own)[0] == 200
        assert [link.recv(1) for link in slow] == [b""] * 100


def test_a_connection_serves_one_request(live: LivePage) -> None:
    answer = _raw(live, _request(live) + _request(live))

    assert answer.count(b"HTTP/1.1 200") == 1


def test_streams_are_limited_and_others_go_on(tmp_path: Path) -> None:
    with LivePage(_env(tmp_path)) as live, ExitStack() as stack:
        live.open()
        statuses = []
        for _ in range(200):
            link = stack.enter_context(
                closing(socket.create_connection(("127.0.0.1", live.port), _DEADLINE_S))
            )
            link.sendall(_request(live, "GET", "events"))
            statuses.append(_status(link.recv(200)))

        assert statuses == [200] * 64 + [503] * 136
        assert live.ask("GET", live.path, live.own)[0] == 200


def test_an_address_that_nobody_can_read_ends_it_quietly(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with open(writing, "wb") as gone:  # noqa: PTH123 - it is open
        done = subprocess.run(
            [sys.executable, "-m", "cardtool", "page", "--no-open"],
            env=_env(tmp_path),
            stdout=gone,
            stderr=subprocess.PIPE,
            check=False,
            timeout=_DEADLINE_S,
        )

    assert (done.returncode, done.stderr) == (3, b"")


def test_it_ends_at_once_with_fifty_streams(tmp_path: Path) -> None:
    with LivePage(_env(tmp_path)) as live, ExitStack() as stack:
        live.open()
        streams = []
        for _ in range(50):
            link = stack.enter_context(
                closing(socket.create_connection(("127.0.0.1", live.port), _DEADLINE_S))
            )
            link.sendall(_request(live, "GET", "events"))
            assert _status(link.recv(200)) == 200
            streams.append(link)

        assert live.end() == 0
