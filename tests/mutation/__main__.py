# SPDX-License-Identifier: Apache-2.0
"""Runs mutants: `python -m tests.mutation [PATH…] [--sample N] [--record]`."""

import argparse
import json
import os
import random
import shutil
import signal
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from mutmut.configuration import config
from mutmut.mutation.data import SourceFileMutationData
from mutmut.mutation.diff_apply import get_diff_for_mutant
from mutmut.stats import status_by_exit_code
from mutmut.utils.file_utils import walk_mutatable_files
from mutmut.utils.format_utils import (
    mangled_name_from_mutant_name,
    orig_function_and_class_names_from_key,
)

from tests.mutation import again, reached, record
from tests.mutation.chosen import Lines, mutants

assert sys.platform != "win32"  # mutmut forks

_COPY = reached.FILE.parent
"""mutmut's copy of the tree, with what became of each mutant."""
_WORDS = {"killed": "killed", "segfault": "killed", "timeout": "timed_out"}
"""mutmut's word -> the record's; any other has survived, if only because no test runs it."""


class Mutant(msgspec.Struct, frozen=True):
    """A fault, where it is, and the numbers of the tests that may notice it, narrow ones first."""

    name: str
    path: str
    tests: list[int]


class Known(msgspec.Struct, frozen=True):
    """The tests, what they usually take, and by path and line the numbers of those that run it."""

    tests: list[str]
    seconds: list[float]
    lines: dict[str, Lines]


def main() -> int:
    """Run the mutants that are asked for and show what became of them; 1 if one survived."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__)
    parser.add_argument("paths", nargs="*", metavar="PATH", help="of modules; without one: all")
    parser.add_argument("--sample", type=int, metavar="N", help="only N of them, drawn by lot")
    parser.add_argument("--seed", type=int, default=1, help="the same seed draws the same ones")
    parser.add_argument("--most", type=int, default=20, metavar="N", help="tests of the first try")
    parser.add_argument("--minutes", type=float, metavar="N", help="end the first try after them")
    parser.add_argument("--children", type=int, default=1, metavar="N", help="mutants at a time")
    parser.add_argument("--tests", nargs="+", metavar="TEST", help="instead of pyproject.toml's")
    parser.add_argument("--again", action="store_true", help="only what survived the last run")
    parser.add_argument("--record", action="store_true", help="write docs/mutants.toml")
    asked = parser.parse_args()
    if not asked.again:
        shutil.rmtree(_COPY, ignore_errors=True)
    tests = asked.tests or config().pytest_add_cli_args_test_selection
    if not reached.FILE.exists() and _watch(tests):
        return 3
    known = msgspec.json.decode(reached.FILE.read_bytes(), type=Known)
    made = [
        Mutant(name, str(path), tests)
        for path in sorted(walk_mutatable_files())
        if not asked.paths or str(path) in asked.paths
        for name, tests in mutants(path, known.lines.get(str(path), {}))
    ]
    chosen = made
    if asked.sample:
        lot = random.Random(asked.seed)  # noqa: S311 - a draw, no secret
        chosen = lot.sample(made, min(asked.sample, len(made)))
    if not asked.again:
        _first(chosen, known, asked)
    _second(chosen, known, asked.children)
    became = _became(chosen)
    chosen = [each for each in chosen if each.name in became]
    rows = _rows(chosen, became)
    survivors = [_survivor(each) for each in chosen if became[each.name] == "survived"]
    for row in survivors:
        sys.stdout.write(f"{row.path} {row.function}: {row.was} -> {row.becomes}\n")
    sys.stdout.write(record.table(rows) + "\n")
    if asked.record and asked.sample:
        counts = _counts(became.values())
        sample = record.Sample(made=len(made), drawn=asked.sample, seed=asked.seed, **counts)
        record.write_sample(sample, survivors)
    elif asked.record:
        record.write(rows, survivors)
    return 1 if survivors else 0


def _watch(tests: list[str]) -> int:
    """Run all tests once without a mutant, to know which lines each of them runs."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "tests.mutation.reached"]
    command += [f"--watch={pattern}" for pattern in config().only_mutate]
    command += [*config().pytest_add_cli_args, *tests]
    return subprocess.run(command, check=False).returncode


