# SPDX-License-Identifier: Apache-2.0
"""A plug-in of pytest that notes which lines each test runs, and how long it takes.

mutmut itself knows only which tests call a function. A rule is called by every test that judges a
workstation, but few of them run the line in which a mutant differs, and only they can notice it.
"""

import functools
import gc
import json
from collections import Counter, defaultdict
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import coverage
import pytest

FILE = Path("mutants/reached.json")

_CACHED = type(functools.cache(len))
_PATTERNS = pytest.StashKey[list[str]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Take the patterns of the modules to watch."""
    parser.addoption("--watch", action="append", default=[])


def pytest_configure(config: pytest.Config) -> None:
    """Start before the tests import anything."""
    config.pluginmanager.register(_Watch(config.getoption("--watch")))


class _Watch:
    def __init__(self, patterns: list[str]) -> None:
        self._patterns = patterns
        self._coverage = coverage.Coverage(data_file=None, config_file=False, source=["cardtool"])
        self._coverage.start()
        self._seconds: dict[str, float] = defaultdict(float)
        self._cached: list[Any] = []

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        self._cached = self._cached or cached()
        for function in self._cached:  # else only the first test would run its lines
            function.cache_clear()
        self._coverage.switch_context(nodeid)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._seconds[report.nodeid] += report.duration

    def pytest_sessionfinish(self) -> None:
        self._coverage.stop()
        data = self._coverage.get_data()
        lines = {
            Path(file).relative_to(Path.cwd()).as_posix(): data.contexts_by_lineno(file)
            for file in data.measured_files()
        }
        many = Counter(test for of in lines.values() for tests in of.values() for test in tests)
        narrow = sorted(self._seconds, key=lambda test: (many[test], test))
        number = {test: place for place, test in enumerate(narrow)}
        numbers = {
            path: {
                line: sorted(number[test] for test in tests if test) for line, tests in of.items()
            }
            for path, of in lines.items()
            if any(fnmatch(path, pattern) for pattern in self._patterns)
        }
        seconds = [round(self._seconds[test], 4) for test in narrow]
        FILE.parent.mkdir(exist_ok=True)
        FILE.write_text(json.dumps({"tests": narrow, "seconds": seconds, "lines": numbers}))


def cached() -> list[Any]:
    """Return the functions of cardtool that remember their results."""
    return [
        thing
        for thing in gc.get_objects()
        if isinstance(thing, _CACHED) and str(thing.__module__).startswith(_ROOMS)
    ]


_ROOMS = ("cardtool.fleet.columns", "cardtool.model", "cardtool.rules", "cardtool.views")
"""Whatever else remembers, as the catalogue does, no mutant changes."""
