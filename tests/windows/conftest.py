# SPDX-License-Identifier: Apache-2.0
"""Tests that need Wine run by `make windows` alone, so that no other run has to skip them."""

import os
import sys

import pytest

from cardtool import __version__
from packages.windows import build
from packages.windows.build import Built
from tests.browser.conftest import _axe, _browser, _tab  # noqa: F401 - fixtures, for the page
from tests.windows.cache import CACHE
from tests.windows.running import Wine

if sys.platform != "win32":
    import fcntl

pytest.register_assert_rewrite("tests.windows.both")

if not os.environ.get("CARDTOOL_ON_WINDOWS"):
    collect_ignore_glob = ["test_*.py"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the tests of the package, which take longest; neighbours stay together."""
    items.sort(key=lambda item: "built" not in getattr(item, "fixturenames", ()))


@pytest.fixture(scope="session")
def wine() -> Wine:
    """Give the prefix of this process of the tests."""
    return Wine()


@pytest.fixture(scope="session")
def built(testrun_uid: str) -> Built:
    """Build the package, once in a run: a second process waits and takes what is there."""
    work = CACHE / "built" / "first"
    of_run = work.with_suffix(".txt")
    work.mkdir(parents=True, exist_ok=True)
    with work.with_suffix(".lock").open("w") as lock:
        if sys.platform != "win32":  # where Wine is
            fcntl.flock(lock, fcntl.LOCK_EX)
        if not of_run.exists() or of_run.read_text() != testrun_uid:
            build.build(work, work)
            of_run.write_text(testrun_uid)
    return build.made(work / "tree", __version__, work)
