# SPDX-License-Identifier: Apache-2.0
"""A snapshot is handed over once, whole, to whom is trusted, and an answer is understood."""

import itertools
import logging
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from cardtool.fleet.sending.delivery import Folder, destination
from cardtool.fleet.sending.spool import Answer, Spool
from cardtool.fleet.settings import OfFleet
from cardtool.model.refused import Refused
from tests.rig import tls, web
from tests.rig.web import Asked, Handler, Web

NAME = "20261123T063000.000000Z-0123456789abcdef0123456789abcdef-0011223344556677.json"
BODY = b'{"schema":1}\n'


def test_a_folder_gets_each_snapshot_whole_and_has_no_folders_in_it(tmp_path: Path) -> None:
    hand_over = Folder(tmp_path)

    first, again = hand_over(NAME, BODY), hand_over(NAME, BODY)

    assert first == again == Answer("delivered")
    assert [(each, each.read_bytes()) for each in tmp_path.rglob("*")] == [(tmp_path / NAME, BODY)]


def test_what_lies_there_already_is_not_written_again(tmp_path: Path) -> None:
    Folder(tmp_path)(NAME, BODY)
    file = tmp_path / NAME
    os.utime(file, (0, 0))

    Folder(tmp_path)(NAME, BODY)

    assert file.stat().st_mtime == 0


def test_a_part_that_somebody_left_becomes_whole(tmp_path: Path) -> None:
    place = tmp_path
    (place / f".{NAME}.part").write_bytes(BODY[:3])
    (place / NAME).write_bytes(BODY[:3])

    Folder(tmp_path)(NAME, BODY)

    assert {each.name: each.read_bytes() for each in place.iterdir()} == {NAME: BODY}


def test_a_folder_that_is_missing_is_away_and_is_not_made(tmp_path: Path) -> None:
    answer = Folder(tmp_path / "share" / "in")(NAME, BODY)

    assert answer.state == "away"
    assert str(tmp_path / "share") in answer.reason
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_lets_nobody_write_is_away_and_says_so(tmp_path: Path) -> None:
    tmp_path.chmod(0o555)
    try:
        answer = _as_nobody(lambda: Folder(tmp_path)(NAME, BODY))
    finally:
        tmp_path.chmod(0o755)

    assert (answer.state, answer.kind) == ("away", "access")


@pytest.mark.root
def test_whoever_sends_first_keeps_nobody_out_of_the_share() -> None:
    """A share like those in the guide: all add files, nobody removes another's."""
    code = """
import os, sys
from pathlib import Path
user, folder, name = sys.argv[1:]
os.chdir("/")
from cardtool.fleet.sending.delivery import Folder
os.umask(0o022)
os.setgid(int(user))
os.setuid(int(user))
print(Folder(Path(folder))(name, b"{}"))
"""
    share = Path(tempfile.mkdtemp(dir="/tmp"))  # the folders above pytest's are root's alone
    share.chmod(0o1733)
    names = [NAME, NAME.replace("00112233", "44556677")]
    try:
        for user, name in zip(("65534", "65533"), names, strict=True):
            arguments = (sys.executable, "-c", code, user, str(share), name)
            said = subprocess.run(arguments, capture_output=True, check=True, text=True).stdout
            assert "state='delivered'" in said
        assert sorted(each.name for each in share.iterdir()) == names
        assert {each.stat().st_uid for each in share.iterdir()} == {65534, 65533}
        assert all(each.read_bytes() == b"{}" for each in share.iterdir())
    finally:
        shutil.rmtree(share)


def _as_nobody(work: Callable[[], Answer]) -> Answer:
    """Do something without the powers of root, which may write everywhere."""
    if sys.platform == "win32" or os.geteuid() != 0:
        return work()
    else:  # noqa: RET505 (mypy leaves out a branch of another platform, not what follows it)
        os.seteuid(65534)
        try:
            return work()
        finally:
            os.seteuid(0)


def test_many_write_to_one_folder_at_once(tmp_path: Path) -> None:
    names = [NAME.replace("00112233", f"{number:08}") for number in range(1000)]

    with ThreadPoolExecutor(16) as pool:
        answers = set(pool.map(lambda name: Folder(tmp_path)(name, BODY), names))

    assert answers == {Answer("delivered")}
    assert sorted(each.name for each in tmp_path.iterdir()) == names


def _send(url: str, **settings: object) -> Answer:
    return destination(url, OfFleet(**settings))(NAME, BODY)  # type: ignore[arg-type]


def test_a_server_gets_a_snapshot_under_its_name(server: Web) -> None:
    server.otherwise(web.saying(b"", status=201))

    assert _send(f"{server.url}/in/") == Answer("delivered")
    (asked,) = server.seen
    assert (asked.method, asked.target, asked.body) == ("PUT", f"/in/{NAME}", BODY)
    assert asked.headers["Idempotency-Key"] == f'"{NAME}"'
    assert asked.headers["Content-Type"] == "application/json"


