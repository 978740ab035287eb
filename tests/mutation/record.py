# SPDX-License-Identifier: Apache-2.0
"""What became of the mutants in the last recorded runs: docs/mutants.toml, and its tables."""

import datetime as dt
import json
import tomllib
from collections.abc import Iterable, Sequence
from operator import attrgetter
from pathlib import Path
from typing import Any, TypedDict

import msgspec

FILE = Path(__file__).parents[2] / "docs" / "mutants.toml"


class Counts(TypedDict):
    """How many mutants became what, and on which day they were tried."""

    killed: int
    survived: int
    timed_out: int
    day: dt.date


class Module(msgspec.Struct, frozen=True, kw_only=True):
    """How many mutants of one module became what; all that it gives were tried."""

    path: str
    killed: int
    survived: int
    timed_out: int
    day: dt.date


class Sample(msgspec.Struct, frozen=True, kw_only=True):
    """How many of the mutants that were drawn by lot from those of all modules became what."""

    made: int
    """How many there are to draw from."""
    drawn: int
    """How many were drawn; a run that was ended has tried fewer, those with quick tests first."""
    seed: int
    killed: int
    survived: int
    timed_out: int
    day: dt.date


class Survivor(msgspec.Struct, frozen=True, kw_only=True):
    """A mutant that no test noticed."""

    path: str
    function: str
    was: str
    becomes: str
    reason: str = ""
    """Why it stays; empty: nobody has looked at it yet."""

    def key(self) -> tuple[str, str, str, str]:
        """Return what makes it the same mutant in another run, whatever stands around it."""
        return self.path, self.function, self.was, self.becomes


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """All that docs/mutants.toml says."""

    module: tuple[Module, ...] = ()
    sample: tuple[Sample, ...] = ()
    survivor: tuple[Survivor, ...] = ()


def read() -> Record:
    """Return what is recorded."""
    document = tomllib.loads(FILE.read_text("utf-8")) if FILE.exists() else {}
    return msgspec.convert(document, Record)


def write(modules: Sequence[Module], survivors: Iterable[Survivor]) -> None:
    """Put modules in the place of their last results; the reason of a known survivor stays."""
    record = read()
    rows = {row.path: row for row in (*record.module, *modules)}
    tried = {row.path for row in modules}
    stay = [row for row in record.survivor if row.path not in tried]
    _save(
        record,
        [*stay, *_known(record, survivors)],
        module=sorted(rows.values(), key=attrgetter("path")),
    )


def write_sample(sample: Sample, survivors: Iterable[Survivor]) -> None:
    """Put a sample in the place of the last one, with its survivors in modules not tried whole."""
    record = read()
    whole = {row.path for row in record.module}
    stay = [row for row in record.survivor if row.path in whole]
    drawn = [row for row in survivors if row.path not in whole]
    _save(record, [*stay, *_known(record, drawn)], sample=[sample])


def _known(record: Record, survivors: Iterable[Survivor]) -> list[Survivor]:
    known = {row.key(): row for row in record.survivor}
    return [known.get(row.key(), row) for row in survivors]


def table(rows: Sequence[Module]) -> str:
    """Return one line for each module, and their sum."""
    head = "| module | made | killed | survived | timed out | killed of 100 | recorded on |"
    lines = [head, "|---|---|---|---|---|---|---|"]
    lines += [f"| `{row.path}` | {counts(row)} | {row.day.isoformat()} |" for row in rows]
    return "\n".join([*lines, f"| all of them | {counts(*rows)} | |"])


def counts(*rows: Module | Sample) -> str:
    """Return the numbers of a line of the table."""
    killed = sum(row.killed for row in rows)
    survived = sum(row.survived for row in rows)
    timed_out = sum(row.timed_out for row in rows)
    made = killed + survived + timed_out
    rate = f"{100 * killed / made:.1f}" if made else ""
    return f"{made:,} | {killed:,} | {survived:,} | {timed_out:,} | {rate}"


def page() -> str:
    """Return the tables of docs/reliability.md."""
    record = read()
    parts = [table(record.module)] if record.module else []
    parts += map(_drawn, record.sample)
    head = "| survivor | was | becomes | why it stays |\n|---|---|---|---|"
    return "\n\n".join([*parts, "\n".join([head, *map(_line, record.survivor)])])


def _drawn(row: Sample) -> str:
    return (
        f"{row.drawn:,} of {row.made:,} mutants were drawn by lot on {row.day} (seed {row.seed}).\n"
        "A run that is ended early has tried those with the quickest tests.\n\n"
        "| tried | killed | survived | timed out | killed of 100 |\n|---|---|---|---|---|\n"
        f"| {counts(row)} |"
    )


def _line(row: Survivor) -> str:
    was, becomes = (text.replace("|", "\\|") for text in (row.was, row.becomes))
    module = row.path.removeprefix("cardtool/")
    return f"| {module}: {row.function} | `{was}` | `{becomes}` | {row.reason or 'not yet known'} |"


def _save(record: Record, survivors: list[Survivor], **changes: object) -> None:
    survivors = sorted(survivors, key=Survivor.key)
    changed = msgspec.structs.replace(record, survivor=survivors, **changes)
    blocks = [
        _block(kind, row) for kind, rows in msgspec.to_builtins(changed).items() for row in rows
    ]
    note = "# Written by `python -m tests.mutation --record`; a reason is written by hand.\n"
    FILE.write_text(note + "".join(blocks), "utf-8")


def _block(kind: str, row: dict[str, Any]) -> str:
    lines = [f"{name} = {_value(name, value)}" for name, value in row.items()]
    return "\n".join(["", f"[[{kind}]]", *lines, ""])


def _value(name: str, value: object) -> str:
    """Spell a value as TOML does, whose strings are JSON's."""
    return str(value) if name == "day" else json.dumps(value, ensure_ascii=False)
