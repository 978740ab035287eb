# SPDX-License-Identifier: Apache-2.0
"""What is said of the machine agrees with what it says of itself."""

import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from cardtool.model.snapshot import Library
from cardtool.probe import host
from cardtool.probe.binary import read_library


def test_the_machine_has_the_name_that_its_own_libraries_have() -> None:
    found = host.describe()

    library = read_library(next(_loaded_libraries()))
    assert isinstance(library, Library)
    assert found.machine in library.machines
    assert found.bits == library.bits
    assert found.platform == sys.platform


def test_the_pcsc_daemon_of_this_machine_is_found() -> None:
    assert (host.describe().pcscd or "").endswith("/pcscd")


def _loaded_libraries() -> Iterator[str]:
    with Path("/proc/self/maps").open() as maps:
        yield from (line.split()[-1] for line in maps if ".so" in line)


def test_the_place_where_pcsc_listens_is_told_only_of_a_socket(socket_folder: Path) -> None:
    (socket_folder / "run" / "pcscd").mkdir(parents=True)
    usual, other = socket_folder / "run" / "pcscd" / "pcscd.comm", socket_folder / "other"
    named = {"PCSCLITE_CSOCK_NAME": str(other)}

    nothing = host.describe({}, socket_folder).pcsc_socket
    with _listening(usual), _listening(other):
        at_usual = host.describe({}, socket_folder).pcsc_socket
        at_other = host.describe(named, socket_folder).pcsc_socket
    other.unlink()
    other.touch()
    no_socket = host.describe(named, socket_folder).pcsc_socket

    assert (nothing, no_socket) == (None, None)
    assert (at_usual, at_other) == (str(usual), str(other))


def test_the_session_is_that_of_the_environment(tmp_path: Path) -> None:
    assert host.describe({"SSH_CLIENT": "x", "TERM": "xterm"}, tmp_path).session.marks == ("ssh",)


def _listening(place: Path) -> socket.socket:
    if sys.platform == "win32":
        raise NotImplementedError
    else:  # noqa: RET506 (mypy leaves out a branch of another platform, not what follows it)
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(str(place))
        return listener


@pytest.mark.parametrize(
    ("version", "name"),
    [
        ((10, 0, 19045), "Windows 10 10.0.19045"),
        ((10, 0, 22631), "Windows 11 10.0.22631"),
        ((6, 3, 22631), "Windows 6 6.3.22631"),
    ],
)
def test_windows_is_named_by_its_build(version: tuple[int, int, int], name: str) -> None:
    assert host.windows_release(*version) == name
