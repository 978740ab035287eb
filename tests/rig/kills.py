# SPDX-License-Identifier: Apache-2.0
"""Kills a sender again and again while its destination comes and goes, and counts what arrived.

`python -m tests.rig.kills --kills 1000 --snapshots 10000 --seed 1` is the whole of it.
"""

import argparse
import hashlib
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Self

ROOT = Path(__file__).parents[2]
_COURIER = Path(__file__).with_name("courier.py")
_LONGEST_S = 300.0
_KILL_WITHIN_S = 0.025


@dataclass
class Outcome:
    """What was sent, what arrived, and what was done to hinder it."""

    sent: dict[str, bytes]
    arrived: dict[str, bytes]
    twice: list[str]
    """Names that lie in two places."""
    left: list[str]
    """Files that somebody left behind: at the destination, or still waiting."""
    kills: int = 0
    """Senders that were at work when they were killed."""
    flaps: int = 0
    """How often the destination went away."""


def torment(folder: Path, *, kills: int, snapshots: int, seed: int) -> Outcome:
    """Send `snapshots` with a sender that is killed `kills` times, then let one work to the end."""
    chance = random.Random(seed)  # noqa: S311 - repeatable, not secret
    todo, spool, destination = (folder / name for name in ("todo", "spool", "destination"))
    todo.mkdir()
    destination.mkdir()
    sent = dict(_snapshot(number) for number in range(snapshots))
    names = iter(sent.items())
    command = [sys.executable, str(_COURIER), str(todo), str(spool), str(destination)]
    killed = written = 0
    with _Flapping(destination, seed) as flapping:
        while killed < kills:
            wanted = snapshots * (killed + 1) // kills
            while written < wanted:
                name, body = next(names)
                (folder / "draft").write_bytes(body)
                (folder / "draft").rename(todo / name)
                written += 1
            with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as sender:
                assert sender.stdout is not None
                sender.stdout.read(1)  # it is at work
                time.sleep(chance.uniform(0, _KILL_WITHIN_S))
                killed += sender.poll() is None
                sender.kill()
    subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL, timeout=_LONGEST_S)
    files = [path for path in destination.rglob("*") if path.is_file()]
    whole = [path for path in files if not path.name.startswith(".")]
    left = [str(path) for path in files if path.name.startswith(".")]
    left += [str(path) for path in spool.iterdir() if not path.name.startswith(".")]
    times = Counter(path.name for path in whole)
    return Outcome(
        sent=sent,
        arrived={path.name: path.read_bytes() for path in whole},
        twice=[name for name, count in times.items() if count > 1],
        left=left,
        kills=killed,
        flaps=flapping.count,
    )


def _snapshot(number: int) -> tuple[str, bytes]:
    """Return the name and the bytes of a snapshot, of different lengths and over three days."""
    body = f'{{"number": {number}, "filler": "{"x" * (number * 37 % 4000)}"}}\n'.encode()
    digest = hashlib.sha256(body).hexdigest()[:16]
    day = 1 + number % 3
    return f"202611{day:02}T08{number // 60 % 60:02}{number % 60:02}.000000Z-{digest}.json", body


class _Flapping:
    """A destination that is renamed away and back at random moments, while this lasts."""

    def __init__(self, folder: Path, seed: int) -> None:
        self._folder = folder
        self._away = folder.with_name("away")
        self._chance = random.Random(seed + 1)  # noqa: S311 - repeatable, not secret
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._flap)
        self.count = 0

    def _flap(self) -> None:
        while not self._over.wait(self._chance.uniform(0.0, 0.1)):
            self._folder.rename(self._away)
            self.count += 1
            self._over.wait(self._chance.uniform(0.0, 0.05))
            self._away.rename(self._folder)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()


def main() -> None:
    """Torment as told, and print the figures."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--kills", type=int, default=1000)
    parser.add_argument("--snapshots", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    begun = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        outcome = torment(
            Path(folder), kills=asked.kills, snapshots=asked.snapshots, seed=asked.seed
        )
    missing = len(outcome.sent.keys() - outcome.arrived.keys())
    wrong = sum(outcome.arrived.get(name, body) != body for name, body in outcome.sent.items())
    strange = len(outcome.arrived.keys() - outcome.sent.keys())
    print(  # noqa: T201 - the figures are what it is for
        f"sent {len(outcome.sent)}, arrived {len(outcome.arrived)}, missing {missing}, "
        f"twice {len(outcome.twice)}, wrong {wrong}, strange {strange}, left {len(outcome.left)}; "
        f"killed at work {outcome.kills} of {asked.kills}, destination away {outcome.flaps} times, "
        f"{time.monotonic() - begun:.0f} s"
    )


if __name__ == "__main__":
    main()
