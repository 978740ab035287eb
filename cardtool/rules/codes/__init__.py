# SPDX-License-Identifier: Apache-2.0
"""Every code there is: its severity, its link, its facts, its steps, and what it explains.

Rules use these codes and no others. Codes are stable for ever: a code that is no longer given goes
to `RETIRED` and is never used again.
"""

import functools

from cardtool.model.diagnosis import Actor, Finding
from cardtool.rules.codes import contents, drivers, hardware, machine
from cardtool.rules.codes.actors import ACTORS
from cardtool.rules.codes.leads import PROCEDURES
from cardtool.rules.codes.row import Row

RETIRED: tuple[str, ...] = ()
"""Codes that earlier versions gave."""

ROWS: dict[str, Row] = {**machine.ROWS, **hardware.ROWS, **drivers.ROWS, **contents.ROWS}
"""Code -> its row, in the order of the chain."""


def finding(code: str, **facts: str | int) -> Finding:
    """Build the finding of a code of the table from its facts."""
    row = ROWS[code]
    return Finding(
        code=code,
        severity=row.severity,
        link=row.link,
        facts=facts,
        steps=row.steps,
        actors=actors(row.steps),
        procedures=procedures(row.steps),
    )


@functools.lru_cache(maxsize=512)
def actors(steps: tuple[str, ...]) -> tuple[Actor, ...]:
    """Return who does each of these steps."""
    return tuple(ACTORS.get(step, Actor.YOU) for step in steps)


@functools.lru_cache(maxsize=512)
def procedures(steps: tuple[str, ...]) -> tuple[str, ...]:
    """Return the procedures that these steps lead to, each once, in order."""
    named = (procedure for step in steps for procedure in PROCEDURES.get(step, ()))
    return tuple(dict.fromkeys(named))
