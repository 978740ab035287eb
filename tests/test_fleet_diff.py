# SPDX-License-Identifier: Apache-2.0
"""What changed between two days, and whether a snapshot showed it or time made it so."""

import csv
import io
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner

from cardtool.cli import main
from cardtool.fleet.asking.audit import audit
from cardtool.fleet.asking.changes import changes
from cardtool.fleet.asking.questions import Question
from cardtool.fleet.store.database import Store
from cardtool.model.lists import Change
from cardtool.rules.renewal import Policy
from cardtool.text import Text
from cardtool.views.lists import changes as views
from tests import desks, fleets
from tests.fleets import Keep

AT = desks.AT
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
SINCE = AT - 10 * DAY
BEFORE, AFTER = AT - 20 * DAY, AT - DAY


def told(store: Store, since: datetime = SINCE, at: datetime = AT) -> list[Change]:
    return list(changes(store, since, at, Policy()))


def said(found: list[Change]) -> list[tuple[str, str, str, str]]:
    return [(each.what, each.before, each.after, each.by) for each in found]


def test_a_desk_first_seen_since_is_new(keep: Keep) -> None:
    store = keep(fleets.snapshot("a", AFTER, desks.nes()))

    assert said(told(store)) == [("workstation-new", "", "", "look")]
    assert told(store, since=BEFORE, at=SINCE) == []


def test_a_desk_not_seen_since_is_told_with_its_last_snapshot(keep: Keep) -> None:
    store = keep(fleets.snapshot("a", BEFORE, desks.nes()))

    (found,) = told(store)

    assert (found.what, found.taken_at) == ("workstation-not-seen", BEFORE)


def test_of_a_desk_that_is_as_it_was_nothing_is_told(keep: Keep) -> None:
    snapshots = [fleets.snapshot("a", at, desks.nes()) for at in (BEFORE, AFTER)]

    store = keep(*snapshots)

    assert told(store) == []


def test_an_end_that_came_is_the_work_of_time(keep: Keep) -> None:
    card = desks.nes(ends_at=SINCE + DAY)
    snapshots = [fleets.snapshot("seen", at, card) for at in (BEFORE, AFTER)]
    snapshots.append(fleets.snapshot("unseen", BEFORE, card))

    store = keep(*snapshots)
    found = {each.host: each for each in told(store) if each.what == "verdict"}

    assert set(found) == {"seen", "unseen"}
    for each in found.values():
        assert (each.before, each.after) == ("nes-expiring-critical", "nes-expired")
        assert each.by == "time"


def test_what_time_will_bring_is_told_between_two_days_to_come(keep: Keep) -> None:
    """Of both days the columns hold, which are those of now."""
    now = datetime.now(UTC)
    store = keep(fleets.snapshot("a", now - DAY, desks.nes(ends_at=now + 100 * DAY)))

    found = told(store, since=now + DAY, at=now + 101 * DAY)

    assert said(found) == [
        ("workstation-not-seen", "", "", "look"),
        ("verdict", "nes-valid", "nes-expired", "time"),
    ]


def test_moments_are_in_utc_whatever_offset_a_snapshot_had(keep: Keep) -> None:
    moments = [each.astimezone(timezone(3 * HOUR)) for each in (BEFORE, AFTER)]
    store = keep(*(fleets.snapshot("a", each, desks.nes()) for each in moments))

    taken = [line.taken_at for line in audit(store, SINCE, Question(), Policy())]
    taken += [change.taken_at for change in told(store, since=BEFORE - DAY, at=SINCE)]

    assert [(each.tzinfo, each) for each in taken] == [(UTC, BEFORE), (UTC, BEFORE)]


def test_a_reader_that_vanished_is_what_a_snapshot_showed(keep: Keep) -> None:
    snapshots = [fleets.snapshot("a", BEFORE, desks.nes()), fleets.without_reader("a", AFTER)]

    store = keep(*snapshots)

    name = desks.reader().lasting_name
    assert said(told(store)) == [
        ("verdict", "nes-valid", "reader-missing", "look"),
        ("reader-vanished", name, "", "look"),
    ]


def test_a_reader_in_another_port_is_the_same(keep: Keep) -> None:
    moved = desks.reader(name=desks.READER.replace("00 00", "01 00"))
    modules = desks.module(desks.slot(desks.token(desks.nes()), moved.name))
    snapshot = fleets.snapshot("a", AFTER, desks.nes(), readers=(moved,))
    snapshots = [
        fleets.snapshot("a", BEFORE, desks.nes()),
        msgspec.structs.replace(snapshot, modules=(modules,)),
    ]

    store = keep(*snapshots)

    assert told(store) == []


def test_readers_that_could_not_be_seen_have_not_vanished(keep: Keep) -> None:
    unseen = msgspec.structs.replace(fleets.without_reader("a", AFTER), readers=desks.GONE)

    store = keep(fleets.snapshot("a", BEFORE, desks.nes()), unseen)

    assert [each.what for each in told(store)] == ["verdict"]


