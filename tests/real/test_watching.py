# SPDX-License-Identifier: Apache-2.0
"""The watcher: how often it asks PC/SC, that it disturbs no card, and what it tells."""

import json
import os
import queue
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Self

import pytest

from cardtool.deadline import Deadline
from cardtool.live.following import Follower
from cardtool.live.watching import Change, Event
from cardtool.model.snapshot import Token
from cardtool.probe import modules
from cardtool.probe.isolation import Workers
from cardtool.probe.reading import read_module
from tests.conftest import require
from tests.real.desks import AT, NAME, NUMBER, akis, nes
from tests.rig.card import mute_card
from tests.rig.compiler import compile_library
from tests.rig.counting import CONNECT, CONTROL, STATES, TRANSMIT, Counting
from tests.rig.live import LivePage
from tests.rig.modules import Slot, scripted_module
from tests.rig.pcsc import PcscService

pytestmark = pytest.mark.real

_MOST_A_SECOND = 4
_FAKE = Path(__file__).parent.parent / "rig" / "pcsclite.c"


class _Watcher:
    """The worker of the job watch, asked as the parent asks it."""

    def __init__(self, env: dict[str, str]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "cardtool", "worker", "watch"],
            env=env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()

    def asked(self, wait_s: float) -> Any:  # noqa: ANN401 - JSON
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(b'30 {"wait_s": %g}\n' % wait_s)
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())


def _that_never_waits(folder: Path, how: str) -> dict[str, str]:
    """Return the environment in which PC/SC answers so at once."""
    require(Path("/usr/include/PCSC/pcsclite.h").exists(), "the headers of PC/SC")
    compile_library(_FAKE, folder / "libpcsclite.so.1", "-I/usr/include/PCSC")
    files = {name: str(folder / name.lower()) for name in ("CALLS", "SECOND")}
    return {**os.environ, "LD_LIBRARY_PATH": str(folder), "AT_ONCE": how, **files}


@pytest.mark.parametrize("how", ["timeout", "unchanged", "changed", "readers"])
def test_a_reader_that_is_plugged_in_is_seen_where_nothing_ever_waits(
    tmp_path: Path, how: str
) -> None:
    with _Watcher(_that_never_waits(tmp_path, how)) as watcher:
        before = watcher.asked(1)
        (tmp_path / "second").touch()
        after = watcher.asked(20)

    assert (len(before), len(after)) == (1, 2)


@pytest.mark.parametrize("how", ["timeout", "unchanged", "changed", "readers", "unknown-reader"])
def test_it_asks_four_times_a_second_where_nothing_ever_waits(tmp_path: Path, how: str) -> None:
    calls = tmp_path / "calls"
    with _Watcher(_that_never_waits(tmp_path, how)) as watcher:
        first = watcher.asked(1)
        before, began = calls.stat().st_size, time.monotonic()

        later = watcher.asked(2)

        took_s = time.monotonic() - began
        asked = calls.stat().st_size - before
    assert later == first
    assert 1 <= asked <= _MOST_A_SECOND * took_s + 1


@pytest.mark.parametrize("name", ["ACS ACR39U ICC Reader", "Kart Okuyucu Ğ"])
def test_while_nothing_changes_no_card_is_disturbed(socket_folder: Path, name: str) -> None:
    """Counted at the wire: the messages of PC/SC's client library, of which a call may be two."""
    with PcscService(1, names=(name,)) as service:
        service.insert(akis(nes(400)))
        place = service.env["PCSCLITE_CSOCK_NAME"]
        with (
            Counting(place, socket_folder / "comm") as counting,
            LivePage({**service.env, "PCSCLITE_CSOCK_NAME": counting.place}) as live,
        ):
            live.open()
            told = live.told()
            while next(told)["is_checking"]:
                pass
            before, began = counting.asked.copy(), time.monotonic()

            with pytest.raises(TimeoutError):
                list(live.told(limit_s=4))

            took_s = time.monotonic() - began
            asked = counting.asked - before
    assert {CONNECT, TRANSMIT, CONTROL} & asked.keys() == set()
    assert 1 <= asked[STATES] <= _MOST_A_SECOND * took_s + 1, asked


def test_of_a_plug_that_is_loose_a_verdict_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """During each of eight checks the card comes or goes; the ninth is left alone."""
    seen, made = queue.SimpleQueue[Change](), 0
    with PcscService(1) as service:
        for name, value in service.env.items():
            monkeypatch.setenv(name, value)

        def check(workers: Workers) -> int:
            nonlocal made
            made += 1
            with workers:
                if made < 9:
                    service.remove()
                    if made % 2:
                        service.insert(mute_card())
                    while _is_in(seen.get(timeout=30)) != bool(made % 2):
                        pass
            return made

        kept = list[int]()
        follower, results = Follower(check, once_reported=kept.append), []
        for report in follower.reports():
            if report.result is not None:
                results.append(report.result)
            elif report.change.event is not Event.CHANGED:
                seen.put(report.change)
            if report.result == 9:
                break
        follower.end()
    assert results == [3, 6, 9]
    assert kept[:2] == [3, 6]


