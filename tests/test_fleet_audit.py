# SPDX-License-Identifier: Apache-2.0
"""Questions to the store: now, a day to come, a day gone; what each filter and count finds."""

import gc
import json
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

import pytest
from click.testing import CliRunner
from msgspec.structs import replace
from sqlalchemy import select, update

from cardtool.cli import main
from cardtool.fleet.asking.advance import advance
from cardtool.fleet.asking.audit import By, audit, count
from cardtool.fleet.asking.cards import cards
from cardtool.fleet.asking.forecast import forecast
from cardtool.fleet.asking.questions import Question, Sort
from cardtool.fleet.store.database import Store
from cardtool.fleet.store.history import newest
from cardtool.fleet.store.tables import CERTIFICATE, WORKSTATION
from cardtool.model.certificate import Certificate
from cardtool.model.diagnosis import Severity
from cardtool.model.lists import ReaderState, Summary
from cardtool.model.moments import to_us
from cardtool.model.snapshot import Snapshot
from cardtool.model.surroundings import IdentityPolicy
from cardtool.model.trust import Status, Trust
from cardtool.rules import diagnose
from cardtool.rules.renewal import Policy
from cardtool.rules.summary import summarise
from cardtool.text import Text
from cardtool.views.lists.listing import tally as render_tally
from cardtool.views.paper import Paper
from tests import desks, fleets
from tests.described import FILES, read
from tests.fleets import Keep

AT = desks.AT
DAY = timedelta(days=1)
NOW = datetime.now(UTC)


def _many() -> list[Snapshot]:
    """Make a desk of every described kind, and some whose NES ends soon."""
    found = []
    for index, file in enumerate(FILES):
        host = replace(read(file).desk().host, name=f"{index:03}-{file.stem}")
        found.append(replace(read(file).desk(), host=host))
    ends = (NOW + (days + 0.5) * DAY for days in (-400, -1, 1, 10, 20, 40, 80, 200))
    for index, end in enumerate(ends):
        nes = desks.nes(ends_at=end, begins_at=end - 900 * DAY)
        found.append(fleets.snapshot(f"soon-{index}", AT, nes, unit=f"unit {index % 3}", user="u"))
    return found


def _said(line: Summary) -> tuple[object, ...]:
    return (line.severity, line.verdict, line.codes, line.reader, line.sha256, line.days_left)


@pytest.mark.parametrize("moment", [None, NOW + 20 * DAY, NOW + 400 * DAY])
def test_a_line_says_what_a_diagnosis_of_its_snapshot_says(
    keep: Keep, moment: datetime | None
) -> None:
    snapshots = {each.host.name: each for each in _many()}
    store = keep(*snapshots.values())

    lines = list(audit(store, moment))

    assert len(lines) == len(snapshots)
    for line in lines:
        assert _said(line) == _said(summarise(diagnose(snapshots[line.host], line.at)))


_QUESTIONS = [
    Question(),
    Question(days=30),
    Question(days=-100),
    Question(readers=(ReaderState.MISSING, ReaderState.DRIVER)),
    Question(severities=(Severity.CRITICAL,)),
    Question(units=("unit 1",)),
    Question(codes=("nes-expired",)),
    Question(codes=("desk-ready",)),
    Question(codes=("nes-expiring", "reader-missing"), severities=(Severity.WARNING,)),
    Question(codes=("nes-",)),
    Question(hosts=("soon-3", f"{'soon-4':0>32}")),
    Question(people=(desks.AYSE[0],), days=90),
    Question(not_seen_since=AT),
    Question(not_seen_since=AT + DAY),
]


@pytest.mark.parametrize("moment", [None, NOW + 20 * DAY])
def test_a_question_finds_the_lines_that_fit_it_and_counts_them(
    keep: Keep, moment: datetime | None
) -> None:
    store = keep(*_many())
    every = list(audit(store, moment))

    for question in _QUESTIONS:
        found = list(audit(store, moment, question))
        assert [each.host for each in found] == [each.host for each in every if question.fits(each)]
        by: By
        for by in ("severity", "verdict", "code", "reader", "unit"):
            wanted: dict[str, Counter[str]] = {}
            for line in found:
                for key in line.codes if by == "code" else (str(getattr(line, by)),):
                    wanted.setdefault(key, Counter())[line.severity.value] += 1
            assert count(store, by, moment, question) == wanted
    assert {len([each for each in every if q.fits(each)]) for q in _QUESTIONS} > {0, len(every)}


