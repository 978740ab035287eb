# SPDX-License-Identifier: Apache-2.0
"""`cardtool fleet send` from a real token to a folder and a server: what arrives, what is said."""

import datetime as dt
import json
import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from cardtool.cli import main
from cardtool.text import LANGUAGES, load_words
from tests.conftest import Tokens
from tests.rig import web
from tests.rig.certificates import nes, tckn
from tests.rig.softhsm import SoftHsm
from tests.rig.web import Asked, Handler, Web

NUMBER = tckn(8)
HOLDER = "DENİZ ÖRNEK"
USER = "deniz.ornek"
NES = nes(
    name=HOLDER,
    number=NUMBER,
    not_before=dt.datetime(2025, 1, 10, 8, tzinfo=dt.UTC),
    not_after=dt.datetime(2028, 1, 10, 8, tzinfo=dt.UTC),
)
KEY = "9b1f6c2ad84e703551c7a0ef3d628b94"
KEYED = f'[identity]\nkey = "{KEY}"\n'


@pytest.fixture(name="store", scope="module")
def _store(tokens: Tokens) -> SoftHsm:
    return tokens((f"{NUMBER}NES0", NES), label=f"KART {NUMBER}")


class _Desk:
    """A workstation with a card, a state folder and a configuration file of its own."""

    def __init__(self, store: SoftHsm, folder: Path) -> None:
        self._store = store
        self._folder = folder
        self.share = folder / "share"
        self.share.mkdir()
        self.state = folder / "state"
        self.configure(KEYED)

    def configure(self, text: str) -> None:
        (self._folder / "config.toml").write_text(text, encoding="utf-8")

    def send(self, *arguments: str, to: str | None = None, **variables: str) -> Result:
        environment = {
            "SOFTHSM2_CONF": self._store.env["SOFTHSM2_CONF"],
            "CARDTOOL_CONFIG": str(self._folder / "config.toml"),
            "CARDTOOL_STATE": str(self.state / "last-good.json"),
            "CARDTOOL_LANG": "en",
            "SUDO_USER": USER,
        }
        runner = CliRunner(env={**environment, **variables})
        where = ("--to", to or str(self.share))
        command = ("fleet", "send", *where, "--module", str(self._store.module), *arguments)
        return runner.invoke(main, command)

    def arrived(self) -> list[Path]:
        return sorted(each for each in self.share.rglob("*") if each.is_file())


@pytest.fixture(name="desk")
def _desk(store: SoftHsm, tmp_path: Path) -> _Desk:
    return _Desk(store, tmp_path)


def _only(desk: _Desk) -> dict[str, Any]:
    (file,) = desk.arrived()
    found: dict[str, Any] = json.loads(file.read_bytes())
    return found


def test_a_snapshot_arrives_hashed_with_its_origin(desk: _Desk) -> None:
    desk.configure(f'{KEYED}[fleet]\nunit = "Destek"\n')

    result = desk.send()

    assert (result.exit_code, result.output) == (0, "Delivered: 1\n")
    origin = _only(desk)["origin"]
    assert re.fullmatch("[0-9a-f]{32}", origin["host_id"])
    assert re.fullmatch("~[0-9a-f]{16}", origin["user"])
    assert (origin["unit"], origin["identity"]) == ("Destek", "hashed")
    text = desk.arrived()[0].read_text("utf-8")
    assert [each for each in (NUMBER, HOLDER, USER) if each in text] == []
    assert origin["host_id"] in desk.arrived()[0].name


def test_two_snapshots_are_of_one_workstation(desk: _Desk) -> None:
    desk.send()
    desk.send()

    first, second = (json.loads(each.read_bytes()) for each in desk.arrived())
    assert first["origin"] == second["origin"]
    assert first["taken_at"] < second["taken_at"]


def test_masked_leaves_names_and_no_number(desk: _Desk) -> None:
    desk.configure('[fleet]\nidentity = "masked"\n')

    assert desk.send().exit_code == 0

    text = desk.arrived()[0].read_text("utf-8")
    assert [each for each in (NUMBER, HOLDER, USER) if each in text] == [HOLDER, USER]
    assert _only(desk)["origin"]["identity"] == "masked"