def test_what_the_page_saw_is_known_to_the_next_check() -> None:
    with PcscService(1) as service, LivePage(service.env) as live:
        kept = Path(service.env["CARDTOOL_STATE"])
        service.insert(akis(nes((datetime.now(UTC) - AT) / timedelta(days=1) + 400)))
        live.open()
        end = time.monotonic() + 30
        while not kept.exists() and time.monotonic() < end:
            time.sleep(0.02)

        assert json.loads(kept.read_text())["readers"] != []


def test_a_driver_that_is_updated_between_two_checks_is_read_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = scripted_module(tmp_path, [Slot(label="OLD")], name="old").path
    new = scripted_module(tmp_path, [Slot(label="NEW")], name="new").path
    (module,) = modules.find((str(old),), (), 64)
    with PcscService(1) as service:
        for name, value in service.env.items():
            monkeypatch.setenv(name, value)

        def check(workers: Workers) -> str:
            with workers:
                if results:
                    time.sleep(2)  # by now its processes have loaded whatever they load beforehand
                    new.replace(old)
                read = read_module(module, {}, Deadline(20), workers)
            assert isinstance(read.slots, tuple)
            assert isinstance(read.slots[0].token, Token)
            return read.slots[0].token.label

        results = list[str]()
        follower = Follower(check)
        for report in follower.reports():
            if report.result is not None:
                results.append(report.result)
                if len(results) > 1:
                    break
                follower.again()
        follower.end()
    assert results == ["OLD", "NEW"]


def test_the_file_for_support_is_that_of_the_last_check_without_the_person() -> None:
    with PcscService(1) as service, LivePage(service.env, "--at", AT.isoformat()) as live:
        service.insert(akis(nes(400)))
        live.open()
        assert any(not state["is_checking"] for state in live.told())

        status, headers, body = live.ask("GET", f"{live.path}state.json", live.own)

    assert (status, headers["content-disposition"]) == (200, "attachment")
    (reader,) = json.loads(body)["readers"]
    assert reader["card"]["type"] == "card"
    assert NAME not in body
    assert NUMBER not in body


def test_after_a_driver_that_hung_the_next_check_waits_longer(tmp_path: Path) -> None:
    waits = f'while (access("{tmp_path}/go", F_OK)) usleep(10000);'
    module = scripted_module(
        tmp_path, [Slot()], code={"IN_INITIALIZE": waits}, headers=("unistd.h",)
    )
    with (
        PcscService(1) as service,
        LivePage(service.env, "--module", str(module.path), "--timeout", "2") as live,
    ):
        live.open()
        hung = list(_until_checked(live.told()))[-1]
        assert "K-98" in hung["page"]
        states = live.told(limit_s=4)
        assert not next(states)["is_checking"]
        live.ask("POST", f"{live.path}again", {**live.own, "Origin": live.origin})
        with pytest.raises(TimeoutError):
            list(_until_checked(states))

        (tmp_path / "go").touch()
        ended = list(_until_checked(live.told()))[-1]

    assert "K-98" not in ended["page"]


def _until_checked(states: Iterator[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for state in states:
        yield state
        if not state["is_checking"]:
            return


def _is_in(change: Change) -> bool:
    return isinstance(change.readers, tuple) and any(each.card for each in change.readers)


def test_another_program_at_the_card_is_no_change() -> None:
    """It connects, powers and leaves the card again and again; the watcher tells of nothing."""
    with PcscService(1) as service, _Watcher(service.env) as watcher:
        service.insert(akis(nes(400)))
        first = watcher.asked(1)
        uses = (
            "from smartcard import scard as s\n"
            "_, c = s.SCardEstablishContext(0)\n"
            "_, names = s.SCardListReaders(c, [])\n"
            "for _ in range(200):\n"
            "    _, card, _ = s.SCardConnect(c, names[0], 2, 3)\n"
            "    s.SCardDisconnect(card, s.SCARD_LEAVE_CARD)\n"
        )
        with subprocess.Popen([sys.executable, "-c", uses], env=service.env) as other:
            seen = [watcher.asked(0.3) for _ in range(4)]
        assert other.returncode == 0

        assert seen == [first] * 4
        service.remove()
        assert watcher.asked(20)[0]["states"] == ["EMPTY"]


def test_it_follows_as_many_readers_as_a_service_can_have() -> None:
    most = 16
    with PcscService(most) as service, _Watcher(service.env) as watcher:
        assert [reader["states"] for reader in watcher.asked(1)] == [["EMPTY"]] * most

        service.insert(akis(nes(400)), most - 1)

        assert watcher.asked(20)[-1]["states"] == ["PRESENT"]
