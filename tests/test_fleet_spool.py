# SPDX-License-Identifier: Apache-2.0
"""What waits is delivered in order and once, whoever is killed, and whatever is away."""

import os
import re
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from cardtool.fleet.sending.spool import Answer, Report, Spool
from tests.rig import disk
from tests.rig.kills import ROOT, torment

AWAY = Answer("away", reason="HTTP 503")
BAD = Answer("refused", reason="HTTP 422")
DELIVERED = Answer("delivered")


class _Receiver:
    """Takes what it is handed, or answers as it is told by name."""

    def __init__(self, **answers: Answer) -> None:
        self.answers = answers
        self.got: list[tuple[str, bytes]] = []

    def __call__(self, name: str, body: bytes) -> Answer:
        answer = self.answers.get(name, DELIVERED)
        if answer.state == "delivered":
            self.got.append((name, body))
        return answer


def _filled(folder: Path, *names: str, limit: int | None = None) -> Spool:
    spool = Spool(folder / "spool", limit)
    for name in names:
        spool.put(name, name.encode())
    return spool


def _waiting(folder: Path) -> list[str]:
    files = sorted((folder / "spool").iterdir())
    return [each.name.partition("_")[2] for each in files if each.name[0] in "0123456789"]


def test_what_waits_goes_in_the_order_it_came(tmp_path: Path) -> None:
    receiver = _Receiver()

    report = _filled(tmp_path, "c", "a", "b").deliver(receiver, 1)

    assert receiver.got == [("c", b"c"), ("a", b"a"), ("b", b"b")]
    assert report == Report(delivered=3)
    assert _waiting(tmp_path) == []


def test_what_waits_already_is_not_kept_twice(tmp_path: Path) -> None:
    spool = _filled(tmp_path, "a", "b", "a")

    assert _waiting(tmp_path) == ["a", "b"]
    assert spool.deliver(_Receiver(), 1).delivered == 2


def test_while_the_receiver_is_away_all_stays_in_order(tmp_path: Path) -> None:
    spool = _filled(tmp_path, "a", "b")
    away, back = _Receiver(b=AWAY), _Receiver()

    first = spool.deliver(away, 1)
    spool.put("c", b"c")
    second = spool.deliver(back, 1)

    assert first == Report(delivered=1, waiting=1, last=AWAY)
    assert [name for name, _ in back.got] == ["b", "c"]
    assert second == Report(delivered=2)


def test_nobody_is_asked_again_in_one_run(tmp_path: Path) -> None:
    asked = []

    def away(name: str, body: bytes) -> Answer:
        del body
        asked.append(name)
        return AWAY

    _filled(tmp_path, "a", "b").deliver(away, 1)

    assert asked == ["a"]


def test_what_is_refused_is_set_aside_with_the_reason_and_holds_up_nobody(tmp_path: Path) -> None:
    spool = _filled(tmp_path, "a", "b", "c")
    receiver = _Receiver(b=BAD)

    report = spool.deliver(receiver, 1)
    again = spool.deliver(receiver, 1)

    assert [name for name, _ in receiver.got] == ["a", "c"]
    assert report == Report(delivered=2, refused=1, last=BAD)
    assert again == Report()
    assert (tmp_path / "spool" / "refused" / "b").read_bytes() == b"b"
    assert (tmp_path / "spool" / "refused" / "b.reason.txt").read_text() == "HTTP 422\n"


HEARD = Answer("away", reason="HTTP 500", is_heard=True)


def test_a_snapshot_that_is_not_taken_run_after_run_lets_the_others_by_in_order(
    tmp_path: Path,
) -> None:
    spool = _filled(tmp_path, "a", "bad", "c")
    receiver = _Receiver(bad=HEARD)

    reports = []
    for name in "defgh":
        reports.append(spool.deliver(receiver, 1))
        spool.put(name, name.encode())

    assert [each.delivered for each in reports] == [1, 0, 0, 4, 1]
    assert [each.passed for each in reports] == [0, 0, 0, 1, 1]
    assert [name for name, _ in receiver.got] == list("acdefg")
    assert (reports[-1].waiting, reports[-1].last) == (1, HEARD)
    del receiver.answers["bad"]
    assert spool.deliver(receiver, 1) == Report(delivered=2)
    assert receiver.got[-1] == ("bad", b"bad")


def test_several_that_are_not_taken_let_the_others_by(tmp_path: Path) -> None:
    spool = _filled(tmp_path, "bad", "worse", "c")
    receiver = _Receiver(bad=HEARD, worse=HEARD)

    reports = [spool.deliver(receiver, 1) for _ in range(7)]

    assert [each.delivered for each in reports] == [0, 0, 0, 0, 0, 0, 1]
    assert reports[-1].passed == 2


def test_a_receiver_that_is_not_there_is_no_fault_of_the_first_snapshot(tmp_path: Path) -> None:
    spool = _filled(tmp_path, "a", "b")
    asked = []

    def away(name: str, body: bytes) -> Answer:
        del body
        asked.append(name)
        return AWAY

    for _ in range(6):
        spool.deliver(away, 1)

    assert asked == ["a"] * 6


def test_what_comes_meanwhile_goes_too(tmp_path: Path) -> None:
    spool = _filled(tmp_path, "a")
    got = []

    def receive(name: str, body: bytes) -> Answer:
        del body
        got.append(name)
        if name == "a":
            spool.put("b", b"b")
        return DELIVERED

    assert spool.deliver(receive, 1) == Report(delivered=2)
    assert got == ["a", "b"]


def test_what_was_dropped_meanwhile_is_passed_over(tmp_path: Path) -> None:
    spool = _filled(tmp_path, "a", "b", "c")

    def receive(name: str, body: bytes) -> Answer:
        del name, body
        Spool(tmp_path / "spool", 2).put("d", b"d")
        return DELIVERED

    assert spool.deliver(receive, 1) == Report(delivered=3)
    assert _waiting(tmp_path) == []


