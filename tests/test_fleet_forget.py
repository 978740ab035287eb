# SPDX-License-Identifier: Apache-2.0
"""Forgetting takes all that is a person's, and nothing that only looks like it."""

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from msgspec.structs import replace
from sqlalchemy import insert

from cardtool.cli import main
from cardtool.fleet.asking.audit import audit
from cardtool.fleet.removing import removal, searching
from cardtool.fleet.removing.recognising import Person
from cardtool.fleet.removing.searching import Trace
from cardtool.fleet.store.database import Store
from cardtool.fleet.store.tables import PERSON
from cardtool.model.hiding import hashed
from cardtool.model.refused import Refused
from cardtool.model.surroundings import IdentityPolicy
from cardtool.rules.renewal import Policy
from tests import desks, fleets
from tests.desks import AT
from tests.rig import disk
from tests.rig.certificates import tckn

NAMESAKE = ("10999999946", "ALİ ÖRNEK")
"""Whose masked number is that of `desks.AYSE`."""


@pytest.fixture(name="home")
def _home(tmp_path: Path) -> Path:
    (tmp_path / "config.toml").write_text(f'[identity]\nkey = "{fleets.KEY.hex()}"\n')
    return tmp_path


def _forget(home: Path, *words: str, typed: str = "") -> Result:
    place = ("--database", str(home / "fleet.db"), "--lang", "en")
    runner = CliRunner(env={"CARDTOOL_CONFIG": str(home / "config.toml")})
    return runner.invoke(main, ["fleet", "forget", *words, *place], input=typed)


def test_without_a_terminal_the_number_is_read_in_silence(home: Path) -> None:
    _keep(home, desks.desk())
    program = [sys.executable, "-m", "cardtool", "fleet", "forget", "--person", "-", "--dry-run"]
    done = subprocess.run(
        [*program, "--database", str(home / "fleet.db"), "--lang", "en"],
        input=b"10000000146\n\n",
        env={**os.environ, "CARDTOOL_CONFIG": str(home / "config.toml")},
        capture_output=True,
        start_new_session=True,  # else it would be asked for on the terminal of whoever tests
        check=False,
    )

    assert b"Warning" not in done.stderr
    assert b"Computers: 1" in done.stdout, done.stderr


def _keep(home: Path, *snapshots: Any) -> Store:  # noqa: ANN401 - snapshots
    return fleets.keep_in(str(home / "fleet.db"), home, *snapshots)


def _entry(store: Store, place: int, **said: str) -> None:
    names = ("register", "number", "name", "unit", "host", "user", "address", "email")
    row = {**dict.fromkeys(names, ""), **said, "place": place}
    with store.writing() as connection:
        connection.execute(insert(PERSON).values(row))


def _hosts(store: Store) -> set[str]:
    return {each.host for each in audit(store)}


def _ayse() -> Any:  # noqa: ANN401 - a certificate
    return desks.nes()


def _mehmet() -> Any:  # noqa: ANN401 - a certificate
    return desks.nes(person=desks.MEHMET, serial="55")


@pytest.mark.parametrize("word", ["ali", "can", "ayse", "init", "reader", "PRESENT", "Kamu"])
def test_a_word_that_is_inside_others_is_nobody(home: Path, word: str) -> None:
    store = _keep(home, fleets.snapshot("ayse-pc", AT, _ayse(), user="zeki"))

    done = _forget(home, "--person", word, "--yes")

    assert done.exit_code == 3
    assert "holds nothing under this name" in done.output
    assert _hosts(store) == {"ayse-pc"}


@pytest.mark.parametrize("word", ["ok", "a", " ", ""])
def test_a_person_of_two_letters_is_refused(home: Path, word: str) -> None:
    _keep(home, fleets.snapshot("ok", AT, _ayse(), user="ok"))

    done = _forget(home, "--person", word, "--yes")

    assert done.exit_code == 3
    assert "at least 3 letters" in done.output


@pytest.mark.parametrize("policy", IdentityPolicy)
@pytest.mark.parametrize("typed", ["ayse", "AYSE", "KURUM\\Ayse", "ayse@kurum.example"])
def test_an_account_is_forgotten_as_who_was_logged_on_alone(
    home: Path, policy: IdentityPolicy, typed: str
) -> None:
    snapshots = [
        fleets.snapshot(host, AT, user=user, identity=policy)
        for host, user in (("ayse", "zeki"), ("masa-1", "ayse"), ("masa-2", "ayse.ornek"))
    ]
    store = _keep(home, *snapshots)

    assert _forget(home, "--person", typed, "--yes").exit_code == 0

    left = {each.user for each in audit(store)}
    assert len(left) == 2
    assert not left & {"ayse", hashed(fleets.KEY, "ayse")}


@pytest.mark.parametrize("policy", IdentityPolicy)
def test_with_a_number_goes_the_account_that_is_theirs_alone(
    home: Path, policy: IdentityPolicy
) -> None:
    store = _keep(
        home,
        fleets.snapshot("own", AT, _ayse(), user="ayse", identity=policy),
        fleets.snapshot("elsewhere", AT, user="ayse", identity=policy),
        fleets.snapshot("desk", AT, _ayse(), user="vezne", identity=policy),
        fleets.snapshot("desk-2", AT, _mehmet(), user="vezne", identity=policy),
        fleets.snapshot("desk-3", AT, user="vezne", identity=policy),
    )

    done = _forget(home, "--person", "-", "--yes", typed="10000000146\nAyşe Örnek\n")

    assert done.exit_code == 0, done.output
    assert _hosts(store) == {"desk-2", "desk-3"}
    shown = {"ayse", "vezne"}
    if policy is IdentityPolicy.HASHED:
        shown = {hashed(fleets.KEY, each) for each in shown}
    gone, stays = sorted(shown) if policy is not IdentityPolicy.HASHED else (
        hashed(fleets.KEY, "ayse"), hashed(fleets.KEY, "vezne"))  # fmt: skip
    assert f"snapshots taken under them are removed too: {gone}\n" in done.output
    assert f"somebody else's card was seen under them: {stays}\n" in done.output
    assert "These snapshots are not imported again" in done.output
    assert "10000000146" not in done.output


