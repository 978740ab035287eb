# SPDX-License-Identifier: Apache-2.0
"""When a notice is due, what is remembered, and what has a system remind."""

import os
import sys
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from msgspec.structs import replace

from cardtool import locks
from cardtool.model.certificate import Attribute, Certificate
from cardtool.remind import due, memory, schedules
from cardtool.remind.memory import Kept, Memory
from cardtool.rules import diagnose
from cardtool.rules.renewal import Policy
from tests.desks import LAW_5070, SEAL, desk, holding, nes

END = datetime(2027, 5, 31, 20, 59, 59, tzinfo=UTC)
NES = Kept(sha256="aa", issuer="Kamu SM", ends_at=END)
POLICY = Policy()


def _before(days: float) -> datetime:
    return END - timedelta(days=days)


def _days_of_notices(first: Memory, *answers: str) -> list[int]:
    """Run every day from 100 days before the end, twice; return on which days a notice came."""
    known, given, days = first, list(answers), []
    for left in range(100, -5, -1):
        for hour in (0.5, 0.25):
            at = _before(left - 1 + hour)
            if kept := due.due(known, at, POLICY):
                days.append(left)
                known = due.shown(known, kept.sha256, at)
                if given:
                    known = due.answered(known, given.pop(0))
    return days


def test_a_notice_is_due_when_renewal_opens_and_on_five_days_more() -> None:
    assert _days_of_notices(Memory(certificates=(NES,))) == [90, 60, 30, 15, 7, 1]


def test_later_is_tomorrow_once() -> None:
    assert _days_of_notices(Memory(certificates=(NES,)), "later", "later") == [
        *(90, 89, 88),
        *(60, 30, 15, 7, 1),
    ]


def test_who_has_applied_is_told_again_when_it_is_nearly_too_late() -> None:
    assert _days_of_notices(Memory(certificates=(NES,)), "applied") == [90, 7, 1]


def test_who_has_applied_and_then_wants_it_tomorrow_is_told_tomorrow() -> None:
    assert _days_of_notices(Memory(certificates=(NES,)), "applied", "later") == [90, 7, 6, 1]


def test_a_seal_is_told_of_from_when_its_renewal_opens() -> None:
    seal = replace(NES, is_seal=True)
    assert _days_of_notices(Memory(certificates=(seal,))) == [90, 60, 30, 15, 7, 1]


def test_the_thresholds_of_the_site_count() -> None:
    known = Memory(certificates=(NES,))
    policy = Policy(issuers=(("kamu", Policy(notice_days=45)),))
    assert due.due(known, _before(46), policy) is None
    assert due.due(known, _before(44), policy) == NES


def test_the_first_to_end_of_two_is_told_of_and_the_other_the_day_after() -> None:
    other = replace(NES, sha256="bb", ends_at=END + timedelta(days=1))
    days = _days_of_notices(Memory(certificates=(other, NES)))
    assert days == [90, 89, 60, 59, 30, 29, 15, 14, 7, 6, 1, 0]


def test_a_card_that_is_not_the_last_one_read_is_not_told_of() -> None:
    known = Memory(certificates=(replace(NES, is_last=False),))
    assert _days_of_notices(known) == []


def test_who_wants_no_notices_gets_none() -> None:
    assert _days_of_notices(Memory(is_off=True, certificates=(NES,))) == []


def test_a_clock_that_was_ahead_silences_nothing() -> None:
    wrong = END + timedelta(days=900)
    known = due.shown(Memory(certificates=(NES,)), "aa", wrong)
    assert due.due(known, _before(20), POLICY) is not None


@pytest.mark.parametrize(
    "moment", [datetime.max.replace(tzinfo=UTC), datetime.min.replace(tzinfo=UTC)]
)
def test_a_moment_at_the_edge_of_the_calendar_silences_nothing(moment: datetime) -> None:
    known = replace(Memory(certificates=(NES,)), shown_at=moment)
    for hours in (3, -5):
        at = _before(20).astimezone(timezone(timedelta(hours=hours)))
        assert due.due(known, at, POLICY) == NES


def test_a_day_begins_where_the_user_is() -> None:
    late = datetime(2027, 5, 1, 23, 30, tzinfo=UTC)
    known = due.answered(due.shown(Memory(certificates=(NES,)), "aa", late), "later")
    after_midnight = late + timedelta(hours=1)
    east = timezone(timedelta(hours=3))

    assert due.due(known, after_midnight, POLICY) is not None
    assert due.due(known, after_midnight.astimezone(east), POLICY) is None


def _checked(known: Memory, *contents: Certificate) -> Memory:
    return due.noted(known, diagnose(holding(*contents), _before(50)))


def test_what_a_check_reads_replaces_what_was_read_before() -> None:
    at, read, other = _before(50), nes(ends_at=END), nes(ends_at=END, serial="0B")
    first = _checked(Memory(), read)
    (kept,) = first.certificates
    assert (kept.ends_at, kept.is_last, kept.is_seal) == (END, True, False)

    second = _checked(due.shown(first, kept.sha256, at), other)
    assert [(one.is_last, one.shown_at) for one in second.certificates] == [
        (True, None),
        (False, at),
    ]
    assert due.noted(second, diagnose(desk((), ()), at)) == second
    assert _checked(second, read).certificates == (replace(kept, shown_at=at),)


def test_a_certificate_whose_successor_is_there_is_not_told_of() -> None:
    new = nes(begins_at=_before(60), ends_at=END + timedelta(days=1000))
    known = _checked(Memory(), nes(ends_at=END), new)

    assert [kept.ends_at for kept in known.certificates] == [new.not_after_at]


