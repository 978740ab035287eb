# SPDX-License-Identifier: Apache-2.0
"""What is fetched and what is not: redirects, sizes, slow servers, proxies, and the cache."""

import datetime as dt
import json
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cardtool.deadline import Deadline
from cardtool.probe.online import cache
from cardtool.web.addresses import WebError, is_public, parse
from cardtool.web.client import Request, Route, fetch
from tests.rig import tls, web
from tests.rig.web import Web

LIMIT_S = 1.0
PATIENCE_S = 20.0
"""Far more than the limit and far less than a slow server would take."""
HERE = Route(allow_private=True)


pytestmark = pytest.mark.usefixtures("no_proxy")


def _get(url: str, route: Route = HERE, limit_s: float = 10.0, limit_bytes: int = 1000) -> bytes:
    return fetch(Request(url=url, limit_bytes=limit_bytes), route, Deadline(limit_s))


def _refusal(url: str, route: Route = HERE, limit_s: float = 10.0, limit_bytes: int = 1000) -> str:
    begun = time.monotonic()
    with pytest.raises(WebError) as caught:
        _get(url, route, limit_s, limit_bytes)
    assert time.monotonic() - begun < PATIENCE_S
    return caught.value.name


def test_a_file_comes_whole(server: Web) -> None:
    url = server.put("/a.crt?x=1", b"\0\1\2" * 100)

    assert _get(url) == b"\0\1\2" * 100
    assert server.seen[0].headers["Host"] == f"127.0.0.1:{server.port}"


@pytest.mark.parametrize("target", ["/depo.crl;binary", "/a;b/c;d?e;f=g"])
def test_an_address_is_asked_for_as_a_whole(server: Web, target: str) -> None:
    url = server.put(target, b"whole")

    assert _get(url) == b"whole"


def test_a_proxy_is_asked_for_a_whole_address(server: Web) -> None:
    server.otherwise(web.saying(b"whole"))
    route = Route(proxy=server.url, allow_private=True)

    assert _get("http://depo.example/depo.crl;binary", route) == b"whole"
    assert server.seen[0].target == "http://depo.example/depo.crl;binary"


def test_a_question_is_posted_with_its_kind(server: Web) -> None:
    url = server.put("/ocsp", b"answer")
    kind = {"Content-Type": "application/ocsp-request"}
    request = Request(url=url, method="POST", headers=kind, body=b"question", limit_bytes=100)

    assert fetch(request, HERE, Deadline(10)) == b"answer"
    (asked,) = server.seen
    assert (asked.method, asked.body) == ("POST", b"question")
    assert asked.headers["Content-Type"] == "application/ocsp-request"


@pytest.mark.parametrize(
    "url",
    [
        "ldap://127.0.0.1/cn=x",
        "file:///etc/passwd",
        "ftp://127.0.0.1/a",
        "http:///a",
        "http://user:secret@127.0.0.1/a",
        "http://127.0.0.1:99999/a",
        "http://[::1/a",
        "http://127.0.0.1/a b",
        "http://127.0.0.1/a\r\nX: y",
        "http://örnek.example/a",
        "http://127.0.0.1/" + "a" * 3000,
        "",
    ],
)
def test_only_plain_http_addresses_are_asked(url: str) -> None:
    assert _refusal(url) == "NOT_ALLOWED"


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.0.0.1.",
        "[::1]",
        "localhost",
        "localhost.",
        "[::ffff:127.0.0.1]",
        "2130706433",
        "0x7f.1",
        "0",
    ],
)
def test_a_private_address_is_not_asked_unless_a_site_allows_it(host: str) -> None:
    assert _refusal(f"http://{host}/", Route()) == "NOT_ALLOWED"


def test_no_port_but_those_of_the_web_is_asked_unless_a_site_allows_it(server: Web) -> None:
    server.otherwise(web.saying(b"through"))
    behind = Route(proxy=server.url)

    for port in (22, 8080):
        assert _refusal(f"http://depo.example:{port}/", behind) == "NOT_ALLOWED"
    assert server.seen == []
    for port in (80, 443):
        assert _get(f"http://depo.example:{port}/", behind) == b"through"


