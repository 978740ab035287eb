# SPDX-License-Identifier: Apache-2.0
"""A server that takes its time is left on Windows too, whatever wakes a reader there."""

from tests.windows.cache import CHECKOUT
from tests.windows.running import Wine

_TESTS = ("tests/test_online_fetch.py", "tests/test_web_client.py")


def test_a_server_that_takes_its_time_is_left_on_windows(wine: Wine) -> None:
    words = ("-q", "-p", "no:cacheprovider", "-p", "tests.windows.posix", "-k", "takes_its_time")
    command = wine.command("-m", "pytest", *words, *_TESTS)

    done = wine.shell({}, CHECKOUT, 'exec wine64 "$@"', *command)

    last = done.stdout.decode(errors="replace").strip().splitlines()[-1]
    assert done.returncode == 0, last
    assert "skipped" not in last
