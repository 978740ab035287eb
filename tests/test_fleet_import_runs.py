# SPDX-License-Identifier: Apache-2.0
"""That importers beside one another, of many processes or killed, leave what one leaves."""

import multiprocessing
import os
import random
import subprocess
import sys
import time
import weakref
from collections.abc import Iterable, Iterator
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import inspect, text

from cardtool.fleet.importing.folders import Location
from cardtool.fleet.importing.judging import Block, Judged, JudgedBlock, Terms, judge, judged_blocks
from cardtool.fleet.importing.pieces import Piece
from cardtool.fleet.importing.run import STALE, import_judged, indexes_made_last
from cardtool.fleet.store.database import Store
from cardtool.fleet.store.tables import CERTIFICATE, SNAPSHOT, WORKSTATION
from cardtool.rules.renewal import Policy
from tests import desks
from tests.fleets import everything, line, lines, numbered, take
from tests.rig import postgres


def test_processes_of_their_own_give_what_one_gives(store: Store, tmp_path: Path) -> None:
    lines = [line(numbered(number, nes=desks.nes())) for number in range(8500)]
    lines[8200] = b"bad"
    (tmp_path / "a.ndjson").write_bytes(b"\n".join(lines))

    report = take(store, tmp_path, processes=2)

    assert (report.read, report.new, report.set_aside) == (8500, 8499, 1)
    assert "8201:" in (tmp_path / "rejected" / "a.ndjson.reason.txt").read_text()


def test_no_rows_stay_in_the_session_of_a_server(cluster: postgres.Cluster, tmp_path: Path) -> None:
    """A pool of connections would keep them there, also after somebody was forgotten."""
    (tmp_path / "a.ndjson").write_bytes(b"\n".join(lines(3)))
    with closing(Store(cluster.database())) as store:
        take(store, tmp_path)
        with store.asking() as connection:
            kept = connection.exec_driver_sql(
                "SELECT relname FROM pg_class WHERE relpersistence = 't' AND relkind = 'r'"
            ).scalars()

            assert list(kept) == []


_RUN = """
import sys
from contextlib import closing
from pathlib import Path
from cardtool.fleet.store.database import Store
from tests.fleets import take
with closing(Store(sys.argv[1])) as store:
    report = take(store, Path(sys.argv[2]))
print(report.read, report.new, report.known, report.set_aside)
"""


def _started(address: str, folder: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", _RUN, address, str(folder)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.getcwd()},  # noqa: PTH109 - a text
    )


def test_two_importers_at_once_take_each_snapshot_in_once(stores: str, tmp_path: Path) -> None:
    for part in range(3):
        lines = [line(numbered(number, days=part, nes=desks.nes())) for number in range(3000)]
        random.Random(part).shuffle(lines)  # noqa: S311 - no secret
        (tmp_path / f"{part}.ndjson").write_bytes(b"\n".join(lines))
    Store(stores).close()

    both = [_started(stores, tmp_path) for _ in range(2)]
    said = [each.communicate()[0].split() for each in both]

    assert [each.returncode for each in both] == [0, 0]
    assert [each[0] for each in said] == ["9000", "9000"]
    assert sum(int(each[1]) for each in said) == 9000
    assert sum(int(each[2]) for each in said) == 9000
    with closing(Store(stores)) as store:
        stations, snapshots, _ = everything(store)
    assert (len(stations), len(snapshots)) == (3000, 9000)


def test_the_run_after_one_that_was_killed_finishes(stores: str, tmp_path: Path) -> None:
    for part in range(4):
        lines = [line(numbered(number, days=part)) for number in range(3000)]
        (tmp_path / f"{part}.ndjson").write_bytes(b"\n".join(lines))
    Store(stores).close()
    for delay_s in (0.8, 1.1):
        running = _started(stores, tmp_path)
        time.sleep(delay_s)
        running.kill()
        running.communicate()

    with closing(Store(stores)) as store:
        report = take(store, tmp_path)
        stations, snapshots, _ = everything(store)

    assert report.new + report.known == report.read == 12_000
    assert (len(stations), len(snapshots)) == (3000, 12_000)