def test_an_address_may_have_blanks_and_turkish_letters(server: Web) -> None:
    server.otherwise(web.saying(b"", status=201))

    assert _send(f"{server.url}/İl müdürlüğü/a%20b;c/") == Answer("delivered")
    assert server.seen[0].target == f"/%C4%B0l%20m%C3%BCd%C3%BCrl%C3%BC%C4%9F%C3%BC/a%20b;c/{NAME}"


def test_a_server_whose_name_has_turkish_letters_is_asked(server: Web) -> None:
    server.otherwise(web.saying(b"", status=407))

    _send("https://müdürlük.example/in", proxy=server.url)

    assert server.seen[0].target == "xn--mdrlk-kvabc.example:443"


@pytest.mark.parametrize(
    ("status", "state", "kind"),
    [(each, "delivered", "") for each in (200, 201, 202, 204, 409)]
    + [(each, "refused", "") for each in (400, 413, 415, 422)]
    + [(each, "away", "access") for each in (401, 403, 407)]
    + [(each, "away", "") for each in (301, 307, 404, 408, 429, 500, 502, 503)],
)
def test_an_answer_says_what_becomes_of_a_snapshot(
    server: Web, status: int, state: str, kind: str
) -> None:
    server.otherwise(web.saying(b"", status=status, Location=f"{server.url}/else"))

    answer = _send(server.url)

    assert (answer.state, answer.kind) == (state, kind)
    assert len(server.seen) == 1
    assert state == "delivered" or answer.reason == f"{server.url}: HTTP {status}"


def test_a_server_that_never_ends_its_answer_is_left_in_time(server: Web) -> None:
    server.otherwise(web.dripping(in_head=True))

    assert _send(server.url, timeout_s=1.0) == Answer("away", reason=f"{server.url}: TIMEOUT")


def test_what_a_server_says_beside_its_status_is_not_waited_for(server: Web) -> None:
    server.otherwise(web.dripping())

    assert _send(server.url) == Answer("delivered")


def test_a_server_that_is_not_there_is_away() -> None:
    with Web() as gone:
        url = gone.url

    answer = _send(url)
    assert answer.state == "away"
    assert url in answer.reason


def test_a_server_that_hangs_up_after_it_took_a_snapshot_gets_it_under_the_same_name(
    server: Web,
) -> None:
    kept: dict[str, bytes] = {}

    def take(handler: Handler, asked: Asked) -> None:
        first = asked.target not in kept
        kept[asked.target] = asked.body
        if not first:
            handler.say(b"", status=409)

    server.otherwise(take)
    hand_over = destination(server.url, OfFleet())

    assert [hand_over(NAME, BODY).state for _ in range(2)] == ["away", "delivered"]
    assert kept == {f"/{NAME}": BODY}


@pytest.fixture(name="secure")
def _secure(tmp_path: Path) -> Iterator[Web]:
    with Web(tls=tls.context(tmp_path)) as server:
        server.otherwise(web.saying(b"", status=201))
        yield server


def test_only_a_server_that_is_trusted_gets_anything(secure: Web, tmp_path: Path) -> None:
    url, ca_file = f"https://localhost:{secure.port}", str(tmp_path / "root.pem")

    stranger = _send(url)
    misnamed = _send(url.replace("localhost", "127.0.0.1"), ca_file=ca_file)
    before = len(secure.seen)

    assert (stranger.state, stranger.kind) == ("away", "certificate")
    assert "self-signed certificate in certificate chain" in stranger.reason or (
        "unable to get local issuer" in stranger.reason
    )
    assert (misnamed.state, misnamed.kind) == ("away", "certificate")
    assert "127.0.0.1" in misnamed.reason
    assert before == 0
    assert _send(url, ca_file=ca_file) == Answer("delivered")


def test_a_server_that_comes_and_goes_gets_each_snapshot_once_and_in_order(
    secure: Web, tmp_path: Path
) -> None:
    """Of five requests one is taken; of the others some are taken too, but nobody learns it."""
    kept: dict[str, bytes] = {}
    moods = itertools.cycle(["busy", "silent", "good", "gone", "busy", "good"])

    def take(handler: Handler, asked: Asked) -> None:
        mood = next(moods)
        if mood in {"silent", "good"}:
            assert kept.setdefault(asked.target, asked.body) == asked.body
        if mood in {"busy", "good"}:
            handler.say(b"", status=503 if mood == "busy" else 200)

    secure.otherwise(take)
    spool = Spool(tmp_path / "spool")
    sent = {f"/in/{NAME.replace('0011', f'{number:04}')}": b"%d" % number for number in range(30)}
    for target, body in sent.items():
        spool.put(target.removeprefix("/in/"), body)
    settings = OfFleet(ca_file=str(tmp_path / "root.pem"))
    hand_over = destination(f"https://localhost:{secure.port}/in", settings)
    runs = 1
    while spool.deliver(hand_over, 1).waiting:
        runs += 1

    assert list(kept.items()) == list(sent.items())
    assert runs > 10