def test_a_renewed_card_is_told_from_another_persons(keep: Keep) -> None:
    old = desks.nes(serial="AA")
    new = desks.nes(serial="BB", ends_at=AT + 1000 * DAY)
    other = desks.nes(serial="CC", person=desks.MEHMET, ends_at=AT + 1000 * DAY)
    snapshots = [
        fleets.snapshot("renewed", BEFORE, old),
        fleets.snapshot("renewed", AFTER, new),
        fleets.snapshot("changed", BEFORE, old),
        fleets.snapshot("changed", AFTER, other),
    ]

    store = keep(*snapshots)
    found = {each.host: each for each in told(store)}

    assert found["renewed"].what == "card-renewed"
    assert (found["renewed"].before, found["renewed"].after) == ("AA" * 8, "BB" * 8)
    assert found["renewed"].ends_at == AT + 1000 * DAY
    assert found["changed"].what == "card-changed"


def test_a_card_that_was_in_a_drawer_has_not_changed(keep: Keep) -> None:
    snapshots = [
        fleets.snapshot("a", BEFORE - DAY, desks.nes()),
        fleets.snapshot("a", BEFORE, readers=(desks.reader(None),)),
        fleets.snapshot("a", AFTER, desks.nes()),
    ]

    store = keep(*snapshots)

    assert [each.what for each in told(store)] == ["verdict"]


def test_a_card_that_came_and_lies_in_a_drawer_by_then_is_told(keep: Keep) -> None:
    empty = (desks.reader(None),)
    snapshots = [
        fleets.snapshot("a", BEFORE, desks.nes(serial="AA")),
        fleets.snapshot("a", SINCE + DAY, desks.nes(serial="BB", ends_at=AT + 1000 * DAY)),
        fleets.snapshot("a", SINCE + 2 * DAY, readers=empty),
        fleets.snapshot("a", AFTER, readers=empty),
    ]

    store = keep(*snapshots)

    for at in (SINCE + 3 * DAY, AT):
        found = [each for each in told(store, at=at) if each.what.startswith("card-")]
        assert [(each.what, each.after) for each in found] == [("card-renewed", "BB" * 8)]


def test_a_first_card_is_told(keep: Keep) -> None:
    snapshots = [
        fleets.snapshot("a", BEFORE, readers=(desks.reader(None),)),
        fleets.snapshot("a", AFTER, desks.nes()),
    ]

    store = keep(*snapshots)
    found = [each for each in told(store) if each.what == "card-changed"]

    assert [(each.before, each.after) for each in found] == [("", "0A1B2C3D" * 8)]


def test_both_moments_may_be_past(keep: Keep) -> None:
    snapshots = [
        fleets.snapshot("a", BEFORE, desks.nes()),
        fleets.without_reader("a", SINCE + DAY),
        fleets.snapshot("a", AFTER, desks.nes()),
    ]

    store = keep(*snapshots)

    at = SINCE + 2 * DAY
    assert [each.what for each in told(store, at=at)] == ["verdict", "reader-vanished"]
    assert [each.what for each in told(store, since=at)] == ["verdict", "reader-appeared"]
    assert [each.what for each in told(store, BEFORE + DAY, SINCE)] == ["workstation-not-seen"]


HOSTILE = Change(
    what="reader-appeared",
    host="=cmd|' /C calc'!A0\x1b]0;x\x07",
    taken_at=AT,
    after="+\u202e<b>",
    unit="@x",
)


def test_programs_get_a_row_each_that_computes_nothing() -> None:
    body = "".join(views.render_csv([HOSTILE]))
    (row,) = csv.DictReader(io.StringIO(body.removeprefix("\ufeff"), newline=""))

    assert row["host"].startswith("'=")
    assert (row["unit"], row["after"]) == ("'@x", "'+<b>")


@pytest.mark.parametrize("language", ["tr", "en"])
def test_people_get_lines_without_anything_a_terminal_obeys(language: str) -> None:
    page = "".join(views.render([HOSTILE], Text(language)))

    assert not set("\x1b\x07\u202e") & set(page)
    assert len(page.splitlines()) == 2


@pytest.mark.parametrize("language", ["tr", "en"])
def test_every_change_has_its_words(language: str) -> None:
    for what in Change.__annotations__["what"].__args__:
        assert Text(language).label(f"change-{what}")


def test_the_command_answers_as_json_with_status_0(tmp_path: Path) -> None:
    address = f"sqlite:///{tmp_path / 'fleet.db'}"
    fleets.keep_in(address, tmp_path, fleets.snapshot("a", AFTER, desks.nes())).close()
    arguments = ["fleet", "diff", "--database", address, "--at", AT.isoformat(), "--format", "json"]

    done = CliRunner().invoke(main, [*arguments, "--since", SINCE.isoformat()])

    assert done.exit_code == 0, done.output
    (found,) = msgspec.json.decode(done.stdout, type=list[Change])
    assert found.what == "workstation-new"


@pytest.mark.parametrize("more", [[], ["--since", "2099-01-01"]])
def test_a_day_to_compare_with_must_be_said_and_lie_before(tmp_path: Path, more: list[str]) -> None:
    address = f"sqlite:///{tmp_path / 'fleet.db'}"

    done = CliRunner().invoke(main, ["fleet", "diff", "--database", address, *more])

    assert done.exit_code == 3
    assert "--since" in done.stderr