def test_full_leaves_all_when_the_site_says_so(desk: _Desk) -> None:
    desk.configure('[fleet]\nidentity = "full"\n')

    assert desk.send().exit_code == 0

    text = desk.arrived()[0].read_text("utf-8")
    assert [each for each in (NUMBER, HOLDER, USER) if each in text] == [NUMBER, HOLDER, USER]


@pytest.mark.parametrize("policy", ["hashed", "masked", "full"])
def test_no_person_is_in_the_log(
    desk: _Desk, policy: str, caplog: pytest.LogCaptureFixture
) -> None:
    desk.configure(f'{KEYED}[fleet]\nidentity = "{policy}"\n')
    caplog.set_level("DEBUG")

    result = desk.send("-v")

    said = caplog.text + result.stdout + result.stderr
    assert "delivered: " in caplog.text
    assert [each for each in (NUMBER, HOLDER, USER, KEY) if each in said] == []


@pytest.mark.parametrize(
    ("before", "after", "left"),
    [
        ("full", "hashed", []),
        ("masked", "hashed", []),
        ("full", "masked", [HOLDER, USER]),
        ("hashed", "full", []),
    ],
)
def test_what_waited_leaves_as_the_site_says_now(
    desk: _Desk, before: str, after: str, left: list[str]
) -> None:
    desk.share.rename(desk.share.with_name("away"))
    desk.configure(f'{KEYED}[fleet]\nidentity = "{before}"\n')
    desk.send()
    (waiting,) = (desk.state / "spool").glob("0*")
    desk.share.with_name("away").rename(desk.share)
    desk.configure(f'{KEYED}[fleet]\nidentity = "{after}"\n')
    assert desk.send().output == "Delivered: 2\n"

    first = desk.arrived()[0]
    text = first.read_text("utf-8")
    assert [each for each in (NUMBER, HOLDER, USER) if each in text] == left
    weaker = "hashed" if "hashed" in {before, after} else "masked"
    assert json.loads(text)["origin"]["identity"] == weaker
    assert (first.name in waiting.name) == (before == "hashed")


def test_what_waits_and_is_no_snapshot_does_not_leave(desk: _Desk) -> None:
    (desk.state / "spool").mkdir(parents=True)
    (desk.state / "spool" / "000000000001_x.json").write_text(f"{NUMBER}")

    assert desk.send().exit_code == 2

    assert [each.name for each in (desk.state / "spool" / "refused").glob("*.json")] == ["x.json"]
    assert len(desk.arrived()) == 1


def test_a_snapshot_that_a_server_cannot_take_lets_the_others_by_and_is_told(desk: _Desk) -> None:
    with Web() as server:
        stuck: list[str] = []

        def take(handler: Handler, asked: Asked) -> None:
            stuck.append(asked.target)
            handler.say(b"", status=500 if asked.target == stuck[0] else 201)

        server.otherwise(take)
        done = [desk.send(to=f"{server.url}/in") for _ in range(4)]

    assert [each.exit_code for each in done] == [1, 1, 1, 1]
    assert done[-1].stdout == "Delivered: 3\n"
    assert "several runs" in done[-1].stderr
    assert "cannot be reached" not in done[-1].stderr


def test_while_the_share_is_away_snapshots_wait_and_then_go_in_order(desk: _Desk) -> None:
    desk.share.rename(desk.share.with_name("away"))

    first, second = desk.send(), desk.send()
    waiting = sorted(each.name for each in (desk.state / "spool").iterdir())
    desk.share.with_name("away").rename(desk.share)
    third = desk.send()

    assert [each.exit_code for each in (first, second, third)] == [1, 1, 0]
    assert second.stdout == ""
    assert "Waiting to be sent later: 2" in second.stderr
    assert str(desk.share) in second.stderr
    assert [each for each in waiting if each.startswith("00000000000")] == [
        each for each in waiting if not each.startswith(".")
    ]
    assert third.output == "Delivered: 3\n"
    assert len(desk.arrived()) == 3


