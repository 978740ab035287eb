# SPDX-License-Identifier: Apache-2.0
"""The figures of the trials' last full runs: docs/reliability.toml, and the table made of it."""

import datetime as dt
import tomllib
from pathlib import Path

import msgspec

from tests.trials import Trial

FILE = Path(__file__).parents[2] / "docs" / "reliability.toml"


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """What one full run gave."""

    name: str
    tried: int
    broken: int
    cases: int
    """What was asked for with `--cases`; a trial may make several attempts of one case."""
    seed: int
    day: dt.date


def read() -> dict[str, Result]:
    """Return the last recorded result of each trial, by name."""
    rows = tomllib.loads(FILE.read_text("utf-8")).get("trial", []) if FILE.exists() else []
    results = msgspec.convert(rows, list[Result])
    return {result.name: result for result in results}


def write(result: Result) -> None:
    """Put a result in the place of the trial's last one."""
    results = read() | {result.name: result}
    FILE.write_text(
        "# Written by `python -m tests.trials NAME --record`.\n"
        + "".join(_block(results[name]) for name in sorted(results)),
        "utf-8",
    )


def table(trials: tuple[Trial, ...]) -> str:
    """Return the rows of the table in docs/reliability.md, in the order of the trials."""
    results = read()
    return "\n".join(_row(trial, results.get(trial.name)) for trial in trials)


def _block(result: Result) -> str:
    return (
        f'\n[[trial]]\nname = "{result.name}"\ntried = {result.tried}\nbroken = {result.broken}\n'
        f"cases = {result.cases}\nseed = {result.seed}\nday = {result.day.isoformat()}\n"
    )


def _row(trial: Trial, result: Result | None) -> str:
    if result is None:
        return f"| {trial.promise} | never | | `python -m tests.trials {trial.name}` | |"
    command = f"`python -m tests.trials {trial.name} --cases {result.cases} --seed {result.seed}`"
    tried, day = f"{result.tried:,}", result.day.isoformat()
    return f"| {trial.promise} | {tried} | {result.broken} | {command} | {day} |"
