# SPDX-License-Identifier: Apache-2.0
"""What is said of the machine agrees with what it says of itself."""

import sys
from collections.abc import Iterator
from pathlib import Path

from cardtool.model.snapshot import Library
from cardtool.probe import host
from cardtool.probe.binary import read_library


def test_the_machine_has_the_name_that_its_own_libraries_have() -> None:
    found = host.look()

    library = read_library(next(_loaded_libraries()))
    assert isinstance(library, Library)
    assert found.machine in library.machines
    assert found.bits == library.bits
    assert found.platform == sys.platform


def test_the_pcsc_daemon_of_this_machine_is_found() -> None:
    assert (host.look().pcscd or "").endswith("/pcscd")


def _loaded_libraries() -> Iterator[str]:
    with Path("/proc/self/maps").open() as maps:
        yield from (line.split()[-1] for line in maps if ".so" in line)