def test_behind_a_proxy_a_name_is_judged_by_what_dns_says(
    server: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.otherwise(web.saying(b"through"))
    real = socket.getaddrinfo

    def dns(host: str, *more: Any, **named: Any) -> Any:  # noqa: ANN401 - the system's own
        if host == "inner.example":
            return real("8.8.8.8", *more, **named) + real("10.0.0.1", *more, **named)
        return real(host, *more, **named)

    monkeypatch.setattr(socket, "getaddrinfo", dns)

    assert _refusal("http://inner.example/", Route(proxy=server.url)) == "NOT_ALLOWED"
    assert server.seen == []
    assert _get("http://unknown.invalid/", Route(proxy=server.url)) == b"through"


@pytest.mark.parametrize(
    ("number", "public"),
    [
        ("193.140.71.1", True),
        ("10.1.2.3", False),
        ("172.31.0.1", False),
        ("192.168.1.1", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("224.0.0.1", False),
        ("255.255.255.255", False),
        ("2001:4860:4860::8888", True),
        ("::1", False),
        ("fe80::1%eth0", False),
        ("fd00::1", False),
        ("ff02::1", False),
        ("::ffff:10.0.0.1", False),
        ("64:ff9b::7f00:1", False),
        ("64:ff9b::808:808", True),
        ("2002:7f00:1::", False),
        ("2002:808:808::", True),
        ("::ffff:8.8.8.8", True),
        ("::ffff:0:7f00:1", False),
        ("::ffff:0:808:808", True),
        ("::127.0.0.1", False),
        ("::8.8.8.8", False),
        ("fec0::1", False),
        ("64:ff9b:1::808:808", False),
        ("5f00::1", False),
        ("4000::1", False),
        ("2001:db8::1", False),
        ("2001:0:808:808::1", False),
        ("3fff::1", False),
        ("127.0.0.1.", False),
        ("localhost.", False),
        ("a.localhost.", False),
        ("depo.example.", True),
        ("0177.0.0.1", False),
        ("localhost", False),
        ("a.localhost", False),
        ("depo.example", True),
    ],
)
def test_what_counts_as_the_open_network(number: str, public: bool) -> None:  # noqa: FBT001
    assert is_public(number) is public


def test_a_redirect_never_leads_into_a_private_network_even_where_first_addresses_may(
    server: Web,
) -> None:
    inner = server.put("/inner", b"secret")
    for location in (
        inner,
        "/inner",
        f"http://localhost:{server.port}/inner",
        "http://127.0.0.1/inner",
        "http://localhost./inner",
        "file:///etc/passwd",
    ):
        assert _refusal(server.put("/outer", web.moved(location))) == "REDIRECTED"
    assert [each.target for each in server.seen] == ["/outer"] * 6


def test_a_redirect_to_what_is_no_address_is_refused(server: Web) -> None:
    assert _refusal(server.put("/outer", web.moved("http://[foo/"))) == "NOT_ALLOWED"


def test_at_most_three_redirects_are_followed(server: Web) -> None:
    """Only through a proxy can loopback play the open network."""
    route = Route(proxy=server.url)
    for count in range(4):
        server.put(f"http://d{count}.example/", web.moved(f"http://d{count + 1}.example/"))
    server.put("http://d4.example/", b"far away")

    assert _get("http://d1.example/", route) == b"far away"
    assert _refusal("http://d0.example/", route) == "REDIRECTED"


def test_a_proxy_leads_everywhere_but_into_private_networks(server: Web) -> None:
    server.otherwise(web.saying(b"through"))
    route = Route(proxy=f"http://user:p%40ss@127.0.0.1:{server.port}")

    assert _get("http://depo.example:443/a?b", route) == b"through"
    assert _refusal("http://10.0.0.1/a", route) == "NOT_ALLOWED"
    assert [each.target for each in server.seen] == ["http://depo.example:443/a?b"]
    assert server.seen[0].headers["Host"] == "depo.example:443"
    assert server.seen[0].headers["Proxy-Authorization"] == "Basic dXNlcjpwQHNz"


@pytest.mark.parametrize("variable", ["http_proxy", "HTTP_PROXY", "ALL_PROXY"])
def test_the_environments_proxy_is_used_but_not_for_hosts_without_one(
    server: Web, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    server.otherwise(web.saying(b"through"))
    monkeypatch.setenv(variable, f"127.0.0.1:{server.port}")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")

    assert _get("http://depo.example/a", Route()) == b"through"
    assert _get(server.put("/own", b"own")) == b"own"


def test_https_goes_through_a_proxy_by_a_tunnel(server: Web) -> None:
    server.otherwise(web.saying(b"", status=407))

    assert _refusal("https://depo.example/a", Route(proxy=server.url)) == "HTTP_407"
    assert [(each.method, each.target) for each in server.seen] == [("CONNECT", "depo.example:443")]


def test_an_odd_proxy_is_refused() -> None:
    for proxy in ("socks5://127.0.0.1:1", "http://", "http://h:x", "http://vekil..example:1"):
        assert _refusal("http://depo.example/", Route(proxy=proxy)) == "NOT_ALLOWED"


def test_a_proxy_whose_name_has_turkish_letters_is_looked_up() -> None:
    route = Route(proxy="http://çıkış.invalid:3128", allow_private=True)

    assert _refusal("http://depo.example/", route) == "NO_HOST"


@pytest.fixture(name="secure")
def _secure(tmp_path: Path) -> Iterator[Web]:
    with Web(tls=tls.context(tmp_path)) as server:
        yield server


def test_https_is_for_servers_that_the_system_trusts(
    secure: Web, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secure.put("/a", b"safe")
    url = f"https://localhost:{secure.port}/a"

    assert _refusal(url) == "TLS"
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "root.pem"))
    assert _get(url) == b"safe"
    assert _refusal(url.replace("localhost", "127.0.0.1")) == "TLS"


def test_a_host_with_several_numbers_is_tried_at_each(server: Web) -> None:
    server.put("/a", b"here")

    assert _get(f"http://localhost:{server.port}/a") == b"here"


def test_what_speaks_no_tls_is_told_apart(server: Web) -> None:
    url = server.put("/a", b"x").replace("http:", "https:")

    assert _refusal(url) == "TLS"


def test_what_is_too_large_is_not_read_to_its_end(server: Web) -> None:
    assert _refusal(server.put("/said", b"x" * 1001)) == "TOO_LARGE"
    assert _refusal(server.put("/endless", web.endless)) == "TOO_LARGE"
    assert len(_get(server.put("/just", b"x" * 1000))) == 1000


@pytest.mark.parametrize(
    "answer", [web.dripping(), web.dripping(in_head=True), web.silent], ids=["body", "head", "none"]
)
def test_a_server_that_takes_its_time_is_left(server: Web, answer: web.Answer) -> None:
    assert _refusal(server.put("/slow", answer), limit_s=LIMIT_S) == "TIMEOUT"


def test_a_server_that_takes_its_time_before_tls_is_left() -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        url = f"https://127.0.0.1:{mute.getsockname()[1]}/"

        assert _refusal(url, limit_s=LIMIT_S) == "TIMEOUT"


def test_a_port_nobody_listens_on_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]

    assert _refusal(f"http://127.0.0.1:{port}/") == "REFUSED"


def test_a_name_nobody_has_is_told() -> None:
    assert _refusal("http://nobody.invalid/") in {"NO_HOST", "TIMEOUT"}


def test_what_is_no_http_and_what_is_not_there_are_told(server: Web) -> None:
    def nonsense(handler: web.Handler, _: web.Asked) -> None:
        handler.wfile.write(b"SSH-2.0-x\r\n\r\n")

    assert _refusal(server.put("/odd", nonsense)) == "NOT_HTTP"
    assert _refusal(f"{server.url}/none") == "HTTP_404"


def test_the_parts_of_an_address_in_ipv6_come_back_together() -> None:
    assert parse("http://[2001:db8::1]:8080/a?b=c").authority == "[2001:db8::1]:8080"
    assert parse("https://depo.example").target == "/"


@pytest.fixture(name="folder")
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CARDTOOL_CACHE", str(tmp_path))
    return tmp_path / "online"


SOON = dt.datetime.now(dt.UTC) + dt.timedelta(hours=1)
URL = "http://depo.example/a.crl"


def test_what_was_kept_is_found_until_it_runs_out(folder: Path) -> None:
    cache.remember(URL, b"list\n\0", SOON)
    cache.remember(URL + "2", b"old", dt.datetime.now(dt.UTC))

    assert cache.recall(URL) == b"list\n\0"
    assert cache.recall(URL + "2") is None
    assert cache.recall(URL + "3") is None
    assert len(list(folder.iterdir())) == 1
    cache.forget(URL)
    assert cache.recall(URL) is None


@pytest.mark.parametrize("damage", [b"", b"{}\nlist", b"\xff\xfe\n", b"null"])
def test_a_damaged_file_is_passed_over(folder: Path, damage: bytes) -> None:
    cache.remember(URL, b"list", SOON)
    (file,) = folder.iterdir()
    whole = file.read_bytes()

    for bad in (damage, whole[:-1], whole + b"x", whole.replace(b"a.crl", b"b.crl")):
        file.write_bytes(bad)
        assert cache.recall(URL) is None
        file.write_bytes(whole)
    assert cache.recall(URL) == b"list"


def test_a_time_without_a_zone_is_damage(folder: Path) -> None:
    cache.remember(URL, b"list", SOON)
    (file,) = folder.iterdir()
    head, _, body = file.read_bytes().partition(b"\n")
    said = json.loads(head)
    said["until"] = "2099-01-01T00:00:00"
    file.write_bytes(json.dumps(said).encode() + b"\n" + body)

    assert cache.recall(URL) is None


@pytest.mark.usefixtures("folder")
def test_the_folder_never_grows_beyond_its_limit() -> None:
    for number in range(8):
        cache.remember(f"{URL}{number}", b"\0" * (10 * 1024 * 1024), SOON)
        time.sleep(0.01)

    kept = [number for number in range(8) if cache.recall(f"{URL}{number}")]
    assert len(kept) == 6
    assert 7 in kept


def test_no_cache_is_kept_where_none_is_wanted_or_none_can_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    for named in ("", str(tmp_path / "file")):
        monkeypatch.setenv("CARDTOOL_CACHE", named)
        cache.remember(URL, b"list", SOON)
        cache.forget(URL)

        assert cache.recall(URL) is None