@pytest.mark.parametrize("moment", [None, NOW + 20 * DAY, NOW - DAY])
def test_every_order_is_kept_and_its_reverse(keep: Keep, moment: datetime | None) -> None:
    store = keep(*_many())
    keys: dict[str, Callable[[Summary], Any]] = {
        "host": lambda line: line.host,
        "end": lambda line: line.not_after_at or datetime.max.replace(tzinfo=UTC),
        "unit": lambda line: line.unit,
        "seen": lambda line: line.taken_at,
        "severity": lambda line: -line.severity.rank,
    }
    sort: Sort
    for sort in ("host", "end", "unit", "seen", "severity"):
        found = [keys[sort](each) for each in audit(store, moment, Question(sort=sort))]
        assert found == sorted(found)
        turned = list(audit(store, moment, Question(sort=sort, reverse=True)))
        if sort == "end":  # without an end a workstation is last in both orders
            turned = [each for each in turned if each.not_after_at]
        back = [keys[sort](each) for each in turned]
        assert back == sorted(back, reverse=True)
        first = list(audit(store, moment, Question(sort=sort, limit=3)))
        assert [keys[sort](each) for each in first] == found[:3]
    came = [each.host for each in audit(store, moment)]
    assert [each.host for each in audit(store, moment, Question(reverse=True))] == came[::-1]


@pytest.mark.parametrize("sort", ["came", "host", "end", "unit", "seen", "severity"])
def test_a_short_list_is_the_beginning_of_the_whole(keep: Keep, sort: Sort) -> None:
    store = keep(*_many())

    for question in _QUESTIONS:
        for reverse in (False, True):
            asked = replace(question, sort=sort, reverse=reverse)
            whole = [each.host for each in audit(store, None, asked)]
            short = audit(store, None, replace(asked, limit=7))
            assert [each.host for each in short] == whole[:7]


def test_a_day_gone_is_answered_from_the_snapshot_of_then(keep: Keep) -> None:
    first, second = desks.nes(serial="01"), desks.nes(serial="02", ends_at=AT + 900 * DAY)
    store = keep(
        fleets.snapshot("masa", AT, first, unit="eski"),
        fleets.without_reader("masa", AT + 10 * DAY),
        fleets.snapshot("masa", AT + 20 * DAY, second, unit="yeni"),
    )

    def then(days: float) -> list[tuple[str, ReaderState, object, object]]:
        lines = audit(store, AT + days * DAY)
        return [(each.unit, each.reader, each.not_after_at, each.card_seen_at) for each in lines]

    old, new = first.not_after_at, second.not_after_at
    assert then(-0.5) == []
    assert then(0) == [("eski", ReaderState.PRESENT, old, AT)]
    assert then(10) == [("", ReaderState.MISSING, old, AT)]
    assert then(19.9) == [("", ReaderState.MISSING, old, AT)]
    assert then(20) == [("yeni", ReaderState.PRESENT, new, AT + 20 * DAY)]
    assert then(500) == then(20)


def test_a_card_in_a_drawer_keeps_its_end_and_the_day_it_was_seen(keep: Keep) -> None:
    store = keep(
        fleets.snapshot("masa", AT, desks.nes()),
        fleets.snapshot("masa", AT + DAY, readers=(desks.reader(None),)),
    )

    (line,) = audit(store)

    assert line.taken_at == AT + DAY
    assert (line.not_after_at, line.card_seen_at) == (desks.nes().not_after_at, AT)


def test_another_day_is_asked_on_a_single_connection(keep: Keep) -> None:
    """Each connection to SQLite fills a cache of 32 MB, and keeps it."""
    store = keep(fleets.snapshot("masa-1", AT, desks.nes()))
    store.engine.dispose()

    assert [line.host for line in audit(store, AT)] == ["masa-1"]
    assert store.engine.pool.status().count("Connections in pool: 1 ") == 1


@pytest.mark.parametrize("days", [1, 3])
def test_fetching_snapshots_leaves_nothing_to_the_collector(keep: Keep, days: int) -> None:
    """Each page of a long list would keep the numbers of its rows until all of it is shown."""
    store = keep(fleets.snapshot("masa-1", AT), fleets.snapshot("masa-1", AT + 2 * DAY))
    with store.reading() as connection:
        rows = connection.execute(select(WORKSTATION)).all()
        first = newest(connection, rows, to_us(AT + days * DAY))
        gc.collect()

        assert newest(connection, rows, to_us(AT + days * DAY)) == first != {}
        assert gc.collect() == 0


