# SPDX-License-Identifier: Apache-2.0
"""Asks a store what people ask, and says how long each answer takes in a running process.

    benchmarks/questions.py fleet.db
    benchmarks/questions.py fleet.ndjson     (on a PostgreSQL of its own, into which it is imported)

Best of several rounds; the start of the command is not in it.
"""

import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from cardtool.fleet.asking.audit import audit, count
from cardtool.fleet.asking.questions import Question
from cardtool.fleet.store.database import Store
from cardtool.model.diagnosis import Severity
from cardtool.model.lists import ReaderState
from tests.rig.postgres import Cluster

_LIMIT_S = 0.3
_ROUNDS = 5

_MISSING = (ReaderState.MISSING,)
_COUNTS: dict[str, tuple[str, Question]] = {
    "--count severity": ("severity", Question()),
    "--count verdict": ("verdict", Question()),
    "--count code": ("code", Question()),
    "--count reader": ("reader", Question()),
    "--count unit": ("unit", Question()),
    "--count verdict --days 30": ("verdict", Question(days=30)),
    "--count unit --code nes-expired": ("unit", Question(codes=("nes-expired",))),
}
_LISTS = {
    "--code nes-expired --limit 100": Question(codes=("nes-expired",), limit=100),
    "--days 30 --sort end --limit 50": Question(days=30, sort="end", limit=50),
    "--unit … --limit 100": Question(units=("Birim 007",), limit=100),
    "--state missing --sort end --limit 50": Question(readers=_MISSING, sort="end", limit=50),
    "--state missing --sort host --limit 50": Question(readers=_MISSING, sort="host", limit=50),
    "--severity critical --sort host --limit 100": Question(
        severities=(Severity.CRITICAL,), sort="host", limit=100
    ),
    "--sort severity --limit 100": Question(sort="severity", limit=100),
    "--sort seen --limit 100": Question(sort="seen", limit=100),
    "--not-seen-since … --limit 100": Question(
        not_seen_since=datetime.now(UTC) - timedelta(days=60), limit=100
    ),
}


def _best(ask: Callable[[], object]) -> float:
    found = []
    for _ in range(_ROUNDS):
        before = time.perf_counter()
        ask()
        found.append(time.perf_counter() - before)
    return min(found)


def best_seconds(store: Store) -> dict[str, float]:
    """Ask everything, and return how long each answer took."""
    answers = {
        words: _best(lambda: count(store, by, None, question))  # type: ignore[arg-type]  # noqa: B023
        for words, (by, question) in _COUNTS.items()
    }
    return answers | {
        words: _best(lambda: list(audit(store, None, question)))  # noqa: B023
        for words, question in _LISTS.items()
    }


def _ask(store: Store) -> bool:
    """Ask everything, and tell whether all was answered in time."""
    answers = best_seconds(store)
    for words, seconds in answers.items():
        print(f"{seconds:6.2f} s  {words}", flush=True)
    worst = max(answers.values())
    print(f"worst {worst:.2f} s (target {_LIMIT_S:g})  {'ok' if worst <= _LIMIT_S else 'MISSED'}")
    return worst <= _LIMIT_S


def main(source: Path) -> int:
    """Ask the store of a file, or make one of it; return 1 when a target was missed."""
    print(f"{platform.machine()}, {os.cpu_count()} cores")
    is_store = source.suffix != ".ndjson"
    with nullcontext() if is_store else Cluster() as cluster:
        address = str(source)
        if cluster is not None:
            address = cluster.database()
            command = [str(Path(sys.executable).parent / "cardtool"), "fleet", "import"]
            before = time.perf_counter()
            subprocess.run([*command, str(source), "--database", address], check=True)
            print(f"imported in {time.perf_counter() - before:.1f} s")
            cluster.sql("VACUUM ANALYZE", database="db1")
        store = Store(address, may_make=False)
        try:
            return 0 if _ask(store) else 1
        finally:
            store.close()


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
