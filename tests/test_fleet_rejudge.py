# SPDX-License-Identifier: Apache-2.0
"""That no verdict of other rules or thresholds is shown as today's: two versions, one store."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner
from sqlalchemy import select, update

import cardtool
from cardtool.cli import main
from cardtool.fleet.asking.audit import audit, count
from cardtool.fleet.asking.changes import changes
from cardtool.fleet.asking.orders import orders
from cardtool.fleet.columns import DUE_US
from cardtool.fleet.importing.judging import Terms, judge
from cardtool.fleet.importing.writing import write
from cardtool.fleet.removing import removal, searching
from cardtool.fleet.removing.recognising import Person
from cardtool.fleet.store import judged_by
from cardtool.fleet.store.bodies import pack
from cardtool.fleet.store.database import Store
from cardtool.fleet.store.tables import CERTIFICATE, JUDGED_BY, SNAPSHOT, WORKSTATION
from cardtool.model.lists import ReaderState
from cardtool.model.moments import to_us
from cardtool.model.snapshot import Snapshot
from cardtool.rules.renewal import Policy
from tests import desks, fleets
from tests.fleets import pieces_of

assert sys.platform != "win32"  # which has no terminals of this kind

AT = desks.AT
DAY = timedelta(days=1)
NOW = datetime.now(UTC)

_VERSIONS = """
    0.9.9 0.10.0.dev2 0.10.0a1.dev1 0.10.0a1 0.10.0a2 0.10.0b1 0.10.0rc1 0.10.0rc10 0.10.0
    0.10.0.post1.dev1 0.10.0.post1 0.10.1 0.11 1.10rc1
"""
"""The earliest first."""

_RULE = 'finding("reader-missing" if isinstance(snapshot.usb, tuple) else "reader-not-seen")'
_OTHER_RULE = 'finding("reader-not-seen")'


@pytest.fixture(scope="module")
def other_version(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder with another version of the program: no reader is ever missing."""
    folder = tmp_path_factory.mktemp("other")
    (package,) = cardtool.__path__
    skipped = shutil.ignore_patterns("__pycache__")
    shutil.copytree(package, folder / "cardtool", ignore=skipped)
    file = folder / "cardtool" / "rules" / "readers.py"
    text = file.read_text(encoding="utf-8")
    assert text.count(_RULE) == 1
    file.write_text(text.replace(_RULE, _OTHER_RULE), encoding="utf-8")
    return folder


