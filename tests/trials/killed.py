# SPDX-License-Identifier: Apache-2.0
"""Kills `fleet import`, `merge` and `prune` at random moments, and then lets them work to the end.

Broken is the promise where something is lost, there twice, or half done.
"""

import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import select

from cardtool.fleet.store.database import Store
from cardtool.fleet.store.tables import PERSON, SNAPSHOT
from tests import fleets
from tests.rig.certificates import tckn
from tests.trials import Trial

_DAYS, _DESKS = 4, 60
_KILL_WITHIN_S = 1.5
_LONGEST_S = 120.0
_OLD = datetime.now(UTC) - timedelta(days=400)


def _command(folder: Path, *words: str) -> list[str]:
    place = ("--database", str(folder / "fleet.db"))
    return [sys.executable, "-m", "cardtool", "fleet", *words, *place]


def _killed(command: list[str], chance: random.Random, env: dict[str, str]) -> None:
    with subprocess.Popen(
        command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        time.sleep(chance.uniform(0.2, _KILL_WITHIN_S))
        process.kill()


def _to_the_end(command: list[str], env: dict[str, str]) -> None:
    subprocess.run(command, env=env, check=True, stdout=subprocess.DEVNULL, timeout=_LONGEST_S)


def _snapshots(folder: Path) -> int:
    store = Store(str(folder / "fleet.db"))
    try:
        with store.reading() as connection:
            return len(connection.execute(select(SNAPSHOT.c.id)).all())
    finally:
        store.close()


def _people(folder: Path) -> list[str]:
    store = Store(str(folder / "fleet.db"))
    try:
        with store.reading() as connection:
            return sorted(connection.execute(select(PERSON.c.number)).scalars())
    finally:
        store.close()


def _write(folder: Path) -> None:
    incoming = folder / "in"
    incoming.mkdir()
    for day in range(_DAYS):
        every = (
            fleets.snapshot(f"masa-{desk}", _OLD + timedelta(days=day)) for desk in range(_DESKS)
        )
        (incoming / f"{day}.ndjson").write_bytes(b"\n".join(map(fleets.line, every)))


def _import(folder: Path, chance: random.Random, env: dict[str, str]) -> str:
    _write(folder)
    command = _command(folder, "import", "--remove", str(folder / "in"))
    _killed(command, chance, env)
    left = [each.name for each in (folder / "in").iterdir()]
    _to_the_end(command, env)
    if (count := _snapshots(folder)) != _DAYS * _DESKS:
        return f"import: {count} of {_DAYS * _DESKS} snapshots; {left} lay there after the kill"
    rest = [each.name for each in (folder / "in").iterdir()]
    return f"import: {rest} left" if rest else ""


def _prune(folder: Path, chance: random.Random, env: dict[str, str]) -> str:
    _write(folder)
    _to_the_end(_command(folder, "import", str(folder / "in")), env)
    command = _command(folder, "prune", "--keep-days", "1", "--yes")
    _killed(command, chance, env)
    between = _snapshots(folder)
    _to_the_end(command, env)
    after = _snapshots(folder)
    is_right = after == _DESKS and _DESKS <= between <= _DAYS * _DESKS
    return "" if is_right else f"prune: {between} after the kill, {after} in the end"


def _merge(folder: Path, chance: random.Random, env: dict[str, str]) -> str:
    lists = [sorted(tckn(each) for each in range(start, 90)) for start in (10, 0)]
    for name, people in zip("ab", lists, strict=True):
        (folder / f"{name}.csv").write_text("\n".join(("TCKN;PC", *(f"{n};" for n in people))))
    _to_the_end(_command(folder, "merge", str(folder / "a.csv")), env)
    command = _command(folder, "merge", str(folder / "b.csv"))
    _killed(command, chance, env)
    between = _people(folder)
    _to_the_end(command, env)
    is_right = between in lists and _people(folder) == lists[1]
    return "" if is_right else f"merge: {len(between)} people after the kill"


_KINDS: tuple[Callable[[Path, random.Random, dict[str, str]], str], ...] = (
    _import,
    _prune,
    _merge,
)


def run(cases: int, seed: int) -> Iterator[str]:
    """Kill so many commands, each kind in turn."""
    chance = random.Random(seed)  # noqa: S311 - repeatable, not secret
    for number in range(cases):
        with TemporaryDirectory() as name:
            folder = Path(name)
            (folder / "config.toml").write_text('[fleet]\nidentity = "full"\n')
            env = {"CARDTOOL_CONFIG": str(folder / "config.toml"), "PATH": "/usr/bin:/bin"}
            yield _KINDS[number % len(_KINDS)](folder, chance, env)


TRIAL = Trial(
    name="killed-commands",
    promise="A `fleet import`, `merge` or `prune` that is killed at any moment loses nothing, does "
    "nothing twice, and leaves nothing half done for the next run.",
    run=run,
    few=3,
    many=300,
)
