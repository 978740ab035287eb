# SPDX-License-Identifier: Apache-2.0
"""All trials, in the order of docs/reliability.md."""

from tests.trials import (
    Trial,
    certificates,
    crowds,
    cycles,
    disturbed,
    files,
    killed,
    leaks,
    modules,
    patterns,
    threads,
)

TRIALS: tuple[Trial, ...] = (
    threads.PLUGGED,
    threads.TWO_THREADS,
    modules.TRIAL,
    certificates.TRIAL,
    disturbed.TRIAL,
    files.TRIAL,
    patterns.TRIAL,
    leaks.TRIAL,
    crowds.TRIAL,
    killed.TRIAL,
    cycles.TRIAL,
)