def test_a_snapshot_from_the_future_and_ties_are_listed_once(keep: Keep) -> None:
    ahead = NOW + 300 * DAY
    store = keep(
        fleets.snapshot("skewed", ahead, desks.nes()),
        *(fleets.snapshot(f"same-{number}", AT, desks.nes()) for number in (2, 1, 3)),
    )

    lines = list(audit(store, None, Question(sort="seen")))

    assert {each.host for each in lines[:3]} == {"same-1", "same-2", "same-3"}
    assert [each.host for each in lines[3:]] == ["skewed"]
    assert [_said(each) for each in audit(store, None, Question(sort="seen"))] == [
        _said(each) for each in lines
    ]
    assert list(audit(store, None, Question(not_seen_since=NOW, hosts=("skewed",)))) == []


def test_a_renamed_workstation_stays_one(keep: Keep) -> None:
    old = fleets.snapshot("eski-ad", AT, desks.nes())
    new = replace(old, taken_at=AT + DAY, host=replace(old.host, name="yeni-ad"))
    store = keep(old, new)

    assert [each.host for each in audit(store)] == ["yeni-ad"]
    assert [each.host for each in audit(store, AT)] == ["eski-ad"]


def test_a_row_whose_turn_has_come_is_judged_again_once(keep: Keep) -> None:
    end = NOW + DAY
    store = keep(fleets.snapshot("masa", AT, desks.nes(ends_at=end, begins_at=end - 900 * DAY)))

    def row() -> tuple[object, ...]:
        columns = WORKSTATION.c
        with store.reading() as connection:
            query = select(columns.verdict, columns.severity, columns.turns_us)
            return tuple(connection.execute(query).one())

    assert row()[0] == "nes-expiring"  # as it was judged when it came
    advance(store, NOW, Policy())
    moved = row()
    assert moved[0] == "nes-expiring-critical"
    advance(store, NOW, Policy())
    assert row() == moved
    advance(store, end + DAY, Policy())
    assert row()[0] == "nes-expired"
    assert row()[2] is None or int(str(row()[2])) > to_us(end + DAY)


def test_who_may_only_read_is_answered_all_the_same(keep: Keep) -> None:
    snapshots = {each.host.name: each for each in _many()}
    store = keep(*snapshots.values())
    with store.writing() as connection:  # as it was when it came
        connection.execute(update(WORKSTATION).values(turns_us=0, verdict="old", codes="old"))

    reader = Store(_read_only(store))
    lines = list(audit(reader))
    counted = count(reader, "verdict")
    expired = [each.verdict for each in audit(reader, None, Question(codes=("nes-expired",)))]
    reader.close()

    assert len(lines) == len(snapshots)
    for line in lines:  # for the moment that it was judged for: days are fewer at the next
        assert _said(line) == _said(summarise(diagnose(snapshots[line.host], line.at)))
    assert "nes-expired" in expired  # judged on the way: the columns say `old`
    assert "old" not in counted
    assert sum(each.total() for each in counted.values()) == len(lines)