def test_who_made_a_certificate_for_themselves_is_not_remembered() -> None:
    read = nes(ends_at=END)
    (kept,) = _checked(Memory(), replace(read, issuer=read.subject)).certificates

    assert kept.issuer == ""


def test_the_name_of_an_authority_never_makes_the_file_too_long_to_be_read() -> None:
    name = replace(nes().issuer, attributes=(Attribute(type="CN", value="Ş" * 70_000),))
    (kept,) = _checked(Memory(), replace(nes(ends_at=END), issuer=name)).certificates

    assert kept.issuer == "Ş" * 256


def test_a_seal_is_remembered_as_one() -> None:
    (kept,) = _checked(Memory(), nes(ends_at=END, statements=(LAW_5070, SEAL))).certificates

    assert kept.is_seal


@pytest.fixture
def waits_for_lock(monkeypatch: pytest.MonkeyPatch) -> Callable[[threading.Thread], bool]:
    """Return a function that starts a thread and tells whether it has to wait for a lock.

    A thread that waits sleeps before it tries again; one that has not to wait ends.
    """
    waits, sleep = threading.Event(), time.sleep

    def start(other: threading.Thread) -> bool:
        def note(seconds: float) -> None:
            if threading.current_thread() is other:
                waits.set()
            sleep(seconds)

        monkeypatch.setattr(time, "sleep", note)
        other.start()
        while other.is_alive() and not waits.wait(0.01):
            pass
        return waits.is_set()

    return start


def test_two_that_change_it_at_one_moment_lose_nothing(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    waits_for_lock: Callable[[threading.Thread], bool],
) -> None:
    monkeypatch.setenv("CARDTOOL_STATE", f"{tmp_path}/last-good.json")

    def add(name: str) -> Callable[[Memory], Memory]:
        kept = replace(NES, sha256=name)
        return lambda known: replace(known, certificates=(*known.certificates, kept))

    other = threading.Thread(target=memory.change, args=(add("bb"),))

    def slowly(known: Memory) -> Memory:
        assert waits_for_lock(other)  # or its change is lost
        return add("aa")(known)

    memory.change(slowly)
    other.join()

    assert [one.sha256 for one in memory.recall().certificates] == ["aa", "bb"]


def test_who_stops_reminders_while_one_is_written_leaves_no_file(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    waits_for_lock: Callable[[threading.Thread], bool],
) -> None:
    monkeypatch.setenv("CARDTOOL_STATE", f"{tmp_path}/state/last-good.json")
    memory.forget(is_off=False)
    assert not (tmp_path / "state").exists()
    other = threading.Thread(target=memory.forget, kwargs={"is_off": False})

    def slowly(known: Memory) -> Memory:
        assert waits_for_lock(other)  # or what is written now stays
        return replace(known, certificates=(NES,))

    memory.change(slowly)
    other.join()

    assert list((tmp_path / "state").iterdir()) == []


@pytest.mark.skipif(sys.platform == "win32", reason="Windows removes no open file")
def test_a_lock_whose_file_was_removed_is_held_by_one_program_at_a_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place, really_open = tmp_path / "lock", os.open
    has_opened, is_removed, has_it, may_end = (threading.Event() for _ in range(4))

    def wait_for_it() -> None:
        with locks.held(place, 60):
            has_it.set()
            may_end.wait(60)

    other = threading.Thread(target=wait_for_it)

    def open_early(path: str, flags: int, mode: int) -> int:
        handle = really_open(path, flags, mode)
        if threading.current_thread() is other and not has_opened.is_set():
            has_opened.set()
            is_removed.wait(60)
        return handle

    with locks.held(place, 0):
        monkeypatch.setattr(os, "open", open_early)
        other.start()
        assert has_opened.wait(60)
        place.unlink()
    is_removed.set()
    assert has_it.wait(60)
    with locks.held(place, 0) as mine:
        may_end.set()
    other.join()

    assert not mine


def test_a_program_that_does_not_end_keeps_nobody_from_remembering(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CARDTOOL_STATE", f"{tmp_path}/last-good.json")
    monkeypatch.setattr(memory, "_PATIENCE_S", 0.05)

    with locks.held(tmp_path / ".reminders.json.lock", 0.0) as mine:
        memory.forget(is_off=True)

    assert mine
    assert memory.recall().is_off


def test_a_link_in_the_place_of_the_lock_is_not_followed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CARDTOOL_STATE", f"{tmp_path}/state/last-good.json")
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / ".reminders.json.lock").symlink_to(tmp_path / "other")

    memory.forget(is_off=True)

    assert memory.recall().is_off
    assert not (tmp_path / "other").exists()


def test_a_task_of_a_user_is_that_users_alone() -> None:
    program, user = r"C:\Program Files\cardtool\cardtoolw.exe", r"MASA\Ayşe & Çağ"
    read = ET.fromstring(schedules.task((program, "-m", "a b"), user))  # noqa: S314
    texts = {one.tag.partition("}")[2]: one.text for one in read.iter()}

    assert (texts["Command"], texts["Arguments"]) == (program, '-m "a b" remind --run')
    assert [one.text for one in read.iter() if one.tag.endswith("UserId")] == [user] * 2
    assert "GroupId" not in texts


@pytest.mark.parametrize("name", ["a\nExecStop=x", "\udc80"])
def test_a_program_that_no_unit_can_name_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="/"):
        schedules.service((f"/{name}",))
