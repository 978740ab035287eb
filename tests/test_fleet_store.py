# SPDX-License-Identifier: Apache-2.0
"""Opening, migrating, pruning and forgetting; both databases are real."""

import base64
import compileall
import json
import os
import re
import shutil
import sqlite3
import stat
import subprocess
import sys
import threading
import tomllib
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from click.testing import CliRunner
from sqlalchemy import func, insert, select

from cardtool.cli import installing, main
from cardtool.cli.commands.fleet import fleet
from cardtool.cli.refusal import UNKNOWN
from cardtool.fleet.asking.audit import audit
from cardtool.fleet.asking.cards import cards
from cardtool.fleet.asking.questions import Question
from cardtool.fleet.removing import removal, searching
from cardtool.fleet.removing.recognising import Person
from cardtool.fleet.removing.removal import forgotten_among, old_snapshots, remove_snapshots
from cardtool.fleet.store.database import Store, schema_of
from cardtool.fleet.store.history import newest, texts
from cardtool.fleet.store.migrations import upgrade
from cardtool.fleet.store.tables import (
    CERTIFICATE,
    FORGOTTEN,
    METADATA,
    PERSON,
    SCHEMA,
    SNAPSHOT,
    WORKSTATION,
)
from cardtool.model.certificate import Certificate
from cardtool.model.moments import from_us, to_us
from cardtool.model.refused import Refused
from cardtool.model.snapshot import decode
from cardtool.model.surroundings import IdentityPolicy
from cardtool.rules.renewal import Policy
from tests import desks, fleets
from tests.fleets import Keep
from tests.rig import postgres
from tests.rig.certificates import tckn

AT = desks.AT
DAY = timedelta(days=1)
ROOT = Path(__file__).parent.parent
_OTHER = (tckn(77), "ALİ ÖRNEK")
_RELEASED = sorted((Path(__file__).parent / "recorded" / "fleet").glob("*.json"))


def _address(store: Store) -> str:
    return store.engine.url.render_as_string(hide_password=False)


def _refused(address: str, *words: str) -> str:
    """Return what a command says of a store that it cannot use."""
    asked = ["fleet", *(words or ("audit",)), "--database", address, "--lang", "en"]
    done = CliRunner().invoke(main, asked)
    assert done.exit_code == 3, done.output
    return done.stderr


def test_migrations_make_the_tables_that_the_code_has(stores: str) -> None:
    store = Store(stores)
    with store.reading() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        differences = compare_metadata(context, METADATA)
        found = schema_of(connection)
    store.close()

    assert differences == []
    folder = Path(sys.modules[upgrade.__module__].__file__ or "").parent
    assert found == SCHEMA == ScriptDirectory(str(folder)).get_current_head()


