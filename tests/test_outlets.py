# SPDX-License-Identifier: Apache-2.0
"""Names that lead to no file: pipes, devices and descriptors, one's own and another user's."""

import os
import socket
import stat
import sys
import threading
from pathlib import Path

import pytest

from cardtool import console, files

assert sys.platform != "win32"  # which has no named pipes in folders


def _info(mode: int, user: int) -> os.stat_result:
    return os.stat_result((mode, 0, 0, 1, user, 0, 0, 0, 0, 0))


@pytest.mark.parametrize(
    ("mode", "owner", "folder_owner", "trusted"),
    [
        (0o1777, 1000, 0, True),  # one's own
        (0o1777, 1001, 0, False),  # another user's, in /tmp
        (0o1777, 0, 0, True),  # of whoever owns the folder
        (0o775, 1001, 1000, False),
        (0o755, 1001, 1001, True),  # nobody but its owner writes there
        (0o755, 0, 0, True),  # /dev
    ],
)
def test_in_a_shared_folder_only_ones_own_is_trusted(
    mode: int,
    owner: int,
    folder_owner: int,
    trusted: bool,  # noqa: FBT001
) -> None:
    folder = _info(stat.S_IFDIR | mode, folder_owner)

    assert files.is_trusted(_info(stat.S_IFIFO | 0o600, owner), folder, 1000) == trusted


@pytest.mark.parametrize("folder_mode", [0o700, 0o1777])
@pytest.mark.parametrize("is_link", [False, True])
def test_a_named_pipe_is_written_to_and_stays_one(
    tmp_path: Path,
    folder_mode: int,
    is_link: bool,  # noqa: FBT001
) -> None:
    tmp_path.chmod(folder_mode)
    pipe, name = tmp_path / "pipe", tmp_path / "name"
    os.mkfifo(pipe)
    name.symlink_to(pipe)
    read = []
    reader = threading.Thread(target=lambda: read.append(pipe.read_bytes()))
    reader.start()

    console.write_file(name if is_link else pipe, [b"one ", b"two"])

    reader.join()
    assert read == [b"one two"]
    assert pipe.is_fifo()
    assert name.is_symlink()


def test_a_descriptor_is_written_to_by_its_name() -> None:
    ours, theirs = os.pipe()
    console.write_file(Path(f"/dev/fd/{theirs}"), b"through")
    os.close(theirs)

    assert os.read(ours, 100) == b"through"
    os.close(ours)


def test_a_descriptor_that_is_not_open_is_refused() -> None:
    with pytest.raises(OSError, match="Bad file descriptor"):
        console.write_file(Path("/dev/fd/999999"), b"x")


def test_what_takes_no_output_is_refused_and_stays(socket_folder: Path) -> None:
    place = socket_folder / "socket"
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(place))
        with pytest.raises(OSError, match="No such device"):
            console.write_file(place, b"x")

    assert place.is_socket()


def test_a_folder_and_a_link_to_one_are_refused_and_stay(tmp_path: Path) -> None:
    folder, link = tmp_path / "folder", tmp_path / "link"
    folder.mkdir()
    link.symlink_to(folder)

    for place in (folder, link):
        with pytest.raises(IsADirectoryError):
            console.write_file(place, b"x")

    assert link.is_symlink()
    assert list(folder.iterdir()) == []