def _take_in_alone(store: Store, judged: Iterable[JudgedBlock], terms: Terms) -> None:
    for each in multiprocessing.active_children():
        each.kill()
    import_judged(store, judged, terms, says=lambda trouble, _: trouble.code)


def test_the_run_after_one_whose_judging_processes_died_finishes(
    stores: str, tmp_path: Path
) -> None:
    (tmp_path / "a.ndjson").write_bytes(b"\n".join(lines(12_000)))
    terms = Terms(at=desks.AT, policy=Policy())
    with (
        closing(Store(stores)) as store,
        pytest.raises(BrokenProcessPool),
        judged_blocks([tmp_path], terms, 2) as judged,
    ):
        _take_in_alone(store, judged, terms)

    with closing(Store(stores)) as store:
        report = take(store, tmp_path)

    assert report.new + report.known == report.read == 12_000


class _Results(list[Judged]):
    """Results that can be looked for after they were let go."""


def test_written_snapshots_are_let_go_while_the_next_are_judged(tmp_path: Path) -> None:
    """Those of one transaction take 40 MB."""
    terms = Terms(at=desks.AT, policy=Policy())
    is_there: list[bool] = []

    def blocks() -> Iterator[JudgedBlock]:
        seen: list[weakref.ref[_Results]] = []
        for number, made in enumerate(lines(4)):
            is_there.append(number > 0 and seen[0]() is not None)
            pieces = [Piece(file=Location(named=tmp_path), text=made)]
            results = _Results(judge(pieces, terms))
            seen.append(weakref.ref(results))
            block = Block(pieces=pieces, size=16 << 20), results  # two are written together
            del results
            yield block
            del block

    with closing(Store(str(tmp_path / "fleet.db"))) as store:
        report = import_judged(store, blocks(), terms, says=lambda trouble, _: trouble.code)

    assert report.new == 4
    assert is_there == [False, True, False, False]


def _indexes(store: Store) -> set[str]:
    with store.reading() as connection:
        return {
            str(each["name"])
            for table in (WORKSTATION, SNAPSHOT, CERTIFICATE)
            for each in inspect(connection).get_indexes(table.name)
        }


def test_every_index_is_there_after_an_import_and_after_one_that_was_killed(
    store: Store, tmp_path: Path
) -> None:
    whole = _indexes(store)
    lines = [line(numbered(number)) for number in range(30)]
    (tmp_path / "a.ndjson").write_bytes(b"\n".join(lines))
    killed = indexes_made_last(store)
    killed.__enter__()
    without = _indexes(store)

    take(store, tmp_path)
    first = _indexes(store)
    take(store, tmp_path)

    assert "ix_workstation_host" in whole
    assert ("ix_workstation_host" in without) is (not store.is_sqlite)
    assert whole == first == _indexes(store)


def test_an_import_that_fails_leaves_every_index(tmp_path: Path) -> None:
    with closing(Store(str(tmp_path / "fleet.db"))) as store:
        whole = _indexes(store)

        with pytest.raises(ZeroDivisionError), indexes_made_last(store):
            _ = 1 // 0

        assert _indexes(store) == whole


def test_statistics_are_made_when_much_is_new(store: Store, tmp_path: Path) -> None:
    lines = [line(numbered(number, nes=desks.nes())) for number in range(STALE)]
    (tmp_path / "a.ndjson").write_bytes(b"\n".join(lines))

    take(store, tmp_path)

    with store.reading() as connection:
        if store.is_sqlite:
            asked = "SELECT count(*) FROM sqlite_stat1 WHERE tbl = 'workstation'"
        else:
            asked = "SELECT count(*) FROM pg_stats WHERE tablename = 'workstation'"
        assert connection.execute(text(asked)).scalar_one() > 1