def test_a_proxy_is_asked_for_a_tunnel(server: Web) -> None:
    server.otherwise(web.saying(b"", status=407))

    answer = _send("https://kartlar.example/in", proxy=server.url)

    assert answer.state == "away"
    assert [(each.method, each.target) for each in server.seen] == [
        ("CONNECT", "kartlar.example:443")
    ]


def test_the_proxy_of_the_environment_is_used(server: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    server.otherwise(web.saying(b"", status=407))
    monkeypatch.setenv("https_proxy", server.url.removeprefix("http://"))
    monkeypatch.setenv("no_proxy", "")

    _send("https://kartlar.example/in")

    assert [each.method for each in server.seen] == ["CONNECT"]


@pytest.mark.parametrize("proxy", ["socks5://127.0.0.1:1", "socks5h://x", "http://", "http://["])
def test_a_proxy_of_the_environment_that_is_none_of_http_is_passed_over(
    server: Web, monkeypatch: pytest.MonkeyPatch, proxy: str
) -> None:
    server.otherwise(web.saying(b"", status=407))
    monkeypatch.setenv("ALL_PROXY", proxy)
    monkeypatch.setenv("no_proxy", "")
    monkeypatch.setenv("https_proxy", proxy)

    destination("https://kartlar.example/in", OfFleet())
    monkeypatch.setenv("ALL_PROXY", server.url)
    _send("https://kartlar.example/in")

    assert [each.method for each in server.seen] == ["CONNECT"]


def test_the_token_goes_to_the_server_and_into_no_log(
    server: Web, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    token = tmp_path / "token"
    token.write_text("s3cret-t0ken\n")
    token.chmod(0o600)
    caplog.set_level(logging.DEBUG)
    server.otherwise(web.saying(b""))

    _send(server.url, token_file=str(token))

    assert server.seen[0].headers["Authorization"] == "Bearer s3cret-t0ken"
    assert NAME in caplog.text
    assert "s3cret" not in caplog.text


@pytest.mark.parametrize(
    ("to", "code"),
    [
        ("gelen", "fleet-to"),
        ("http://kartlar.example/in", "fleet-to"),
        ("http://127.0.0.1.example/in", "fleet-to"),
        ("ftp://kartlar.example/in", "fleet-to"),
        ("https://", "fleet-to"),
        ("https://[::1", "fleet-to"),
        ("https://kartlar.example:port/", "fleet-to"),
        ("https://kartlar.example/?to=in", "fleet-to"),
        ("https://ali:gizli@kartlar.example/in", "fleet-to-password"),
        ("http://ali:gizli@kartlar.example/in", "fleet-to"),
        ("https://ali:gizli@kartlar.example:port/", "fleet-to"),
        ("https://ali:gizli@[::1", "fleet-to"),
        ("https://kartlar..example/in", "fleet-to"),
    ],
)
def test_a_destination_that_cannot_be_meant_is_refused(to: str, code: str) -> None:
    with pytest.raises(Refused) as caught:
        destination(to, OfFleet())

    assert caught.value.code == code
    assert "gizli" not in str(caught.value.facts)


def test_what_is_set_for_a_server_must_be_usable(tmp_path: Path) -> None:
    def code(**settings: str) -> str:
        with pytest.raises(Refused) as caught:
            destination("https://kartlar.example/", OfFleet(**settings))  # type: ignore[arg-type]
        return caught.value.code

    noise, missing = tmp_path / "noise", str(tmp_path / "missing")
    noise.write_text("no certificate\n")
    noise.chmod(0o644)
    assert code(ca_file=missing) == "fleet-ca"
    assert code(ca_file=str(noise)) == "fleet-ca"
    assert code(token_file=missing) == "fleet-token"
    if sys.platform != "win32":  # whose lists of access tests/windows/test_access.py tries
        assert code(token_file=str(noise)) == "fleet-token-mode"
    noise.chmod(0o600)
    assert code(token_file=str(noise)) == "fleet-token-content"
    noise.write_text("")
    assert code(token_file=str(noise)) == "fleet-token-content"
    assert code(proxy="socks9://x") == "fleet-proxy"
    assert code(proxy="socks5://127.0.0.1:1080") == "fleet-proxy"
    assert code(proxy="http://vekil..example:3128") == "fleet-proxy"