def test_a_server_that_refuses_for_good_is_told_with_the_folder(desk: _Desk) -> None:
    with Web() as server:
        server.otherwise(web.saying(b"", status=422))
        result = desk.send(to=f"{server.url}/in")

    assert result.exit_code == 2
    assert "HTTP 422" in result.stderr
    assert str(desk.state / "spool" / "refused") in result.stderr
    reasons = list((desk.state / "spool" / "refused").glob("*.reason.txt"))
    assert [each.read_text() for each in reasons] == [f"{server.url}/in: HTTP 422\n"]


def test_who_is_not_let_in_is_told_so(desk: _Desk) -> None:
    with Web() as server:
        server.otherwise(web.saying(b"", status=403))
        result = desk.send(to=f"{server.url}/in")

    assert result.exit_code == 1
    assert "does not let this computer in" in result.stderr


def test_a_limit_is_kept_and_told(desk: _Desk) -> None:
    desk.configure(f"{KEYED}[fleet]\nspool_limit = 1\n")

    desk.send(to="/nowhere/at/all")
    result = desk.send(to="/nowhere/at/all")

    assert result.exit_code == 1
    assert "dropped: 1" in result.stderr
    assert "later: 1" in result.stderr


def test_without_a_place_for_what_waits_nothing_is_sent(desk: _Desk, tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    none = desk.send(CARDTOOL_STATE="")
    unusable = desk.send(CARDTOOL_STATE=str(tmp_path / "file" / "last-good.json"))

    assert [none.exit_code, unusable.exit_code] == [3, 3]
    assert "CARDTOOL_STATE" in none.stderr
    assert "could not be written to disk" in unusable.stderr
    assert desk.arrived() == []


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("configuration", "to", "code"),
    [
        ("", None, "fleet-key"),
        (KEYED, "gelen", "fleet-to"),
        (KEYED, "https://a:b@kart.example/", "fleet-to-password"),
        ('[fleet]\nidentity = "nobody"', None, "config-value"),
        ("[fleet]\nspool_limit = 0", None, "config-value"),
        (f'{KEYED}[fleet]\nproxy = "x://y"', "https://kart.example/", "fleet-proxy"),
        (f'{KEYED}[fleet]\nca_file = "/none"', "https://kart.example/", "fleet-ca"),
        (f'{KEYED}[fleet]\ntoken_file = "/none"', "https://kart.example/", "fleet-token"),
    ],
)
def test_what_cannot_be_done_is_refused_in_one_sentence(
    desk: _Desk, language: str, configuration: str, to: str | None, code: str
) -> None:
    desk.configure(configuration)

    result = desk.send("--lang", language, to=to)

    assert result.exit_code == 3
    parts = re.split(r"\{[a-z]+\}", load_words(language)["refusal"][code])
    assert [each for each in parts if each not in result.stderr] == []
    assert result.stderr.count("\n") == 1
    assert not (desk.state / "spool").exists()


def test_without_a_destination_it_asks_for_one() -> None:
    runner = CliRunner(env={"CARDTOOL_CONFIG": "", "CARDTOOL_LANG": "en"})

    result = runner.invoke(main, ["fleet", "send"])

    assert result.exit_code == 3
    assert "[fleet] to" in result.stderr


def test_the_destination_of_the_configuration_file_is_used(desk: _Desk) -> None:
    desk.configure(f"{KEYED}[fleet]\nto = '{desk.share}'\n")

    assert desk.send(to="/nowhere/at/all").exit_code == 1
    runner = CliRunner(
        env={
            "CARDTOOL_CONFIG": str(desk.share.with_name("config.toml")),
            "CARDTOOL_STATE": str(desk.state / "last-good.json"),
        }
    )
    assert runner.invoke(main, ["fleet", "send", "--timeout", "5"]).exit_code == 0
    assert len(desk.arrived()) == 2
