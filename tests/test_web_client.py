# SPDX-License-Identifier: Apache-2.0
"""One request ends at its deadline whatever the other side does, and goes where it was checked."""

import select
import socket
import struct
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cardtool.deadline import Deadline
from cardtool.web.addresses import WebError
from cardtool.web.client import Request, Response, Route, ask
from tests.rig import tls, web
from tests.rig.web import Asked, Handler, Web

LIMIT_S = 0.5

pytestmark = pytest.mark.usefixtures("no_proxy")


def _ask(url: str, body: bytes | None = None, limit_s: float = 10.0, proxy: str = "") -> Response:
    method = "GET" if body is None else "PUT"
    request = Request(url=url, method=method, body=body, limit_bytes=1000)
    return ask(request, Route(allow_private=True, proxy=proxy), Deadline(limit_s))


def _refusal(url: str, body: bytes | None = None, limit_s: float = 10.0, proxy: str = "") -> str:
    with pytest.raises(WebError) as caught:
        _ask(url, body, limit_s, proxy)
    return caught.value.name


@pytest.fixture(name="secure")
def _secure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Web]:
    with Web(tls=tls.context(tmp_path)) as server:
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "root.pem"))
        yield server


@pytest.mark.parametrize(
    "answer", [web.dripping(), web.dripping(in_head=True), web.silent], ids=["body", "head", "none"]
)
def test_a_server_that_takes_its_time_inside_tls_is_left(secure: Web, answer: web.Answer) -> None:
    secure.put("/slow", answer)

    assert _refusal(f"https://localhost:{secure.port}/slow", limit_s=LIMIT_S) == "TIMEOUT"


def test_a_server_that_reads_nothing_is_left() -> None:
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        url = f"http://127.0.0.1:{deaf.getsockname()[1]}/"

        assert _refusal(url, b"\0" * 32_000_000, LIMIT_S) == "TIMEOUT"


def test_a_server_that_says_no_before_it_has_read_all_is_heard() -> None:
    def refuse() -> None:
        line, _ = server.accept()
        with line:
            line.sendall(b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n")

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=refuse)
        thread.start()
        url = f"http://127.0.0.1:{server.getsockname()[1]}/"
        assert _ask(url, b"\0" * 32_000_000).status == 413
        thread.join()


@pytest.mark.parametrize("head", [b"Content-Length: 100", b"Transfer-Encoding: chunked"])
def test_half_an_answer_is_none(server: Web, head: bytes) -> None:
    def half(handler: Handler, _: Asked) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\n" + head + b"\r\n\r\n5\r\nhalf.\r\n")

    assert _refusal(server.put("/half", half)) == "NOT_HTTP"


def test_a_server_that_hangs_up_in_the_middle_is_told(server: Web) -> None:
    def reset(handler: Handler, _: Asked) -> None:
        now = struct.pack("ii", 1, 0)
        handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, now)

    assert _refusal(server.put("/reset", reset)) in {"ECONNRESET", "WSAECONNRESET", "NOT_HTTP"}


def test_a_name_is_resolved_once_and_its_checked_number_is_connected_to(
    server: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.put("/a", b"here")
    real, resolved = socket.getaddrinfo, []

    def dns(host: str, *more: Any, **named: Any) -> Any:  # noqa: ANN401 - the system's own
        resolved.append(host)
        is_first = resolved == ["wandering.example"]
        return real("127.0.0.1" if is_first else host, *more, **named)

    monkeypatch.setattr(socket, "getaddrinfo", dns)

    assert _ask(f"http://wandering.example:{server.port}/a").body == b"here"
    assert resolved.count("wandering.example") == 1


def _tunnel(handler: Handler, asked: Asked) -> None:
    """Connect through, as a proxy does."""
    host, _, port = asked.target.rpartition(":")
    with socket.create_connection((host, int(port))) as there:
        handler.wfile.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        other = {handler.connection: there, there: handler.connection}
        while True:
            for line in select.select(list(other), (), ())[0]:
                if not (data := line.recv(65536)):
                    return
                other[line].sendall(data)


def test_an_answer_comes_through_the_tunnel_of_a_proxy(server: Web, secure: Web) -> None:
    secure.put("/a", b"safe")
    server.otherwise(_tunnel)

    answer = _ask(
        f"https://localhost:{secure.port}/a", proxy=f"http://user:p%40ss@{server.url[7:]}"
    )

    assert answer.body == b"safe"
    (asked,) = server.seen
    assert (asked.method, asked.target) == ("CONNECT", f"localhost:{secure.port}")
    assert asked.headers["Proxy-Authorization"] == "Basic dXNlcjpwQHNz"
    assert "Proxy-Authorization" not in secure.seen[0].headers


@pytest.mark.parametrize("answer", [web.dripping(in_head=True), web.silent], ids=["head", "none"])
def test_a_proxy_that_takes_its_time_is_left(server: Web, answer: web.Answer) -> None:
    server.otherwise(answer)

    for url in ("https://depo.example/", "http://depo.example/"):
        assert _refusal(url, limit_s=LIMIT_S, proxy=server.url) == "TIMEOUT"


def test_the_proxy_of_the_configuration_is_used_whatever_the_environment_leaves_out(
    server: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.otherwise(web.saying(b"through"))
    monkeypatch.setenv("no_proxy", "*")

    assert _ask("http://127.0.0.1:1/", proxy=server.url).body == b"through"


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_no_proxy_of_the_environment_leads_to_this_machine(
    server: Web, monkeypatch: pytest.MonkeyPatch, host: str
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    server.put("/a", b"here")

    assert _ask(f"http://{host}:{server.port}/a").body == b"here"


@pytest.mark.parametrize(
    ("variable", "proxy"),
    [
        ("http_proxy", "https://proxy.example:3128"),
        ("http_proxy", "socks5://proxy.example:1080"),
        ("all_proxy", "socks5h://proxy.example:1080"),
        ("socks_proxy", "http://proxy.example:1080"),  # as macOS spells its own
    ],
)
def test_where_the_systems_proxy_cannot_be_used_a_refusal_says_so(
    monkeypatch: pytest.MonkeyPatch, variable: str, proxy: str
) -> None:
    """Without it nobody would look for the reason at the proxy."""
    monkeypatch.setenv(variable, proxy)
    monkeypatch.setenv("no_proxy", "left-out.invalid")

    with pytest.raises(WebError) as direct:
        _ask("http://left-out.invalid/")
    with pytest.raises(WebError) as passed_over:
        _ask("http://depo.invalid/")

    assert "proxy" not in direct.value.detail
    assert passed_over.value.name == direct.value.name == "NO_HOST"
    assert passed_over.value.detail.endswith("it is no http://HOST:PORT")


def test_a_proxy_of_socks_in_the_environment_is_passed_over(
    server: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.otherwise(web.saying(b"through"))
    monkeypatch.setenv("http_proxy", "socks5://127.0.0.1:1")
    monkeypatch.setenv("all_proxy", server.url)

    assert _ask("http://depo.example/").body == b"through"
