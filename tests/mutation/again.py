# SPDX-License-Identifier: Apache-2.0
"""Tries a mutant again by every test that may notice it, in a new process.

mutmut runs a few tests in a fork, which does not repeat what is computed once at import.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from mutmut.configuration import config

SURVIVED, KILLED, TIMED_OUT = 0, 1, 36
"""As mutmut notes them."""

_PATIENCE = 5.0, 60.0
"""A mutant may take so many times the usual time of its tests, and so many seconds more."""


def tried(mutant: str, seconds: float, copy: Path) -> int:
    """Return what becomes of a mutant whose tests, noted in the copy, usually take these seconds.

    A test that notices it must pass without it; else no rate can be told, and this raises.
    """
    times, more = _PATIENCE
    with tempfile.TemporaryDirectory() as folder:
        noticed = Path(folder) / "by"
        try:
            ended = _pytest(mutant, [], copy, noticed, seconds * times + more)
        except subprocess.TimeoutExpired:
            return TIMED_OUT
        if ended.returncode == SURVIVED:
            return SURVIVED
        by = [noticed.read_text("utf-8")] if noticed.exists() else []
        without = _pytest("", by, copy, noticed, None, "" if by else mutant)
        if without.returncode:
            message = f"{mutant}: fails without it too: {without.stdout}"
            raise RuntimeError(message)
    return KILLED


def _pytest(  # noqa: PLR0917 - what a run of its own has
    mutant: str,
    more: Sequence[str],
    copy: Path,
    noticed: Path,
    timeout: float | None,
    tests_of: str = "",
) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pytest", "--rootdir=.", "-x", "-q", "--tb=short"]
    command += ["-p", "no:random-order", *config().pytest_add_cli_args, *more]
    return subprocess.run(
        command,
        cwd=copy,
        env=os.environ
        | {"MUTANT_UNDER_TEST": mutant, "NOTICED_BY": str(noticed), "TESTS_OF": tests_of},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=timeout,
        check=False,
    )
