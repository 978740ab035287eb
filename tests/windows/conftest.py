# SPDX-License-Identifier: Apache-2.0
"""Tests that need Wine run by `make windows` alone, so that no other run has to skip them."""

import os

import pytest

from tests.windows.running import Wine

pytest.register_assert_rewrite("tests.windows.both")

if not os.environ.get("CARDTOOL_ON_WINDOWS"):
    collect_ignore_glob = ["test_*.py"]


@pytest.fixture(scope="session")
def wine(worker_id: str) -> Wine:
    """Give the prefix of this process of the tests."""
    return Wine(int(worker_id.removeprefix("gw")) if worker_id != "master" else 0)
