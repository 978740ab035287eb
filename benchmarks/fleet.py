# SPDX-License-Identifier: Apache-2.0
"""Makes a fleet of any size, and measures the import or the audit of it beside peers.

    benchmarks/fleet.py --hosts 100000 --out fleet.ndjson
    benchmarks/fleet.py --hosts 100000 --compare import     (beside sqlite-utils)
    benchmarks/fleet.py --hosts 100000 --compare audit      (beside DuckDB and jq)

Each runs as a command of its own, one after another, as a person would type it; times are of the
clock on the wall, memory is the peak of the largest process.
"""

import argparse
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from desks import snapshots

_BIN = Path(sys.executable).parent
CARDTOOL = str(_BIN / "cardtool")
_PEER = 1.0
"""How many times as fast as sqlite-utils with a key and columns an import is to be."""

_DUCKDB = """
import duckdb, sys
duckdb.sql(f"COPY (SELECT host.name, origin.unit, taken_at, json_extract(to_json(modules), "
           f"'$[0].slots[0].token.certificates[0].content.not_after_at') AS ends FROM "
           f"read_json('{sys.argv[1]}', format='newline_delimited', union_by_name=true)) "
           f"TO '/dev/stdout' (FORMAT csv)")
"""
_JQ = (
    "[.host.name, .origin.unit, .taken_at, "
    "([.modules[].slots | arrays | .[].token | objects | .certificates | arrays"
    " | .[].content.not_after_at?] | first)] | @csv"
)


def measured(command: Sequence[str], folder: Path) -> tuple[float, float, float]:
    """Run a command, and return its seconds, its processor's and the MB of its largest process."""
    if sys.platform == "win32":
        raise NotImplementedError
    before = time.perf_counter()
    with (folder / "out").open("wb") as out:
        running = subprocess.Popen(command, stdout=out)
        _, status, usage = os.wait4(running.pid, 0)
    seconds = time.perf_counter() - before
    running.returncode = os.waitstatus_to_exitcode(status)
    if running.returncode not in {0, 1, 2}:  # an audit exits with the worst that it lists
        sys.exit(f"{' '.join(command)}: exit status {running.returncode}")
    return seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def import_command(file: Path, address: str) -> list[str]:
    """Return the command that imports a file into a store."""
    return [CARDTOOL, "fleet", "import", str(file), "--database", address]


def peer_command(file: Path, database: Path) -> list[str]:
    """Return what sqlite-utils does the same with: a key, and columns that can be asked for.

    So an import may be run again, and a question reads columns.
    """
    plain = [
        str(_BIN / "sqlite-utils"),
        "insert",
        str(database),
        "t",
        str(file),
        "--nl",
        "--silent",
    ]
    return [
        *plain,
        "--flatten",
        "--alter",
        "--pk",
        "origin_host_id",
        "--pk",
        "taken_at",
        "--ignore",
    ]


def made(file: Path, hosts: int, seed: int, history: int) -> int:
    """Write a fleet, and return how many snapshots it has."""
    number = 0
    with file.open("wb") as out:
        for text in snapshots(hosts, seed=seed, history=history):
            out.write(text + b"\n")
            number += 1
    return number


def _compare_import(file: Path, folder: Path, number: int, rounds: int) -> bool:
    keyed = peer_command(file, folder / "peer.db")
    commands = {
        "cardtool": import_command(file, str(folder / "own.db")),
        "sqlite-utils": keyed[:7],
        "with a key": keyed,
    }
    best = dict.fromkeys(commands, 1e9)
    for _ in range(rounds):
        for name, command in commands.items():
            for store in folder.glob("own.db*" if name == "cardtool" else "peer.db*"):
                store.unlink()
            seconds, _, peak_mb = measured(command, folder)
            best[name] = min(best[name], seconds)
            print(f"{name:14} {seconds:8.2f} s {number / seconds:10,.0f}/s {peak_mb:7.0f} MB")
    ratio = best["with a key"] / best["cardtool"]
    word = "ok" if ratio >= _PEER else "MISSED"
    print(f"with a key     ratio {ratio:.2f} (target {_PEER:g})  {word}")
    print(f"sqlite-utils   ratio {best['sqlite-utils'] / best['cardtool']:.2f}")
    for name in ("peer.db", "own.db"):
        print(f"{name:14} {(folder / name).stat().st_size / 1e6:8.1f} MB on disk")
    return ratio >= _PEER


def _compare_audit(file: Path, folder: Path) -> None:
    store = folder / "own.db"
    measured(import_command(file, str(store)), folder)
    audit = [CARDTOOL, "fleet", "audit", "--format", "csv", "--database", str(store)]
    duckdb = [sys.executable, "-c", _DUCKDB, str(file)]
    for name, command in (
        ("cardtool", audit),
        ("duckdb", duckdb),
        ("jq", ["jq", "-r", _JQ, str(file)]),
    ):
        if name == "jq" and shutil.which("jq") is None:
            continue
        seconds, _, peak_mb = measured(command, folder)
        print(f"{name:14} {seconds:8.2f} s {peak_mb:7.0f} MB")


def main() -> int:
    """Do what was asked for, and return 1 when a target was missed."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--hosts", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--history", type=int, default=0, help="older snapshots of each host")
    parser.add_argument("--out", type=Path, help="write the fleet here, and measure nothing")
    parser.add_argument("--file", type=Path, help="compare by this one, which --out wrote")
    parser.add_argument("--compare", choices=("import", "audit"))
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--folder", type=Path, help="where to put what is measured")
    asked = parser.parse_args()
    if asked.out is not None:
        print(f"{made(asked.out, asked.hosts, asked.seed, asked.history):,} snapshots")
        return 0
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    if sys.platform != "win32":
        print(f"load {os.getloadavg()[0]:.1f}")
    with tempfile.TemporaryDirectory(dir=asked.folder) as name:
        folder = Path(name)
        file, number = asked.file, asked.hosts * (asked.history + 1)
        if file is None:
            file = folder / "fleet.ndjson"
            made(file, asked.hosts, asked.seed, asked.history)
        print(f"{number:,} snapshots, {file.stat().st_size / 1e6:,.0f} MB")
        if asked.compare == "audit":
            _compare_audit(file, folder)
            return 0
        return 0 if _compare_import(file, folder, number, asked.rounds) else 1


if __name__ == "__main__":
    sys.exit(main())
