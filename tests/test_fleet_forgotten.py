# SPDX-License-Identifier: Apache-2.0
"""The files of who was forgotten may be imported again: what went stays away."""

import json
import threading
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner

from cardtool.cli import main
from cardtool.fleet.asking.audit import audit
from cardtool.fleet.removing import removal, searching
from cardtool.fleet.removing.recognising import Person
from cardtool.fleet.store.database import Store
from cardtool.model.hiding import hashed
from cardtool.model.moments import to_us
from cardtool.model.surroundings import IdentityPolicy
from cardtool.rules.renewal import Policy
from tests import desks, fleets

AT = desks.AT
DAY = timedelta(days=1)
_OTHERS = desks.nes(person=desks.MEHMET, serial="55")


@pytest.mark.parametrize("policy", IdentityPolicy)
def test_what_was_forgotten_is_not_brought_back_by_the_same_files(
    stores: str, tmp_path: Path, policy: IdentityPolicy
) -> None:
    snapshots = [
        fleets.snapshot("masa", AT + day * DAY, desks.nes(), identity=policy) for day in range(2)
    ]
    snapshots.append(fleets.snapshot("other", AT, _OTHERS, identity=policy))
    store = fleets.keep_in(stores, tmp_path, *snapshots)
    later = fleets.snapshot("masa", AT + 9 * DAY, _OTHERS, identity=policy)
    (file,) = tmp_path.glob("*.ndjson")

    with closing(store):
        person = desks.AYSE[1]
        if policy is IdentityPolicy.HASHED:
            person = hashed(fleets.KEY, desks.AYSE[0])
        trace = searching.of_person(store, Person(values=(person,)))
        removal.forget(store, trace, Policy())
        again = _import(store, file)
        with file.open("ab") as stream:
            stream.write(msgspec.json.encode(later))
        more = _import(store, file)

        assert again == (0, 3, 0)
        assert more == (1, 3, 0)
        assert {each.host: each.taken_at for each in audit(store)} == {
            "other": AT,
            "masa": AT + 9 * DAY,
        }


def _import(store: Store, file: Path) -> tuple[int, int, int]:
    """Take a file in by the command; return what was new, known and set aside."""
    address = store.engine.url.render_as_string(hide_password=False)
    words = ["fleet", "import", str(file), "--database", address, "--format", "json"]
    done = CliRunner().invoke(main, words)
    assert done.stdout, (done.output, done.exception)
    report = json.loads(done.stdout)
    return report["new"], report["known"], report["set_aside"]


def test_a_workstation_that_was_forgotten_is_back_with_its_next_snapshot_alone(
    stores: str, tmp_path: Path
) -> None:
    store = fleets.keep_in(
        stores, tmp_path, *(fleets.snapshot("masa", AT + n * DAY) for n in range(3))
    )
    with closing(store):
        removal.forget(store, searching.of_host(store, "masa"), Policy())
        assert _import(store, tmp_path / "snapshots.ndjson") == (0, 3, 0)
        assert list(audit(store)) == []

        (tmp_path / "next.ndjson").write_bytes(
            msgspec.json.encode(fleets.snapshot("masa", AT - DAY))
        )
        assert _import(store, tmp_path / "next.ndjson") == (1, 0, 0)
        assert [each.taken_at for each in audit(store)] == [AT - DAY]


def test_who_forgets_waits_for_an_import_that_has_asked(stores: str, tmp_path: Path) -> None:
    with closing(
        fleets.keep_in(stores, tmp_path, fleets.snapshot("masa", AT, desks.nes()))
    ) as store:
        trace = searching.of_person(store, Person(values=(desks.AYSE[1],)))
        forgets = threading.Thread(target=removal.forget, args=(store, trace, Policy()))
        with store.writing() as importing:
            asked = removal.forgotten_among(importing, [("masa", to_us(AT))])
            forgets.start()
            forgets.join(0.5)
            is_waiting = forgets.is_alive()
        forgets.join()

        assert asked == frozenset()
        assert is_waiting
        assert list(audit(store)) == []