def test_the_registers_account_goes_if_it_is_nobody_elses(home: Path) -> None:
    store = _keep(
        home,
        fleets.snapshot("own", AT, _ayse()),
        fleets.snapshot("hers", AT, user="ayse"),
        fleets.snapshot("many", AT, user="vezne"),
    )
    _entry(store, 1, number=desks.AYSE[0], user="ayse")
    _entry(store, 2, number=desks.AYSE[0], user="vezne")
    _entry(store, 3, number=desks.MEHMET[0], user="vezne")

    trace = searching.of_person(store, Person(values=(desks.AYSE[0],)))
    removal.forget(store, trace, Policy())

    assert (trace.accounts, len(trace.entries)) == (("ayse",), 2)
    assert _hosts(store) == {"many"}


def _masked_pair(home: Path) -> Store:
    policy = IdentityPolicy.MASKED
    other = desks.nes(person=NAMESAKE, serial="66")
    return _keep(
        home,
        fleets.snapshot("ayse", AT, _ayse(), identity=policy),
        fleets.snapshot("ali", AT, other, identity=policy),
    )


def test_masked_the_name_tells_two_apart_whose_numbers_look_alike(home: Path) -> None:
    store = _masked_pair(home)
    assert len({each.person for each in audit(store)}) == 1

    bare = _forget(home, "--person", "10*******46", "--yes")
    unnamed = _forget(home, "--person", "-", "--yes", typed="10000000146\n\n")
    assert (bare.exit_code, unnamed.exit_code) == (3, 3)
    assert "fits several people" in bare.output
    assert _hosts(store) == {"ayse", "ali"}
    named = _forget(home, "--person", "-", "--yes", typed="10000000146\nayşe  örnek\n")

    assert named.exit_code == 0, named.output
    assert _hosts(store) == {"ali"}


def test_masked_the_register_knows_the_name_of_a_number(home: Path) -> None:
    store = _masked_pair(home)
    _entry(store, 1, number=desks.AYSE[0], name="Ayşe Örnek")

    assert _forget(home, "--person", "-", "--yes", typed="10000000146\n\n").exit_code == 0

    assert _hosts(store) == {"ali"}


def test_a_name_that_two_people_have_is_refused(home: Path) -> None:
    twin = desks.nes(person=(tckn(77), desks.AYSE[1]), serial="77")
    store = _keep(home, fleets.snapshot("one", AT, _ayse()), fleets.snapshot("two", AT, twin))

    done = _forget(home, "--person", desks.AYSE[1], "--yes")

    assert done.exit_code == 3
    assert "fits several people" in done.output
    assert _hosts(store) == {"one", "two"}


def test_a_workstation_goes_in_any_case_with_its_rows_of_the_register(home: Path) -> None:
    store = _keep(home, fleets.snapshot("Masa-7", AT, _ayse()), fleets.snapshot("masa-77", AT))
    _entry(store, 1, number=desks.AYSE[0], host="masa-9")
    _entry(store, 2, number=desks.MEHMET[0], host="masa-7")

    done = _forget(home, "MASA-7", "--yes")

    assert done.exit_code == 0, done.output
    assert "Entries of the personnel register: 1\n" in done.output
    assert _hosts(store) == {"masa-77"}
    assert searching.of_host(store, "masa-7").is_empty()


def test_on_a_full_disk_it_says_what_is_done_and_what_is_not(home: Path) -> None:
    store = _keep(home, *(fleets.snapshot(f"masa-{n}", AT, _ayse()) for n in range(50)))
    trace = searching.of_host(store, "masa-1")
    removal.forget(store, Trace(), Policy())  # the log is empty
    with pytest.raises(Refused) as caught, disk.full(90_000):
        removal.forget(store, trace, Policy())

    assert caught.value.code == "forget-not-wiped"
    assert "masa-1" not in _hosts(store)


def test_the_bytes_go_before_the_rows_that_are_due_are_judged(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _keep(home, fleets.snapshot("masa-1", AT, _ayse()), fleets.snapshot("masa-2", AT, _mehmet()))

    def refused(*_: object) -> int:
        raise Refused(code="store-busy")

    monkeypatch.setattr(removal, "judge_due", refused)
    with closing(sqlite3.connect(home / "fleet.db")) as other:  # so that the log stays
        other.execute("SELECT count(*) FROM workstation").fetchall()
        done = _forget(home, "masa-1", "--yes")
        left = b"".join(file.read_bytes() for file in home.glob("fleet.db*"))

    assert done.exit_code == 3
    assert b"masa-2" in left
    assert b"masa-1" not in left


def test_a_snapshot_with_a_label_alone_is_theirs_too(home: Path) -> None:
    snapshot = fleets.snapshot("desk", AT, user="zeki")
    named = replace(snapshot, host=replace(snapshot.host, name=f"pc-{desks.AYSE[0]}"))
    store = _keep(home, named, fleets.snapshot("other", AT, _mehmet()))

    assert _forget(home, "--person", "-", "--yes", typed="10000000146\n").exit_code == 0

    assert _hosts(store) == {"other"}
