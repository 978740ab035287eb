# SPDX-License-Identifier: Apache-2.0
"""A plug-in of pytest for the tests of one mutant, in mutmut's copy of the tree.

mutmut loads it in a fork of a process that has run the tests, `again` in a new process.
"""

import json
import os
from pathlib import Path

import hypothesis
import pytest

from tests.mutation.reached import cached

hypothesis.settings.register_profile("few", deadline=None, derandomize=True, max_examples=10)

_FILE = Path("chosen.json")
_CHOSEN = json.loads(_FILE.read_text("utf-8")) if _FILE.exists() else {"tests": [], "mutants": {}}
"""The tests, and by mutant the numbers of those that run its line."""


def pytest_configure(config: pytest.Config) -> None:
    """Run only the tests that can notice the mutant; there are no others to list."""
    hypothesis.settings.load_profile("few")
    mutant = os.environ.get("TESTS_OF") or os.environ.get("MUTANT_UNDER_TEST", "")
    if mutant in _CHOSEN["mutants"]:
        config.args = [_CHOSEN["tests"][number] for number in _CHOSEN["mutants"][mutant]]
    elif mutant == "list_all_tests":
        config.args = _CHOSEN["tests"]


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Tell `again` which test noticed the mutant; one that is noticed at import has none."""
    if report.failed and "NOTICED_BY" in os.environ:
        Path(os.environ["NOTICED_BY"]).write_text(report.nodeid, "utf-8")


def pytest_collection_finish() -> None:
    """Forget what was computed without the mutant."""
    for function in cached():
        function.cache_clear()