def test_a_build_of_byte_code_alone_makes_a_store_and_asks_it(tmp_path: Path) -> None:
    build = tmp_path / "cardtool"
    source = Path(sys.modules[Store.__module__].__file__ or "").parents[2]
    shutil.copytree(source, build, ignore=shutil.ignore_patterns("__pycache__"))
    assert compileall.compile_dir(build, quiet=1, legacy=True)
    for file in build.rglob("*.py"):
        file.unlink()
    (tmp_path / "a.json").write_bytes(fleets.line(fleets.snapshot("masa-17", AT)))
    command = [sys.executable, "-m", "cardtool", "fleet"]

    for words in (["import", "a.json"], ["audit", "--format", "csv"]):
        asked = [*command, *words, "--database", str(tmp_path / "fleet.db")]
        done = subprocess.run(asked, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.stderr == ""

    assert "masa-17" in done.stdout


def prune(store: Store, before: datetime, keep_last: int = 1) -> int:
    """Remove old snapshots, as the command does."""
    return remove_snapshots(store, old_snapshots(store, before, keep_last))


@pytest.mark.parametrize("file", _RELEASED, ids=lambda file: file.stem)
def test_a_store_of_every_released_version_is_brought_up_to_date(stores: str, file: Path) -> None:
    """Its tables are made by the steps up to that version, its rows are as that version wrote."""
    Store(stores).close()  # makes the file of SQLite
    store = Store(stores)
    with store.writing() as connection:
        METADATA.drop_all(connection)
        connection.exec_driver_sql("DROP TABLE alembic_version")
        upgrade(connection, file.stem)
        for table, rows in json.loads(file.read_text(encoding="utf-8")).items():
            for row in rows:
                names = ", ".join(f'"{name}"' for name in row)
                values = ", ".join(
                    _spelt(value, is_sqlite=store.is_sqlite) for value in row.values()
                )
                connection.exec_driver_sql(f"INSERT INTO {table} ({names}) VALUES ({values})")  # noqa: S608
    store.close()

    opened = Store(stores)
    lines = list(audit(opened))
    then = list(audit(opened, AT))
    with opened.reading() as connection:
        found = schema_of(connection)
    opened.close()

    assert found == SCHEMA
    assert [(each.host, each.person) for each in lines] == [("masa-17", desks.AYSE[0])]
    assert [each.host for each in then] == ["masa-17"]


def _spelt(value: Any, *, is_sqlite: bool) -> str:  # noqa: ANN401 - of a JSON file
    if value is None or isinstance(value, int):
        return "NULL" if value is None else str(value)
    if isinstance(value, dict):
        data = base64.b64decode(value["base64"]).hex()
        return f"x'{data}'" if is_sqlite else f"'\\x{data}'"
    doubled = str(value).replace("'", "''").replace("%", "%%")
    return f"'{doubled}'"


def test_a_store_of_a_newer_cardtool_is_refused_and_left_alone(stores: str) -> None:
    store = Store(stores)
    with store.writing() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    store.close()

    assert "9999" in _refused(stores)
    with pytest.raises(Refused, match="store-newer"):
        Store(stores)


_QUESTIONS = (
    ("audit",),
    ("orders",),
    ("forecast",),
    ("diff", "--since", "2026-01-01"),
    ("merge", "--unseen"),
    ("forget", "masa", "--yes"),
    ("prune", "--keep-days", "9"),
)


@pytest.mark.parametrize("language", ["tr", "en"])
@pytest.mark.parametrize("words", _QUESTIONS, ids=lambda words: words[0])
def test_a_question_to_a_store_that_is_not_there_makes_none(
    tmp_path: Path, words: tuple[str, ...], language: str
) -> None:
    file = tmp_path / "folder" / "mistyped.db"

    done = CliRunner().invoke(main, ["fleet", *words, "--database", str(file), "--lang", language])

    assert done.exit_code == 3
    assert "cardtool fleet import" in done.stderr
    assert not file.parent.exists()


def test_a_database_without_tables_is_no_store_and_is_left_so(stores: str) -> None:
    if stores.startswith("sqlite"):
        Path(stores.removeprefix("sqlite:///")).touch()

    for _ in range(2):
        with pytest.raises(Refused, match="store-missing"):
            Store(stores, may_make=False)


def test_many_may_open_a_new_store_at_once(stores: str) -> None:
    met: list[BaseException] = []

    def opening() -> None:
        try:
            Store(stores).close()
        except BaseException as error:  # noqa: BLE001 - told below
            met.append(error)

    threads = [threading.Thread(target=opening) for _ in range(6)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()

    assert met == []
    store = Store(stores)
    assert list(audit(store)) == []
    store.close()


def test_a_file_is_read_by_its_owner_alone_and_keeps_a_log_beside_it(tmp_path: Path) -> None:
    file = tmp_path / "folder" / "fleet.db"
    store = Store(str(file))
    with store.reading() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
    modes = {each.name: stat.S_IMODE(each.stat().st_mode) for each in file.parent.iterdir()}
    store.close()

    assert set(modes.values()) == {0o600}
    assert "fleet.db-wal" in modes


def test_what_cannot_be_used_is_refused_with_its_place(tmp_path: Path) -> None:
    text = tmp_path / "text.db"
    text.write_text("no database at all, but long enough to be one", encoding="utf-8")
    torn = tmp_path / "torn.db"
    torn.write_bytes(b"SQLite format 3\0" + b"\xff" * 4096)

    assert "text.db" in _refused(str(text))
    assert "torn.db" in _refused(str(torn))
    assert str(tmp_path) in _refused(str(tmp_path))
    assert str(text) in _refused(str(text / "fleet.db"))
    assert "postgresql://" in _refused("mysql://somebody@somewhere/fleet")
    assert "postgresql://" in _refused("nonsense://")
    assert "127.0.0.1:1/: " in _refused("postgresql://127.0.0.1:1")


def test_a_server_that_refuses_is_told_without_the_password(cluster: postgres.Cluster) -> None:
    address = cluster.database()
    name = address.rpartition("/db")[2].partition("?")[0]
    right = cluster.address(f"db{name}", f"{postgres.GUARDED}:{postgres.PASSWORD}")
    wrong = cluster.address(f"db{name}", f"{postgres.GUARDED}:not-{postgres.PASSWORD}")

    assert "not let this user in" in _refused(wrong)
    assert "not let this user in" in _refused(cluster.address(f"db{name}", postgres.GUARDED))
    for each in (
        wrong,
        cluster.address("nowhere", f"{postgres.GUARDED}:{postgres.PASSWORD}"),
        f"postgresql://x:{postgres.PASSWORD}@/y?host=/nowhere",
        f"postgresql://x@127.0.0.1:1/y?password={postgres.PASSWORD}",
        f"postgresql://x:{postgres.PASSWORD}@127.0.0.1:none/y",
        right,  # who may not make tables
    ):
        assert postgres.PASSWORD not in _refused(each)


@pytest.mark.parametrize("package", ["sqlalchemy", "alembic", "psycopg"])
def test_a_package_that_is_not_installed_is_named(package: str, tmp_path: Path) -> None:
    address = "postgresql://x@/y?host=/nowhere" if package == "psycopg" else str(tmp_path / "x.db")
    code = (
        f"import sys; sys.modules[{package!r}] = None; from cardtool.cli import run; "
        f"sys.exit(run(['fleet', 'import', '-', '--lang', 'en', '--database', {address!r}]))"
    )

    done = subprocess.run(
        [sys.executable, "-c", code],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 3
    assert f"({package})" in done.stderr
    assert f"Install it: {installing.command()}" in done.stderr


def _without_the_extra(call: str) -> str:
    """Return a program that runs the command line where no package of the extra is installed."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    packages = [
        re.split(r"[\[>=]", wanted)[0].lower().replace("python-", "python_")
        for wanted in project["optional-dependencies"]["fleet"]
    ]
    missing = f"sys.modules.update(dict.fromkeys({packages}))"
    return f"import sys; {missing}; from cardtool.cli import run; {call}"


def test_help_is_shown_without_the_packages_of_the_store() -> None:
    names = sorted(fleet.commands)
    call = f"sys.exit(max([run(['fleet', name, '--help']) for name in {names}]))"

    done = subprocess.run(
        [sys.executable, "-c", _without_the_extra(call)],
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count("Usage: cardtool fleet ") == len(names)
    assert done.stdout.count("--database ADDRESS") == len(names) - 1  # all but `send`


def test_a_shell_completes_without_the_packages_of_the_store() -> None:
    code = _without_the_extra("sys.exit(run([]))")
    words = {"COMP_WORDS": "cardtool fleet audit --", "COMP_CWORD": "3"}

    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "_CARDTOOL_COMPLETE": "bash_complete", **words},
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stderr) == (0, "")
    assert "plain,--days" in done.stdout


def _count(store: Store) -> dict[str, int]:
    with store.reading() as connection:
        tables = (WORKSTATION, SNAPSHOT, CERTIFICATE, PERSON)
        counts = [connection.execute(select(func.count()).select_from(t)).scalar() for t in tables]
    return dict(zip(("workstations", "snapshots", "certificates", "entries"), counts, strict=True))  # type: ignore[arg-type]


def test_pruning_keeps_the_latest_snapshot_and_as_many_as_are_asked_for(keep: Keep) -> None:
    old = (fleets.snapshot("old", AT + day * DAY, desks.nes()) for day in range(5))
    new = (fleets.snapshot("new", AT + day * DAY, desks.nes()) for day in (0, 98, 99, 100))
    store = keep(*old, *new)

    assert prune(store, AT + 98 * DAY, keep_last=3) == 3
    assert prune(store, AT + 98 * DAY, keep_last=3) == 0
    assert _count(store)["snapshots"] == 3 + 3
    assert prune(store, AT + 200 * DAY) == 4
    assert _count(store) == {"workstations": 2, "snapshots": 2, "certificates": 2, "entries": 0}
    assert sorted(each.host for each in audit(store)) == ["new", "old"]


def _with_a_clock_ahead(stores: str, folder: Path) -> Store:
    """Keep three snapshots a day apart; before the last came one of a clock 50 days ahead."""
    honest = [
        fleets.snapshot("masa", AT + day * DAY, desks.nes(), unit=str(day)) for day in range(3)
    ]
    ahead = fleets.snapshot("masa", AT + 50 * DAY, _of_mehmet(), unit="ahead")
    fleets.keep_in(stores, folder, honest[0], ahead, honest[1], at=AT + DAY).close()
    return fleets.keep_in(stores, folder, honest[2], at=AT + 2 * DAY)


def _of_mehmet() -> Certificate:
    return desks.nes(person=desks.MEHMET, serial="55")


def _taken(store: Store) -> list[datetime]:
    with store.reading() as connection:
        return sorted(map(from_us, connection.execute(select(SNAPSHOT.c.taken_us)).scalars()))


def test_pruning_keeps_the_latest_snapshot_and_not_one_of_a_clock_ahead(
    stores: str, tmp_path: Path
) -> None:
    with closing(_with_a_clock_ahead(stores, tmp_path)) as store:
        assert prune(store, AT + 9 * DAY, keep_last=3) == 1
        assert _taken(store) == [AT, AT + DAY, AT + 2 * DAY]
        assert prune(store, AT + 9 * DAY) == 2
        assert _taken(store) == [AT + 2 * DAY]


def test_a_snapshot_of_a_clock_ahead_is_as_old_as_its_import(stores: str, tmp_path: Path) -> None:
    with closing(_with_a_clock_ahead(stores, tmp_path)) as store:
        assert prune(store, AT + DAY) == 1
        assert _taken(store) == [AT + DAY, AT + 2 * DAY, AT + 50 * DAY]
        assert prune(store, AT + 2 * DAY) == 2
        assert _taken(store) == [AT + 2 * DAY]


def test_of_a_clock_that_was_never_right_the_last_snapshot_stays(
    stores: str, tmp_path: Path
) -> None:
    snapshots = [fleets.snapshot("masa", AT + day * DAY) for day in (50, 51)]
    with closing(fleets.keep_in(stores, tmp_path, *snapshots, at=AT)) as store:
        assert prune(store, AT + 99 * DAY) == 1
        assert _taken(store) == [AT + 51 * DAY]


def test_what_is_left_after_forgetting_is_not_judged_by_a_clock_ahead(
    stores: str, tmp_path: Path
) -> None:
    other = fleets.snapshot("masa", AT + 3 * DAY, desks.nes(person=_OTHER, serial="66"))
    _with_a_clock_ahead(stores, tmp_path).close()
    with closing(fleets.keep_in(stores, tmp_path, other, at=AT + 3 * DAY)) as store:
        trace = searching.of_person(store, Person(values=(_OTHER[0],)))
        removal.forget(store, trace, Policy())

        (line,) = audit(store)
        assert (line.taken_at, line.unit, line.holder) == (AT + 2 * DAY, "2", desks.AYSE[1])
        assert line.card_seen_at == AT + 2 * DAY


def test_a_day_gone_is_not_told_by_a_clock_ahead(stores: str, tmp_path: Path) -> None:
    _with_a_clock_ahead(stores, tmp_path).close()
    last = fleets.snapshot("masa", AT + 99 * DAY, unit="99")
    with (
        closing(fleets.keep_in(stores, tmp_path, last, at=AT + 99 * DAY)) as store,
        store.reading() as connection,
    ):
        lines = {each.holder: each for each in cards(store, AT + 60 * DAY, Question(), Policy())}
        rows = connection.execute(select(WORKSTATION)).all()
        found = newest(connection, rows, to_us(AT + 60 * DAY))
        every = [decode(each).taken_at for each in texts(connection, 1, to_us(AT + 60 * DAY))]

    assert [decode(each).taken_at for each in found.values()] == [AT + 2 * DAY]
    assert every == [AT + 2 * DAY, AT + DAY, AT, AT + 50 * DAY]
    assert lines[desks.AYSE[1]].taken_at == AT + 2 * DAY


def test_only_the_snapshots_that_were_forgotten_are_known_as_such(keep: Keep) -> None:
    some = [fleets.snapshot("masa", AT + day * DAY) for day in range(2)]
    store = keep(*some, fleets.snapshot("other", AT))
    key = some[0].origin.host_id if some[0].origin else ""
    asked = [(key, to_us(AT + DAY)), (key, to_us(AT + 2 * DAY)), ("", to_us(AT)), (key, to_us(AT))]
    with store.writing() as connection:
        assert forgotten_among(connection, asked) == frozenset()

    removal.forget(store, searching.of_host(store, "masa"), Policy())

    with store.writing() as connection:
        assert forgotten_among(connection, asked) == {0, 3}
        kept = connection.execute(select(FORGOTTEN.c.fingerprint)).scalars().all()
    assert all(re.fullmatch("[0-9a-f]{64}", each) for each in kept)


def test_forgetting_a_workstation_takes_its_history_and_no_other(keep: Keep) -> None:
    snapshots = [fleets.snapshot("bir", AT + day * DAY, desks.nes()) for day in range(3)]
    store = keep(*snapshots, fleets.snapshot("iki", AT, desks.nes()))

    done = CliRunner().invoke(
        main, ["fleet", "forget", "bir", "--yes", "--lang", "en", "--database", _address(store)]
    )

    assert done.exit_code == 0, done.output
    assert "Snapshots: 3" in done.output
    assert [each.host for each in audit(store)] == ["iki"]
    assert _count(store) == {"workstations": 1, "snapshots": 1, "certificates": 1, "entries": 0}


def _shared_desks(policy: IdentityPolicy) -> list[Any]:
    ayse, mehmet = desks.nes(), desks.nes(person=desks.MEHMET, serial="55")
    return [
        fleets.snapshot("bare", AT, readers=(desks.reader(None),), identity=policy),
        fleets.snapshot("bare", AT + DAY, ayse, identity=policy),
        fleets.snapshot("shared", AT, mehmet, identity=policy),
        fleets.snapshot("shared", AT + DAY, mehmet, ayse, identity=policy),
        fleets.snapshot("own", AT, ayse, identity=policy),
        fleets.snapshot("other", AT, mehmet, identity=policy),
    ]


@pytest.mark.parametrize("policy", IdentityPolicy)
def test_a_person_is_forgotten_everywhere_and_nobody_else(
    keep: Keep, tmp_path: Path, policy: IdentityPolicy
) -> None:
    store = keep(*_shared_desks(policy))
    (gone,) = {each.person for each in audit(store) if each.host == "own"}
    (name,) = {each.holder for each in audit(store) if each.host == "own"}
    with store.writing() as connection:
        entry = {"register": "r", "place": 1, "number": gone, "name": name, "unit": "", "host": "",
                 "user": "", "address": "", "email": ""}  # fmt: skip
        connection.execute(insert(PERSON).values(entry))

    trace = searching.of_person(store, Person(values=(gone,)))
    removal.forget(store, trace, Policy())

    assert {each.host: bool(each.person) for each in audit(store)} == {
        "bare": False,
        "shared": True,
        "other": True,
    }
    assert _count(store) == {"workstations": 3, "snapshots": 3, "certificates": 2, "entries": 0}
    for line in audit(store):
        assert gone != line.person
        assert name != line.holder
    assert searching.of_person(store, Person(values=(gone,))).is_empty()
    folder = tmp_path / "again"
    folder.mkdir()
    own = fleets.snapshot("own", AT + DAY, desks.nes(), identity=policy)
    fleets.keep_in(_address(store), folder, own).close()  # whose card is still there comes back
    assert {each.host for each in audit(store)} == {"bare", "shared", "other", "own"}


@pytest.mark.parametrize("policy", IdentityPolicy)
def test_the_bytes_of_who_was_forgotten_are_gone_from_the_file(
    tmp_path: Path, policy: IdentityPolicy
) -> None:
    store = fleets.keep_in(str(tmp_path / "fleet.db"), tmp_path, *_shared_desks(policy))
    (tmp_path / "snapshots.ndjson").unlink()
    (gone,) = {each.person for each in audit(store) if each.host == "own"}
    (name,) = {each.holder for each in audit(store) if each.host == "own"}
    assert _in_files(tmp_path, gone, name)

    removal.forget(store, searching.of_person(store, Person(values=(gone,))), Policy())

    assert not _in_files(tmp_path, gone, name)
    store.close()
    assert not _in_files(tmp_path, gone, name)


def _in_files(folder: Path, *texts: str) -> bool:
    bodies = [each.read_bytes() for each in folder.iterdir() if each.is_file()]
    return any(text.encode() in body for body in bodies for text in texts)


def test_somebody_who_reads_meanwhile_is_told_of(tmp_path: Path) -> None:
    store = fleets.keep_in(
        str(tmp_path / "fleet.db"), tmp_path, *_shared_desks(IdentityPolicy.FULL)
    )
    other = Store(str(tmp_path / "fleet.db"))
    trace = searching.of_person(store, Person(values=(desks.AYSE[0],)))
    with other.reading() as connection, connection.execute(select(WORKSTATION)) as rows:
        next(iter(rows))
        with pytest.raises(Refused, match="forget-read"):
            removal.forget(store, trace, Policy())
    other.close()

    assert desks.AYSE[0] not in {each.person for each in audit(store)}
    store.close()
    (tmp_path / "snapshots.ndjson").unlink()
    assert not _in_files(tmp_path, desks.AYSE[0])


def test_nothing_is_removed_unasked(keep: Keep) -> None:
    store = keep(*_shared_desks(IdentityPolicy.FULL))
    before, place = _count(store), ["--database", _address(store), "--lang", "en"]

    def said(*words: str, typed: str = "") -> tuple[int, str]:
        done = CliRunner().invoke(main, ["fleet", "forget", *words, *place], input=typed)
        return done.exit_code, done.output

    assert said("own", "--dry-run")[0] == 0
    assert said("own", typed="n\n")[0] == 3
    assert said("nobody", "--yes")[0] == 3
    assert said()[0] == 3
    status, text = said("--person", desks.AYSE[0], "--yes")
    assert status == 3
    assert desks.AYSE[0] not in text
    assert _count(store) == before
    status, text = said("--person", "-", "--yes", typed=f"{desks.AYSE[0]}\n")
    assert (status, "Snapshots: 3" in text) == (0, True), text
    assert desks.AYSE[0] not in text


def test_two_importers_at_once_lose_nothing(stores: str, tmp_path: Path) -> None:
    moment = datetime(2026, 10, 1, tzinfo=UTC)
    snapshots = [
        fleets.snapshot(f"masa-{desk}", moment + day * DAY, desks.nes())
        for desk in range(20)
        for day in range(5)
    ]
    Store(stores).close()
    folders = [tmp_path / name for name in ("one", "two")]
    threads = []
    for folder, own in zip(folders, (snapshots[:60], snapshots[60:]), strict=True):
        folder.mkdir()
        arguments = (stores, folder, *own)
        threads.append(threading.Thread(target=lambda a=arguments: fleets.keep_in(*a).close()))
    for each in threads:
        each.start()
    for each in threads:
        each.join()

    store = Store(stores)
    assert _count(store)["snapshots"] == 100
    assert len(list(audit(store))) == 20
    store.close()


def test_a_store_that_nobody_closed_leaves_no_connection_open(tmp_path: Path) -> None:
    store = Store(str(tmp_path / "fleet.db"))
    with store.reading() as connection:
        opened = connection.connection.driver_connection
    assert opened is not None
    opened.execute("SELECT 1")

    del store, connection

    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        opened.execute("SELECT 1")


def test_a_list_is_never_written_in_place_of_the_store(tmp_path: Path) -> None:
    store, link = tmp_path / "fleet.db", tmp_path / "link"
    Store(str(store), may_make=True).close()
    link.symlink_to(store)
    before = store.read_bytes()
    for output in (store, link):
        command = ("fleet", "audit", "--database", str(store), "-o", str(output))
        assert CliRunner().invoke(main, command).exit_code == UNKNOWN
    assert store.read_bytes() == before
