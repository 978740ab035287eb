# SPDX-License-Identifier: Apache-2.0
"""Every code there is: its severity, its link, its facts, its steps, and what it explains.

Rules use these codes and no others. Codes are stable for ever: a code that is no longer given goes
to `RETIRED` and is never used again.
"""

import functools
from collections.abc import Iterable
from datetime import datetime

from msgspec.structs import replace

from cardtool.model.diagnosis import Finding
from cardtool.model.snapshot import Failure
from cardtool.rules.codes import cards, certificates, machine
from cardtool.rules.codes.numbers import NUMBERS
from cardtool.rules.codes.row import Row
from cardtool.rules.codes.steps import (
    INSTEAD,
    OF_OTHER_CARDS,
    SEEN,
    actors,
    of_other_provider,
    procedures,
)

RETIRED: tuple[str, ...] = ()
"""Codes that earlier versions gave."""

ROWS: dict[str, Row] = {**machine.ROWS, **cards.ROWS, **certificates.ROWS}
"""Code -> its row, in the order of the chain."""

Fact = str | int | datetime | Failure | Iterable[str] | None
"""What a rule knows of something; `finding` writes it as text, unless it is a number."""


def finding(code: str, **facts: Fact) -> Finding:
    """Build the finding of a code of the table from its facts.

    Names are joined by commas. `None`, which is written as `-`, means that a fact is not known.
    """
    row = ROWS[code]
    return Finding(
        code=code,
        number=f"K-{NUMBERS[code]}",
        severity=row.severity,
        link=row.link,
        facts={
            name: fact if isinstance(fact, (str, int)) else _written(fact)
            for name, fact in facts.items()
        },
        steps=row.steps,
        actors=actors(row.steps),
        procedures=procedures(row.steps),
    )


def with_steps(given: Finding, wanted: Iterable[str]) -> Finding:
    """Return a finding with other steps, each once, and with those who do them."""
    steps = tuple(dict.fromkeys(wanted))
    return replace(given, steps=steps, actors=actors(steps), procedures=procedures(steps))


def naming(given: Finding, programs: tuple[str, ...]) -> Finding:
    """Return a finding whose first remedy is to close programs, with the names of those seen."""
    if "programs" not in ROWS[given.code].facts or "programs" in given.facts:
        return given
    steps = tuple(SEEN.get(step, step) for step in given.steps) if programs else given.steps
    facts = {**given.facts, "programs": ", ".join(programs) or "-"}
    return with_steps(replace(given, facts=facts), steps)


def on_platform(given: Finding, platform: str, machine: str = "") -> Finding:
    """Return a finding with the steps that its own platform has, where those differ."""
    instead = _instead(platform, machine)
    if instead.keys().isdisjoint(given.steps):
        return given
    return with_steps(given, [one for step in given.steps for one in instead.get(step, (step,))])


@functools.lru_cache(maxsize=64)
def _instead(platform: str, machine: str) -> dict[str, tuple[str, ...]]:
    """Return for each step of another system those of this one."""
    return {**INSTEAD.get(platform, {}), **INSTEAD.get(f"{platform}-{machine}", {})}


def of_other_card(given: Finding) -> Finding:
    """Return a finding about a driver that is not AKİS, with the steps that such a driver has."""
    if OF_OTHER_CARDS.keys().isdisjoint(given.steps):
        return given
    return with_steps(given, (OF_OTHER_CARDS.get(step, step) for step in given.steps))


def elsewhere(given: Finding, road: dict[str, str]) -> Finding:
    """Return a finding about a certificate of another provider than Kamu SM, with its steps."""
    steps = of_other_provider(given.steps)
    return replace(given, steps=steps, actors=actors(steps), procedures=(), road=road)


def _written(fact: datetime | Failure | Iterable[str] | None) -> str:
    match fact:
        case None:
            return "-"
        case datetime():
            return fact.isoformat()
        case Failure():
            return reason(fact)
        case names:
            return ", ".join(names)


def reason(failure: Failure) -> str:
    """Return an interface's symbol and number in a form that a person can look up."""
    if failure.code is None or failure.name.startswith("0x"):
        return failure.name
    if failure.api in ("pcsc", "pkcs11"):
        return f"{failure.name} 0x{failure.code & 0xFFFFFFFF:08X}"
    return f"{failure.name} {failure.code}"
