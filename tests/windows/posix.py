# SPDX-License-Identifier: Apache-2.0
"""Which unit tests are about POSIX, and why: a plugin of pytest leaves them out on Windows."""

import sys
from collections.abc import Mapping

import pytest

FILES: Mapping[str, str] = {
    "test_run.py": "the shell script that sets up a Debian",
    "test_run_environments.py": "the shell script that sets up a Debian",
    "test_rig.py": "the rig runs on Linux",
    "test_polkit.py": "polkit rules readers on Linux",
}
"""Whole files."""

TESTS: Mapping[str, str] = {}
"""Single tests, by file and name without parameters."""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what is about POSIX."""
    if sys.platform != "win32":
        return
    out = [each for each in items if f"{each.path.name}::{each.name.partition('[')[0]}" in TESTS]
    config.hook.pytest_deselected(items=out)
    items[:] = [each for each in items if each not in out]