def test_what_cannot_be_struck_off_goes_again_at_the_next_run(tmp_path: Path) -> None:
    spool = _filled(tmp_path, "a", "b")
    got = []

    def receive(name: str, body: bytes) -> Answer:
        got.append((name, body))
        if name == "a":  # in its place something that `unlink` refuses
            file = tmp_path / "spool" / "000000000001_a"
            file.unlink()
            file.mkdir()
        return DELIVERED

    assert spool.deliver(receive, 1) == Report(delivered=2, waiting=1)
    assert got == [("a", b"a"), ("b", b"b")]


def test_a_limit_drops_the_oldest_and_says_how_many(tmp_path: Path) -> None:
    spool = _filled(tmp_path, "a", "b", limit=2)

    assert spool.put("c", b"c") == 1
    assert _waiting(tmp_path) == ["b", "c"]
    assert Spool(tmp_path / "spool", 1).put("d", b"d") == 2
    assert _waiting(tmp_path) == ["d"]


def test_without_a_limit_nothing_is_dropped(tmp_path: Path) -> None:
    spool = _filled(tmp_path, *(f"{number}" for number in range(40)))

    assert spool.put("last", b"") == 0
    assert len(_waiting(tmp_path)) == 41


def test_nothing_was_ever_kept(tmp_path: Path) -> None:
    assert Spool(tmp_path / "spool").deliver(_Receiver(), 1) == Report()


def test_only_its_owner_reads_what_waits(tmp_path: Path) -> None:
    _filled(tmp_path, "a").deliver(_Receiver(a=BAD), 1)
    _filled(tmp_path, "b")

    places = [
        place
        for place in (tmp_path / "spool").rglob("*")
        if place.is_dir() or place.name.endswith("b")
    ]
    assert places
    assert [place for place in places if stat.S_IMODE(place.stat().st_mode) & 0o077] == []


def test_what_cannot_be_read_stays_and_holds_up_nobody(tmp_path: Path) -> None:
    spool = _filled(tmp_path, "a", "b")
    (tmp_path / "spool" / "000000000000_odd").mkdir()
    receiver = _Receiver()

    report = spool.deliver(receiver, 1)

    assert [name for name, _ in receiver.got] == ["a", "b"]
    assert (report.delivered, report.waiting, report.last.state) == (2, 1, "away")
    assert "000000000000_odd" in report.last.reason


def test_a_second_sender_waits_for_the_first_and_then_leaves_it(tmp_path: Path) -> None:
    spool = _filled(tmp_path, "a")
    at_work, go_on = threading.Event(), threading.Event()

    def slow(name: str, body: bytes) -> Answer:
        del name, body
        at_work.set()
        go_on.wait(30)
        return DELIVERED

    first = threading.Thread(target=spool.deliver, args=(slow, 1))
    first.start()
    at_work.wait(30)
    nobody = _Receiver()
    second = Spool(tmp_path / "spool").deliver(nobody, 0)
    go_on.set()
    first.join()

    assert second == Report(waiting=1, last=Answer("away", "busy"))
    assert nobody.got == []
    assert _waiting(tmp_path) == []


def test_a_pipe_where_a_lock_should_be_is_not_waited_for(tmp_path: Path) -> None:
    if sys.platform != "win32":
        os.mkfifo(tmp_path / ".put.lock")

        with pytest.raises(OSError, match=re.escape(".put.lock")):
            Spool(tmp_path).put("a", b"1")


def test_on_a_full_disk_it_says_so_and_what_waits_stays_whole(tmp_path: Path) -> None:
    spool = _filled(tmp_path, "a")

    with pytest.raises(OSError, match="too large"), disk.full(100):
        spool.put("b", b"x" * 101)
    spool.put("c", b"x" * 101)

    receiver = _Receiver()
    spool.deliver(receiver, 1)
    assert receiver.got == [("a", b"a"), ("c", b"x" * 101)]


def test_several_senders_share_one_spool(tmp_path: Path) -> None:
    (tmp_path / "destination").mkdir()
    senders = []
    for number in range(4):
        todo = tmp_path / f"todo{number}"
        todo.mkdir()
        for count in range(50):
            (todo / f"20261101T0800{count:02}-{number}.json").write_text(f"{number} {count}")
        places = (str(todo), str(tmp_path / "spool"), str(tmp_path / "destination"))
        command = [sys.executable, "tests/rig/courier.py", *places]
        senders.append(subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL))

    assert [each.wait(120) for each in senders] == [0, 0, 0, 0]
    arrived = [each for each in (tmp_path / "destination").rglob("*") if each.is_file()]
    assert sorted(each.read_text() for each in arrived) == sorted(
        f"{number} {count}" for number in range(4) for count in range(50)
    )


def test_no_kill_loses_or_doubles_a_snapshot(tmp_path: Path) -> None:
    """A tenth of what `python -m tests.rig.kills` does."""
    found = torment(tmp_path, kills=100, snapshots=1000, seed=20261123)

    assert found.arrived == found.sent
    assert (found.twice, found.left) == ([], [])
    assert found.kills == 100
    assert found.flaps > 10


def test_a_desk_that_only_sends_to_a_folder_loads_nothing_heavy() -> None:
    code = (
        "import sys, cardtool.fleet.sending.spool, cardtool.fleet.sending.delivery; "
        "heavy = ('httpcore', 'ssl', 'msgspec', 'rich', 'sqlalchemy', 'cryptography'); "
        "print([each for each in heavy"
        " if each in sys.modules])"
    )

    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, check=True)

    assert done.stdout.strip() == b"[]"