def _first(tried: list[Mutant], known: Known, asked: argparse.Namespace) -> None:
    """Let mutmut try mutants, and tell it what it would find out about the tests in its own way."""
    few = {each.name: each.tests[: asked.most] for each in tried}
    by_function: dict[str, set[str]] = defaultdict(set)
    for name, numbers in few.items():
        tests = {known.tests[number] for number in numbers}
        by_function[mangled_name_from_mutant_name(name)] |= tests
    stats = {
        "tests_by_mangled_function_name": {name: list(of) for name, of in by_function.items()},
        "duration_by_test": dict(zip(known.tests, known.seconds, strict=True)),
        "stats_time": 0,
    }
    (_COPY / "mutmut-stats.json").write_text(json.dumps(stats), "utf-8")
    _note(known, few)
    mutmut = str(Path(sys.executable).with_name("mutmut"))
    command = [mutmut, "run", "--max-children", str(asked.children), *few]
    with subprocess.Popen(command, start_new_session=True) as running:
        try:
            if running.wait(asked.minutes and asked.minutes * 60):
                sys.exit(3)
        except subprocess.TimeoutExpired:  # it has noted what became of each mutant so far
            os.killpg(running.pid, signal.SIGTERM)


def _second(chosen: list[Mutant], known: Known, children: int) -> None:
    """Try survivors again by all tests that may notice them, and note it where mutmut does."""
    became = _became(chosen)
    tried = [each for each in chosen if became.get(each.name) == "survived" and each.tests]
    _note(known, {each.name: each.tests for each in tried})

    def ended(mutant: Mutant) -> int:
        seconds = sum(known.seconds[number] for number in mutant.tests)
        return again.tried(mutant.name, seconds, _COPY)

    with ThreadPoolExecutor(children) as pool:
        for mutant, code in zip(tried, pool.map(ended, tried), strict=True):
            data = SourceFileMutationData(path=mutant.path)
            data.load()
            data.exit_code_by_key[mutant.name] = code
            data.save()
            word = _WORDS.get(status_by_exit_code[code], "survived")
            sys.stdout.write(f"tried again, {word}: {mutant.name}\n")
            sys.stdout.flush()


def _note(known: Known, mutants: dict[str, list[int]]) -> None:
    """Note for `within` which tests may notice a mutant."""
    chosen = {"tests": known.tests, "mutants": mutants}
    (_COPY / "chosen.json").write_text(json.dumps(chosen), "utf-8")


def _became(chosen: list[Mutant]) -> dict[str, str]:
    """Return what became in its last run of each mutant that had one."""
    codes: dict[str, int | None] = {}
    for path in {each.path for each in chosen}:
        data = SourceFileMutationData(path=path)
        data.load()
        codes |= data.exit_code_by_key
    tried = ((each.name, codes.get(each.name)) for each in chosen)
    return {
        name: _WORDS.get(status_by_exit_code[code], "survived")
        for name, code in tried
        if code is not None
    }


def _rows(chosen: list[Mutant], became: dict[str, str]) -> list[record.Module]:
    words: dict[str, list[str]] = defaultdict(list)
    for mutant in chosen:
        words[mutant.path].append(became[mutant.name])
    return [record.Module(path=path, **_counts(few)) for path, few in sorted(words.items())]


def _counts(words: Iterable[str]) -> record.Counts:
    count = Counter(words)
    return {
        "killed": count["killed"],
        "survived": count["survived"],
        "timed_out": count["timed_out"],
        "day": datetime.now(UTC).date(),
    }


def _survivor(mutant: Mutant) -> record.Survivor:
    lines = get_diff_for_mutant(mutant.name, path=mutant.path).splitlines()[2:]
    was, becomes = (
        " ".join(line[1:].strip() for line in lines if line.startswith(mark)) for mark in "-+"
    )
    function, of_class = orig_function_and_class_names_from_key(mutant.name)
    function = f"{of_class}.{function}" if of_class else function
    return record.Survivor(path=mutant.path, function=function, was=was, becomes=becomes)


if __name__ == "__main__":
    sys.exit(main())
