# SPDX-License-Identifier: Apache-2.0
"""Measures what docs/scale.md tells of the fleet commands, and prints it as a table.

    benchmarks/scale.py --hosts 100000
    benchmarks/scale.py --hosts 1000000 --folder /var/tmp    (2 GB, some 40 minutes)

Each command runs by itself, as a person would type it. Seconds are of the clock on the wall, the
processor's of all its processes together; MB are the peak of the largest process. The exit status
is 1 when a target was missed. Other work on the machine makes seconds longer, and ratios less so.
"""

import argparse
import os
import platform
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from desks import NOW
from fleet import CARDTOOL, import_command, made, measured, peer_command
from questions import best_seconds

from cardtool.fleet.store.database import Store
from tests.rig.postgres import Cluster

_MOST_MB = 200
_LIST_MB = 150
_LIST_S = 30.0
_ANOTHER_DAY_S = 360.0
"""For 1,000,000 workstations, as `_LIST_S` is."""
_ANSWER_S = 0.3
_MILLION = 1_000_000


class _Table:
    """What was measured, and whether each target was met."""

    def __init__(self, hosts: int) -> None:
        self._hosts = hosts
        self.is_met = True
        print("| | s | processor s | for each µs | peak MB | target | |")
        print("|---|---|---|---|---|---|---|")

    def run(
        self, name: str, command: list[str], folder: Path, *, most_s: float = 0, most_mb: int = 0
    ) -> float:
        """Run a command, print its row, and return its seconds."""
        seconds, processor_s, peak_mb = measured(command, folder)
        most_s *= self._hosts >= _MILLION  # of fewer, the start of the command is a large part
        targets = [f"≤ {most_s:g} s"] * bool(most_s) + [f"≤ {most_mb} MB"] * bool(most_mb)
        is_met = (not most_s or seconds <= most_s) and (not most_mb or peak_mb <= most_mb)
        each_us = processor_s / self._hosts * 1e6
        cells = f"{seconds:.1f} | {processor_s:.1f} | {each_us:.0f} | {peak_mb:.0f}"
        self._print(name, cells, ", ".join(targets), is_met=is_met)
        return seconds

    def compare(self, name: str, value: float, most: float, unit: str = "") -> None:
        """Print a row of one value and the most that it may be."""
        cells = f"{value:.2f}{unit} | | | "
        self._print(name, cells, f"≤ {most:g}{unit}", is_met=value <= most)

    def _print(self, name: str, cells: str, target: str, *, is_met: bool) -> None:
        self.is_met = self.is_met and is_met
        word = ("ok" if is_met else "MISSED") if target else ""
        print(f"| {name} | {cells} | {target} | {word} |", flush=True)


def _measure(hosts: int, folder: Path) -> bool:
    file, store = folder / "fleet.ndjson", folder / "fleet.db"
    made(file, hosts, seed=0, history=0)
    table = _Table(hosts)
    own_s = table.run("import, SQLite", import_command(file, str(store)), folder, most_mb=_MOST_MB)
    peer_s = table.run(
        "sqlite-utils, key and columns", peer_command(file, folder / "peer.db"), folder
    )
    table.compare("import / sqlite-utils", own_s / peer_s, 1)
    (folder / "peer.db").unlink()
    audit = [CARDTOOL, "fleet", "audit", "--format", "csv", "--database", str(store)]
    table.run("audit, CSV", audit, folder, most_s=_LIST_S, most_mb=_LIST_MB)
    past = [*audit, "--at", NOW.isoformat()]
    table.run("audit, CSV, a past day", past, folder, most_s=_ANOTHER_DAY_S, most_mb=_MOST_MB)
    _ask(table, "SQLite", str(store))
    with Cluster() as cluster:
        address = cluster.database()
        command = import_command(file, address)
        again_s = table.run("import, PostgreSQL", command, folder, most_mb=_MOST_MB)
        table.compare("PostgreSQL / SQLite", again_s / own_s, 2)
        cluster.sql("VACUUM ANALYZE", database="db1")
        _ask(table, "PostgreSQL", address)
    return table.is_met


def _ask(table: _Table, name: str, address: str) -> None:
    store = Store(address, may_make=False)
    try:
        answers = best_seconds(store)
    finally:
        store.close()
    for words, seconds in answers.items():
        table.compare(f"`{words}`, {name}", seconds, _ANSWER_S, " s")


def main() -> int:
    """Measure, and return 1 when a target was missed."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--hosts", type=int, default=100_000)
    parser.add_argument("--folder", type=Path, help="where to put what is measured")
    asked = parser.parse_args()
    print(
        f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}", end=""
    )
    if sys.platform != "win32":
        print(f", load {os.getloadavg()[0]:.1f}", end="")
    print(f"; {asked.hosts:,} workstations\n")
    with tempfile.TemporaryDirectory(dir=asked.folder) as name:
        return 0 if _measure(asked.hosts, Path(name)) else 1


if __name__ == "__main__":
    sys.exit(main())
