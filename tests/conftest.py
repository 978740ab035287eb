# SPDX-License-Identifier: Apache-2.0
"""What all tests share: how a missing component is met."""

import os

import pytest

os.environ["CARDTOOL_CACHE"] = ""  # nor what it fetched
os.environ["CARDTOOL_STATE"] = ""  # no test leaves a memory of its desk to the next, or to a person


def require(found: object, component: str) -> None:
    """Skip the test where `component` is not `found`; fail it in CI (`CI=true`).

    A test that CI skips proves nothing, and nobody notices.
    """
    if found:
        return
    if os.environ.get("CI") == "true":
        pytest.fail(f"{component} is missing, and CI must not skip: see `missing` in ./run")
    pytest.skip(f"{component} is not installed: ./run test installs it")