def _read_only(store: Store) -> str:
    """Return the address for somebody who may not write."""
    url = store.engine.url
    if store.is_sqlite:
        return f"sqlite:///file:{url.database}?mode=ro&uri=true"
    with store.writing() as connection:
        name = f"looker_{url.database}"
        connection.exec_driver_sql(f"CREATE ROLE {name} LOGIN")
        connection.exec_driver_sql(f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {name}")
    return url.set(username=name).render_as_string(hide_password=False)


def test_cards_are_listed_wherever_they_are_and_outlived_ones_are_not(keep: Keep) -> None:
    first = desks.nes(serial="01", ends_at=AT + 100 * DAY)
    renewed = desks.nes(serial="02", ends_at=AT + 1000 * DAY)
    other = desks.nes(serial="03", person=desks.MEHMET, ends_at=AT + 200 * DAY)
    store = keep(
        fleets.snapshot("bir", AT, first, other),
        fleets.snapshot("iki", AT + DAY, renewed),
        fleets.snapshot("bir", AT + 2 * DAY, readers=(desks.reader(None),)),
        fleets.snapshot("iki", AT + 3 * DAY, readers=(desks.reader(None),)),
    )

    def listed(days: int) -> list[tuple[str, str, str]]:
        lines = cards(store, AT + days * DAY, Question(), Policy())
        return [(each.person, each.host, each.verdict) for each in lines]

    ayse, mehmet = desks.AYSE[0], desks.MEHMET[0]
    assert listed(300) == [(mehmet, "bir", "nes-expired"), (ayse, "iki", "nes-valid")]
    assert listed(0) == [(ayse, "bir", "nes-valid"), (mehmet, "bir", "nes-valid")]


@pytest.mark.parametrize("later", ["bir", "iki"])
def test_one_card_on_two_desks_is_where_it_was_seen_last(keep: Keep, later: str) -> None:
    days = {"bir": 0, "iki": 0, later: 1}
    snapshots = [
        fleets.snapshot(host, AT + days[host] * DAY, desks.nes(), unit=host)
        for host in ("bir", "iki")
    ]
    store = keep(*snapshots)

    assert [each.host for each in cards(store, AT + 2 * DAY, Question(), Policy())] == [later]
    ahead = forecast(store, AT + 2 * DAY, by_unit=True)
    assert {each.unit for each in ahead.lines} == {later}


def test_a_card_of_a_day_gone_has_nothing_of_later_snapshots(keep: Keep) -> None:
    store = keep(
        fleets.snapshot("masa", AT, desks.nes(), user="eski"),
        fleets.snapshot("masa", AT + DAY, readers=(desks.reader(None),), user="eski"),
        fleets.snapshot("masa", AT + 9 * DAY, desks.nes(), user="yeni"),
    )

    (then,) = cards(store, AT + 2 * DAY, Question(), Policy())
    (now,) = cards(store, AT + 10 * DAY, Question(), Policy())

    assert (then.taken_at, then.card_seen_at, then.user) == (AT + DAY, None, "")
    assert (then.reader, then.readers) == (ReaderState.UNKNOWN, ())
    assert (now.taken_at, now.card_seen_at, now.user) == (AT + 9 * DAY, AT + 9 * DAY, "yeni")
    assert now.reader is ReaderState.PRESENT


def _refused(certificate: Certificate, how: Literal["revoked", "suspended", "broken"]) -> Snapshot:
    if how == "broken":
        return fleets.snapshot("masa", AT, replace(certificate, unreadable=("validity",)))
    made = fleets.snapshot("masa", AT, certificate)
    said = Status(source="ocsp", status=how, url="http://example.invalid", said_at=AT)
    trust = Trust(sha256=desks.stored(certificate).sha256, asked_at=AT, status=said)
    return replace(made, trust=(trust,))


@pytest.mark.parametrize("how", ["revoked", "suspended", "broken"])
def test_a_certificate_that_nobody_accepts_is_not_to_be_renewed(
    keep: Keep, how: Literal["revoked", "suspended", "broken"]
) -> None:
    store = keep(_refused(desks.nes(), how), fleets.snapshot("other", AT, desks.nes(serial="02")))
    assert sum(each.count for each in forecast(store, AT).lines) == 1

    with store.reading() as connection:
        kept = connection.execute(select(CERTIFICATE.c.sha256)).scalars().all()
    assert kept == ["02" * 8]
    assert [each.host for each in cards(store, AT, Question(), Policy())] == ["other"]


def test_the_calendars_ends_may_be_asked_for(keep: Keep) -> None:
    store = keep(fleets.snapshot("masa", AT, desks.nes()))

    for moment, days in (("9999-12-31T23:59:59Z", 36500), ("2026-10-02", -36500)):
        for more in ([], ["--by", "card"], ["--count", "unit"]):
            status, said = _asked(store, "--at", moment, "--days", str(days), *more)
            assert status in {0, 1, 2}, said


def test_a_day_gone_is_in_the_order_of_the_names_of_then(keep: Keep) -> None:
    store = keep(
        *(fleets.snapshot(host, AT, desks.nes()) for host in ("a", "b")),
        replace(
            fleets.snapshot("a", AT + 2 * DAY, desks.nes()), host=replace(desks.HOST, name="z")
        ),
    )

    then = audit(store, AT + DAY, Question(sort="host"))

    assert [each.host for each in then] == ["a", "b"]


def test_a_desk_without_an_id_has_none_on_a_day_gone_either(keep: Keep) -> None:
    snapshots = [
        replace(fleets.snapshot("a", at, desks.nes()), origin=None) for at in (AT, AT + 2 * DAY)
    ]
    store = keep(*snapshots)

    assert [each.host_id for each in audit(store, AT + DAY)] == [""]
    assert [each.host_id for each in audit(store, AT + 3 * DAY)] == [""]


def test_a_code_that_is_none_is_refused_with_those_near_it(keep: Keep) -> None:
    status, said = _asked(keep(), "--code", "nes-expird")

    assert status == 3
    assert "nes-expired" in said


@pytest.mark.parametrize("language", ["tr", "en"])
def test_counts_fit_a_narrow_terminal_whole(language: str) -> None:
    tally = {"okuyucu-yok-" * 4: Counter(ok=3, critical=1234), "": Counter(warning=1)}

    page = "".join(render_tally(tally, Text(language), Paper(width=40), by="unit"))

    assert max(map(len, page.splitlines())) <= 40
    word = Text(language).label("list-state-critical")
    assert f"{word}: 1234" in " ".join(page.split())
    assert "…" not in page


def test_people_whose_masked_numbers_are_alike_stay_two(keep: Keep) -> None:
    masked = IdentityPolicy.MASKED
    store = keep(
        fleets.snapshot("bir", AT, desks.nes(serial="01"), identity=masked),
        fleets.snapshot("iki", AT, desks.nes(serial="02", ends_at=AT + 99 * DAY), identity=masked),
    )
    with store.writing() as connection:
        one = CERTIFICATE.c.not_after_us == to_us(AT + 99 * DAY)
        connection.execute(update(CERTIFICATE).where(one).values(holder="F**** K****"))
        connection.execute(update(CERTIFICATE).values(person="100*****146"))

    hosts = {each.host for each in cards(store, AT, Question(), Policy())}
    assert hosts == {"bir", "iki"}


def _asked(store: Store, *words: str) -> tuple[int, str]:
    address = store.engine.url.render_as_string(hide_password=False)
    done = CliRunner().invoke(
        main, ["fleet", "audit", "--database", address, "--lang", "en", *words]
    )
    return done.exit_code, done.output


def test_the_command_lists_counts_and_exits_with_the_worst(keep: Keep) -> None:
    store = keep(
        fleets.snapshot("sound", AT, desks.nes()),
        fleets.without_reader("bare", AT),
        *_many()[-8:-7],
    )

    whole, listed = _asked(store, "--format", "json")
    assert whole == 2
    assert {each["host"] for each in json.loads(listed)} == {"sound", "bare", "soon-0"}
    assert _asked(store, "--host", "sound", "--format", "json")[0] == 0
    assert json.loads(_asked(store, "--host", "nobody", "--format", "json")[1]) == []
    counted = json.loads(_asked(store, "--count", "reader", "--format", "json")[1])
    assert {(each["reader"], each["workstations"]) for each in counted} == {
        ("present", 2),
        ("missing", 1),
    }
    assert _asked(store, "--count", "unit", "--format", "csv")[1].startswith(
        "\ufeffunit,workstations"
    )
    assert "nes-expired" in _asked(store, "--count", "code")[1]
    for name in ("terminal", "csv", "ndjson", "nagios", "prometheus", "ics"):
        assert _asked(store, "--format", name)[1].strip()
    for name in ("nagios", "prometheus"):
        status, said = _asked(store, "--by", "card", "--format", name)
        assert status == 3
        assert "leave --by out" in said
    for words in (("--by", "card"), ("--limit", "1"), ("--sort", "end"), ("--reverse",)):
        status, said = _asked(store, "--count", "unit", *words)
        assert status == 3
        assert f"leave {words[0]} out" in said
    status, said = _asked(store, "--person", desks.AYSE[0])
    assert status == 3
    assert desks.AYSE[0] not in said


def test_an_answer_goes_to_the_file_that_is_named(keep: Keep, tmp_path: Path) -> None:
    store = keep(fleets.snapshot("sound", AT, desks.nes()), fleets.without_reader("bare", AT))

    for name in ("terminal", "csv", "json", "ndjson", "xlsx"):
        file = tmp_path / name
        assert _asked(store, "--format", name, "-o", str(file)) == (2, f"Written: {file}\n")
        assert file.read_bytes().startswith(b"PK") if name == "xlsx" else "bare" in file.read_text()


def test_a_number_is_asked_for_and_hashed_with_the_sites_key(keep: Keep, tmp_path: Path) -> None:
    hashed = fleets.snapshot("masa", AT, desks.nes(), identity=IdentityPolicy.HASHED)
    store = keep(hashed, fleets.snapshot("other", AT, desks.nes(person=desks.MEHMET)))
    config = tmp_path / "config.toml"
    config.write_text(f'[identity]\nkey = "{fleets.KEY.hex()}"\n', encoding="utf-8")
    address = store.engine.url.render_as_string(hide_password=False)

    done = CliRunner().invoke(
        main,
        ["fleet", "audit", "--database", address, "--person", "-", "--format", "json"],
        input=f"{desks.AYSE[0]}\n",
        env={"CARDTOOL_CONFIG": str(config)},
    )

    assert [each["host"] for each in json.loads(done.stdout)] == ["masa"]
    assert desks.AYSE[0] not in done.output