def _by_other(folder: Path, *words: str) -> str:
    """Return what a fleet command of the other version writes."""
    done = subprocess.run(
        [sys.executable, "-m", "cardtool", "fleet", *words, "--lang", "en"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode in {0, 1, 2}, done.stderr
    return done.stdout


@pytest.fixture
def address(stores: str, tmp_path: Path, other_version: Path) -> str:
    """Give the address of a store that the other version filled."""
    snapshots = [fleets.without_reader("bare", AT), fleets.snapshot("sound", AT, desks.nes())]
    _write(tmp_path / "first.ndjson", *snapshots)
    _by_other(other_version, "import", str(tmp_path / "first.ndjson"), "--database", stores)
    return stores


def _write(file: Path, *snapshots: Snapshot) -> None:
    file.write_bytes(b"".join(msgspec.json.encode(each) + b"\n" for each in snapshots))


def _kept(address: str) -> dict[str, str]:
    """Return the verdicts that the columns have, whoever judged them."""
    columns = WORKSTATION.c
    with closing(Store(address)) as store, store.reading() as connection:
        found = connection.execute(select(columns.host, columns.verdict)).all()
    return {row.host: row.verdict for row in found}


def test_a_changed_rule_reaches_every_stored_workstation_with_the_next_import(
    address: str, tmp_path: Path, other_version: Path
) -> None:
    _write(tmp_path / "more.ndjson", fleets.snapshot("more", AT, desks.nes()))
    before = _kept(address)

    with closing(Store(address)) as store:
        assert fleets.take(store, tmp_path / "more.ndjson").new == 1

    assert before["bare"] == "reader-not-seen"
    assert _kept(address)["bare"] == "reader-missing"
    assert _kept(address)["sound"] == before["sound"]
    _write(tmp_path / "last.ndjson", fleets.snapshot("last", AT, desks.nes()))
    _by_other(other_version, "import", str(tmp_path / "last.ndjson"), "--database", address)
    assert _kept(address)["bare"] == "reader-not-seen"


def test_a_question_is_never_answered_by_the_rules_of_another_version(
    address: str, other_version: Path
) -> None:
    with closing(Store(address)) as store:
        found = {line.host: line.verdict for line in audit(store)}
        ordered = [line.host for line in orders(store, NOW, Policy(), stale_days=9999)]

    assert found["bare"] == "reader-missing"
    assert ordered == ["bare"]
    said = _by_other(other_version, "audit", "--format", "csv", "--database", address)
    assert "reader-not-seen" in said
    assert "reader-missing" not in said


def test_who_is_forgotten_leaves_no_column_of_other_rules(address: str, tmp_path: Path) -> None:
    _write(tmp_path / "more.ndjson", fleets.without_reader("sound", AT + DAY))
    with closing(Store(address)) as store:
        fleets.take(store, tmp_path / "more.ndjson")
        with store.writing() as connection:
            connection.execute(update(JUDGED_BY).values(rules="older"))
        trace = searching.of_person(store, Person(values=(desks.AYSE[0],)))
        removal.forget(store, trace, Policy())
        with store.reading() as connection:
            due = connection.execute(
                select(WORKSTATION.c.turns_us).where(WORKSTATION.c.host == "sound")
            )
            found = due.scalars().all()

    assert found == [DUE_US]


def test_who_may_only_read_has_every_snapshot_judged_on_the_way(address: str) -> None:
    with closing(Store(_read_only(address))) as store:
        counted = count(store, "verdict")
        found = {line.host: line.verdict for line in audit(store)}
        ordered = list(orders(store, NOW, Policy(), stale_days=9999))

    assert found["bare"] == "reader-missing"
    assert set(counted) == {"reader-missing", "nes-valid"}
    assert [line.reader for line in ordered] == [ReaderState.MISSING]
    assert _kept(address)["bare"] == "reader-not-seen"


def _read_only(address: str) -> str:
    """Return the address for somebody who may not write."""
    with closing(Store(address)) as store:
        url = store.engine.url
        if store.is_sqlite:
            return f"sqlite:///file:{url.database}?mode=ro&uri=true"
        with store.writing() as connection:
            name = f"reader_{url.database}"
            connection.exec_driver_sql(f"CREATE ROLE {name} LOGIN")
            connection.exec_driver_sql(f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {name}")
    return url.set(username=name).render_as_string(hide_password=False)


def test_an_import_that_other_rules_overtook_writes_nothing_that_is_shown(
    address: str, tmp_path: Path
) -> None:
    """Its rows are due: whoever has the rules of now judges them before anybody sees them."""
    file = tmp_path / "late.ndjson"
    _write(file, fleets.without_reader("late", AT), fleets.without_reader("bare", AT + DAY))
    judged = judge(pieces_of(file), Terms(at=AT, policy=Policy()))
    with closing(Store(address)) as store:
        write(store, judged, to_us(AT), judged_by.this_program(Policy()))
        with store.reading() as connection:
            due = WORKSTATION.c.turns_us == DUE_US
            hosts = connection.execute(select(WORKSTATION.c.host).where(due)).scalars().all()

    assert sorted(hosts) == ["bare", "late"]


def test_thresholds_that_were_changed_reach_every_workstation_too(
    stores: str, tmp_path: Path
) -> None:
    end = NOW + 200 * DAY
    nes = desks.nes(ends_at=end, begins_at=end - 900 * DAY)
    fleets.keep_in(stores, tmp_path, fleets.snapshot("masa", AT, nes)).close()
    _write(tmp_path / "more.ndjson", fleets.snapshot("more", AT))

    with closing(Store(stores)) as store:
        (before,) = audit(store)
        fleets.take(store, tmp_path / "more.ndjson", policy=Policy(notice_days=300), at=NOW)
        after = {line.host: line.verdict for line in audit(store, policy=Policy())}

    assert before.verdict == "nes-valid"
    assert after["masa"] == "nes-expiring"


def test_a_card_in_a_drawer_and_its_certificate_are_judged_again_too(
    stores: str, tmp_path: Path
) -> None:
    snapshots = [
        fleets.snapshot("masa", AT, desks.nes()),
        fleets.snapshot("masa", AT + DAY, readers=()),
    ]
    with closing(fleets.keep_in(stores, tmp_path, *snapshots)) as store:
        with store.writing() as connection:
            connection.execute(update(WORKSTATION).values(holder="OLD", issuer="OLD"))
            connection.execute(update(CERTIFICATE).values(holder="OLD", sha256="OLD"))
            connection.execute(update(JUDGED_BY).values(rules="old"))

        (line,) = audit(store)

        with store.reading() as connection:
            left = connection.execute(select(CERTIFICATE.c.holder)).scalars().all()
    assert (line.holder, line.card_seen_at, line.taken_at) == (desks.AYSE[1], AT, AT + DAY)
    assert left == []  # nobody's snapshot shows a certificate of that fingerprint


@pytest.fixture
def newer(stores: str, tmp_path: Path) -> Iterator[Store]:
    """Give a store that a newer version of the program judged."""
    with closing(fleets.keep_in(stores, tmp_path, fleets.without_reader("masa", AT))) as store:
        with store.writing() as connection:
            values = {"release": "99.0.1", "rules": "newer"}
            connection.execute(update(JUDGED_BY).values(values))
        yield store


def test_a_store_that_a_newer_version_judged_is_refused(newer: Store, tmp_path: Path) -> None:
    place = ["--database", newer.engine.url.render_as_string(hide_password=False), "--lang", "en"]

    for words in (["audit"], ["import", str(tmp_path / "snapshots.ndjson")]):
        done = CliRunner().invoke(main, ["fleet", *words, *place])
        assert done.exit_code == 3
        assert "99.0.1" in done.stderr
    done = CliRunner().invoke(main, ["fleet", "rejudge", *place])
    assert (done.exit_code, done.stdout) == (0, "Computers judged again: 1\n")
    assert CliRunner().invoke(main, ["fleet", "audit", *place]).exit_code == 2


def test_a_snapshot_that_this_version_cannot_read_leaves_its_columns(
    stores: str, tmp_path: Path
) -> None:
    snapshots = [fleets.without_reader("bad", AT), fleets.without_reader("good", AT)]
    with closing(fleets.keep_in(stores, tmp_path, *snapshots)) as store:
        with store.writing() as connection:
            query = select(WORKSTATION.c.id).where(WORKSTATION.c.host == "bad").scalar_subquery()
            own = SNAPSHOT.c.workstation_id == query
            connection.execute(update(SNAPSHOT).where(own).values(body=pack(b'{"schema":1}')))
            connection.execute(update(JUDGED_BY).values(rules="old"))

        assert {line.host: line.verdict for line in audit(store)} == {
            "bad": "reader-missing",
            "good": "reader-missing",
        }
        assert len(list(audit(store, NOW + 20 * DAY))) == 2
        assert {line.host for line in audit(store, AT + DAY)} == {"bad", "good"}
        assert {order.host for order in orders(store, NOW, Policy(), stale_days=9)} == {
            "bad",
            "good",
        }
        list(changes(store, AT + DAY, NOW, Policy()))


def test_many_are_judged_in_processes_and_told_of(stores: str, tmp_path: Path) -> None:
    number = 3500
    (tmp_path / "a.ndjson").write_bytes(b"\n".join(fleets.lines(number)))
    with closing(Store(stores)) as store:
        fleets.take(store, tmp_path / "a.ndjson")
        told: list[tuple[int, int]] = []
        store.progress = lambda done, whole: told.append((done, whole))
        past = [line.verdict for line in audit(store, AT + DAY)]
        first, told[:] = list(told), []
        with store.writing() as connection:
            connection.execute(update(WORKSTATION).values(turns_us=DUE_US, verdict="old"))
        lines = list(audit(store))

    assert len(past) == number
    assert first[-1] == told[-1] == (number, number)
    assert "old" not in {line.verdict for line in lines}


def test_a_snapshot_is_judged_by_what_decides_and_by_nothing_else() -> None:
    found = judged_by.this_program(Policy())

    assert found == judged_by.this_program(Policy())
    assert found != judged_by.this_program(Policy(notice_days=91))


def test_versions_are_ordered_with_their_pre_releases() -> None:
    versions = _VERSIONS.split()

    for place, release in enumerate(versions):
        assert not judged_by.is_later(release, release)
        for earlier in versions[:place]:
            assert judged_by.is_later(release, earlier), (release, earlier)
            assert not judged_by.is_later(earlier, release), (earlier, release)
    assert not judged_by.is_later("0.10.0+local.7", "0.10.0")
