# SPDX-License-Identifier: Apache-2.0
"""Unit tests whose answer the system could change, by the Python of Windows, in one process.

All of them: `python -m tests.windows.suite`.
"""

from tests.windows.cache import CHECKOUT
from tests.windows.running import Wine

_TESTS = {
    "test_online_fetch.py": "takes_its_time",
    "test_web_client.py": "takes_its_time",
    "test_views.py": "golden_files",
}
"""Files, and a part of the names in them: the deadline of what is asked, the pages as they are."""


def test_pages_and_deadlines_are_those_of_linux(wine: Wine) -> None:
    words = ("-q", "-p", "no:cacheprovider", "-p", "tests.windows.posix")
    chosen = " or ".join(sorted(set(_TESTS.values())))
    files = (f"tests/{name}" for name in _TESTS)
    command = wine.command("-m", "pytest", *words, "-k", chosen, *files)

    done = wine.shell({}, CHECKOUT, 'exec wine64 "$@"', *command)

    last = done.stdout.decode(errors="replace").strip().splitlines()[-1]
    assert done.returncode == 0, last
    assert "skipped" not in last
