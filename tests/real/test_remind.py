# SPDX-License-Identifier: Apache-2.0
"""`cardtool remind` with a card, on a D-Bus with a notification service."""

import json
import os
import shlex
import socket
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cardtool.cli.refusal import UNKNOWN
from cardtool.remind import freedesktop, schedules
from cardtool.remind.notice import Notice, NotShownError
from tests.real.desks import AT, NAME, NUMBER, akis, nes
from tests.rig.card import ScriptedCard
from tests.rig.command import COMMAND, checked
from tests.rig.midday import zone
from tests.rig.notices import Bus, Desktop
from tests.rig.pcsc import PcscService

pytestmark = pytest.mark.real


@pytest.fixture(name="bus")
def _bus(socket_folder: Path) -> Iterator[Bus]:
    with Bus(socket_folder) as bus:
        yield bus


def _remind(
    env: Mapping[str, str], *options: str, tz: str | None = None
) -> subprocess.CompletedProcess[str]:
    """Run `remind` in a zone where it is midday, or in another one."""
    return subprocess.run(
        [COMMAND, "remind", "--lang", "tr", *options],
        env={**env, "TZ": tz or zone()},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def _run(env: Mapping[str, str], days_from_now: float | None = None) -> None:
    """Run as the timer does, or as if it were another day; nothing is to be said."""
    moment = datetime.now(UTC) + timedelta(days=days_from_now or 0)
    at = () if days_from_now is None else ("--at", moment.isoformat())
    done = _remind(env, "--run", "--timeout", "5", *at)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def _ending_in(days: float) -> ScriptedCard:
    """Make a card whose certificate ends so many days from now."""
    return akis(nes((datetime.now(UTC) - AT) / timedelta(days=1) + days))


def _memory(service: PcscService) -> Path:
    return service.folder / "reminders.json"


def test_a_notice_says_how_long_is_left_and_names_nobody(bus: Bus) -> None:
    with PcscService(1) as service, Desktop(bus, None) as desktop:
        service.insert(akis(nes(89.5)))
        at = ("--at", AT.isoformat())
        done = _remind(bus.env(service.env), "--run", "--timeout", "5", *at, tz="<+03>-3")

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    (notice,) = desktop.shown
    assert notice["title"] == "E-imza sertifikanızın süresi doluyor"
    assert notice["body"].startswith("89 gün kaldı, 30 Ağustos. Güvenli başvuru için son gün: ")
    assert NAME not in str(notice)
    assert NUMBER not in str(notice)
    assert notice["actions"] == [
        *("default", "Sayfayı aç", "open", "Sayfayı aç"),
        *("applied", "Başvurdum", "later", "Yarın hatırlat"),
    ]


def test_each_of_the_days_has_its_notice(bus: Bus) -> None:
    with PcscService(1) as service, Desktop(bus) as desktop:
        service.insert(_ending_in(100))
        for left in (90.5, 89.5, 59.5, 29.5, 14.5, 6.5, 0.5, -0.5):
            _run(bus.env(service.env), 100 - left)
        assert not _memory(service).exists()  # it was only tried

    *first, last = [notice["body"].partition(",")[0] for notice in desktop.shown]
    assert first == [f"{days} gün kaldı" for days in (89, 59, 29, 14, 6)]
    assert last == "11 saat kaldı"
    urgency = [notice["hints"]["urgency"][1] for notice in desktop.shown]
    assert urgency == [1, 1, 1, 1, 2, 2]


def test_a_notice_is_shown_once_a_day_and_what_is_chosen_is_remembered(bus: Bus) -> None:
    with PcscService(1) as service, Desktop(bus, "later") as desktop:
        env = bus.env(service.env)
        service.insert(_ending_in(59.5))
        _run(env)
        _run(env)
        assert len(desktop.shown) == 1

        service.remove()  # the card need not be in the reader
        _run(env, 1)
        assert len(desktop.shown) == 2
        text = _memory(service).read_text()
        assert json.loads(text)["certificates"][0]["answer"] == "later"
        assert _memory(service).stat().st_mode & 0o777 == 0o600
        assert not any(word in text for word in (NAME.split()[0], NUMBER))

        assert _remind(env, "--applied").returncode == 0
        _run(env, 40)
        assert len(desktop.shown) == 2
        _run(env, 58)
    assert "Başvurduğunuzu söylemiştiniz" in desktop.shown[2]["body"]


def test_a_click_opens_the_page(bus: Bus, tmp_path: Path) -> None:
    opened, browser = tmp_path / "opened", tmp_path / "microsoft-edge"  # the first that is tried
    browser.write_text(f'#!/bin/sh\necho "$1" > {opened}.part\nmv {opened}.part {opened}\n')
    browser.chmod(0o755)
    with PcscService(1) as service, Desktop(bus, "default"):
        service.insert(_ending_in(20.5))
        env = {**bus.env(service.env), "DISPLAY": ":9", "PATH": f"{tmp_path}:/usr/bin:/bin"}
        with subprocess.Popen([COMMAND, "remind", "--run"], env=env) as program:
            end = time.monotonic() + 60
            while not opened.exists() and program.poll() is None and time.monotonic() < end:
                time.sleep(0.05)
            program.terminate()
            assert program.wait(30) == 0

    assert opened.read_text().startswith("--app=http://127.0.0.1:")


def test_a_desktop_whose_notices_have_no_buttons_is_not_waited_for(bus: Bus) -> None:
    with PcscService(1) as service, Desktop(bus, capabilities=("body",)) as desktop:
        service.insert(_ending_in(20.5))
        _run(bus.env(service.env))

    assert desktop.shown[0]["actions"] == []


def test_a_notice_that_nobody_answers_goes_in_the_end(
    bus: Bus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", bus.address)
    with Desktop(bus, "") as desktop:
        notice = Notice(title="E", body="e", choices={"open": "o"})
        answer = freedesktop.show(notice, lambda: None, waits_s=0.2)

    assert (answer, desktop.closed) == ("", [1])


def test_a_choice_that_the_notice_does_not_have_is_none(bus: Bus) -> None:
    with PcscService(1) as service, Desktop(bus, "x" * 70_000):
        service.insert(_ending_in(20.5))
        _run(bus.env(service.env))
        (kept,) = json.loads(_memory(service).read_text())["certificates"]
    assert kept["answer"] == ""


@pytest.mark.parametrize(
    "body", ["", "{", "[]", '{"certificates": [1]}', " " * 70_000], ids=["no", "half", *"abc"]
)
def test_a_broken_memory_is_none(body: str, bus: Bus) -> None:
    with PcscService(1) as service, Desktop(bus) as desktop:
        service.insert(_ending_in(20.5))
        _memory(service).write_text(body)
        _run(bus.env(service.env))
        assert json.loads(_memory(service).read_text())["certificates"]
    assert len(desktop.shown) == 1


@pytest.mark.parametrize(
    "address", ["", "unix:path=/nowhere/bus", "tcp:host=localhost", "nonsense"]
)
def test_without_a_bus_it_is_said_and_not_remembered_as_shown(address: str) -> None:
    with PcscService(1) as service:
        service.insert(_ending_in(20.5))
        env = {**service.env, "DBUS_SESSION_BUS_ADDRESS": address, "XDG_RUNTIME_DIR": "/nowhere"}
        done = _remind(env, "--run", "--timeout", "5")
        assert (done.returncode, done.stdout) == (3, "")
        assert "Bildirim gösterilemedi" in done.stderr
        assert json.loads(_memory(service).read_text())["shown_at"] is None


def test_without_a_notification_service_it_is_said(bus: Bus) -> None:
    with PcscService(1) as service:
        service.insert(_ending_in(20.5))
        done = _remind(bus.env(service.env), "--run", "--timeout", "5")
    assert (done.returncode, done.stdout) == (3, "")
    assert "ServiceUnknown" in done.stderr


def test_a_check_tells_reminders_of_the_card_where_there_are_any(bus: Bus) -> None:
    with PcscService(1) as service, Desktop(bus) as desktop:
        env = bus.env(service.env)
        service.insert(_ending_in(20.5))
        checked(env)
        assert not _memory(service).exists()

        _memory(service).write_text("{}")
        checked(env)
        service.remove()
        _run(env)
    assert len(desktop.shown) == 1


def _home(tmp_path: Path) -> dict[str, str]:
    left_out = {"XDG_CONFIG_HOME", "DBUS_SESSION_BUS_ADDRESS"}
    return {
        **{name: value for name, value in os.environ.items() if name not in left_out},
        "HOME": str(tmp_path),
        "XDG_RUNTIME_DIR": str(tmp_path),
        "CARDTOOL_STATE": str(tmp_path / "state" / "last-good.json"),
    }


def test_it_is_installed_for_a_user_and_removed_without_a_trace(tmp_path: Path) -> None:
    env, units = _home(tmp_path), tmp_path / ".config" / "systemd" / "user"
    done = _remind(env, "--install")
    (tmp_path / "state" / "reminders.json").write_text("{}")
    assert (done.returncode, done.stderr) == (0, "")
    assert "Hatırlatma kuruldu" in done.stdout
    timer = units / "cardtool-remind.timer"
    assert (units / "timers.target.wants" / timer.name).resolve() == timer
    verified = subprocess.run(
        ["systemd-analyze", "--user", "verify", timer], env=env, capture_output=True, check=False
    )
    assert (verified.returncode, verified.stderr) == (0, b"")

    assert _remind(env, "--remove").returncode == 0
    assert [path for path in units.rglob("*") if not path.is_dir()] == []
    assert list((tmp_path / "state").iterdir()) == []


def test_of_a_user_whom_it_reminds_only_the_wish_for_no_notices_is_left(tmp_path: Path) -> None:
    env = {**_home(tmp_path), "XDG_CONFIG_DIRS": str(_reminded_by_it(tmp_path))}
    memory = tmp_path / "state" / "reminders.json"
    memory.parent.mkdir()
    memory.write_text('{"shown_at": "2026-10-01T09:00:00Z"}')

    assert _remind(env, "--remove").returncode == 0
    kept = json.loads(memory.read_text())
    assert kept == {"is_off": True, "shown_at": None, "certificates": []}
    assert _remind(env, "--run").returncode == 0  # it asks nobody and says nothing
    assert _remind(env, "--install").returncode == 0
    assert not json.loads(memory.read_text())["is_off"]


def _reminded_by_it(folder: Path) -> Path:
    """Return a folder of settings for all users in which IT has installed the timer."""
    timer = folder / "all" / "systemd" / "user" / "cardtool-remind.timer"
    timer.parent.mkdir(parents=True)
    timer.write_text(schedules.timer())
    return folder / "all"


def test_where_there_is_no_systemd_nothing_is_left(tmp_path: Path) -> None:
    done = _remind({**_home(tmp_path), "PATH": str(tmp_path)}, "--install")

    assert done.returncode == 3
    assert "Hatırlatma kurulamadı" in done.stderr
    assert list(tmp_path.rglob("cardtool-remind*")) == []


def test_something_must_be_asked_of_it() -> None:
    assert _remind(dict(os.environ)).returncode == 3


@pytest.mark.parametrize("name", ["a b%h=", '"%h" $HOME\\x', "Ali'nin", "$$", "Çağ"])
def test_a_unit_starts_a_program_of_any_name(name: str, tmp_path: Path) -> None:
    program, unit = tmp_path / name / "cardtool", tmp_path / "one.service"
    program.parent.mkdir()
    program.write_text('#!/bin/sh\necho "$0" "$@"\n')
    program.chmod(0o755)
    unit.write_text(schedules.service((str(program),)))
    verified = subprocess.run(
        ["systemd-analyze", "--user", "verify", unit],
        env={**os.environ, "XDG_RUNTIME_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (verified.returncode, verified.stderr) == (0, "")

    (line,) = (row for row in unit.read_text().splitlines() if row.startswith("ExecStart"))
    words = shlex.split(line.partition("=")[2].replace("%%", "%"))
    words[1:] = [word.replace("$$", "$") for word in words[1:]]  # never in the program's name
    assert subprocess.check_output(words, text=True) == f"{program} remind --run\n"


def test_a_check_says_its_verdict_where_nobody_can_tell_who_is_reminded(tmp_path: Path) -> None:
    no_name = tmp_path / ("x" * 300)  # the system refuses to look, as in a folder of root's
    env = {**os.environ, "CARDTOOL_STATE": str(no_name / "last-good.json")}
    done = subprocess.run(
        [COMMAND, "check", "--timeout", "5"], env=env, capture_output=True, text=True, check=False
    )

    assert done.stderr == ""
    assert "(K-" in done.stdout


def test_a_bus_that_lets_one_in_and_never_answers_is_not_waited_for(
    socket_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", f"unix:path={socket_folder}/bus")
    with socket.socket(socket.AddressFamily["AF_UNIX"]) as bus:
        bus.bind(f"{socket_folder}/bus")
        bus.listen()

        def let_in() -> None:
            with bus.accept()[0] as client:
                client.recv(1024)
                client.sendall(b"OK 1234deadbeef\r\n")
                while client.recv(1024):
                    pass

        thread = threading.Thread(target=let_in, daemon=True)
        thread.start()
        with pytest.raises(NotShownError, match="TimeoutError"):
            freedesktop.show(
                Notice(title="E", body="e", choices={"open": "o"}), lambda: None, limit_s=0.2
            )


@pytest.mark.parametrize("state", ["", "/proc/none/last-good.json"])
def test_it_is_said_that_a_user_s_wish_could_not_be_kept(state: str, tmp_path: Path) -> None:
    env = {**_home(tmp_path), "XDG_CONFIG_DIRS": str(_reminded_by_it(tmp_path))}
    env["CARDTOOL_STATE"] = state
    done = subprocess.run(
        [COMMAND, "remind", "--remove"], env=env, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (UNKNOWN, "")
