# SPDX-License-Identifier: Apache-2.0
"""Runs trials: `python -m tests.trials [NAME…] [--cases N] [--seed N] [--record]`."""

import argparse
import sys
import time
from datetime import UTC, datetime

from tests.trials import record
from tests.trials.known import TRIALS


def main() -> int:
    """Run the trials that are named; 1 where a promise broke, 3 where a name is unknown."""
    parser = argparse.ArgumentParser(prog="python -m tests.trials", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="without one: list the trials")
    parser.add_argument("--cases", type=int, help="how many; otherwise as many as are recorded")
    parser.add_argument("--seed", type=int, default=1, help="the same seed makes the same cases")
    parser.add_argument("--record", action="store_true", help="write docs/reliability.toml")
    asked = parser.parse_args()
    known = {trial.name: trial for trial in TRIALS}
    for name in asked.names:
        if name not in known:
            sys.stderr.write(f"no trial is called {name}\n")
            return 3
    if not asked.names:
        for trial in TRIALS:
            sys.stdout.write(f"{trial.name:24} {trial.promise}\n")
    broken = 0
    for name in asked.names:
        trial = known[name]
        start = time.monotonic()
        results = list(trial.run(asked.cases or trial.many, asked.seed))
        losses = [each for each in results if each]
        for loss in losses[:20]:
            sys.stdout.write(f"  broken: {loss}\n")
        took_s = time.monotonic() - start
        sys.stdout.write(f"{name}: tried {len(results)}, broken {len(losses)}, {took_s:.0f} s\n")
        sys.stdout.flush()
        broken += len(losses)
        if asked.record:
            result = record.Result(
                name=name,
                tried=len(results),
                broken=len(losses),
                cases=asked.cases or trial.many,
                seed=asked.seed,
                day=datetime.now(UTC).date(),
            )
            record.write(result)
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
