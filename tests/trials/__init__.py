# SPDX-License-Identifier: Apache-2.0
"""What cardtool promises, each promise with a trial that tries to break it.

`python -m tests.trials` lists them, `python -m tests.trials NAME --record` runs one at full length
and writes its figures into docs/reliability.toml. The test suite runs a few cases of each.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Trial:
    """One promise, and how it is tried."""

    name: str
    """As it is named on the command line, in kebab-case."""
    promise: str
    """What never happens, or always does: one sentence for a reader of docs/reliability.md."""
    run: Callable[[int, int], Iterable[str]]
    """Given how many cases and a seed: for each case what broke the promise, or an empty text."""
    few: int
    """How many cases the test suite runs: a few seconds of them."""
    many: int
    """How many cases are run for docs/reliability.md."""
    is_real: bool = False
    """Needs a PC/SC service, compiled modules or another real component."""
