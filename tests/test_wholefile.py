# SPDX-License-Identifier: Apache-2.0
"""The one writer of whole files: its draft is its own, and it follows no link."""

import hashlib
import os
import stat
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from cardtool import files
from cardtool.fleet.sending.delivery import Folder
from cardtool.fleet.sending.spool import Spool
from cardtool.probe import identity, last_good
from cardtool.probe.online import cache
from tests.desks import AT, desk


def test_a_link_at_the_name_is_replaced(tmp_path: Path) -> None:
    target, place = tmp_path / "target", tmp_path / "place"
    target.write_bytes(b"theirs")
    place.symlink_to(target)

    files.write(place, b"ours")

    assert target.read_bytes() == b"theirs"
    assert not place.is_symlink()
    assert place.read_bytes() == b"ours"


def test_the_draft_of_one_who_was_killed_is_taken_away(tmp_path: Path) -> None:
    (tmp_path / ".part").write_bytes(b"half")

    files.write(tmp_path / "place", b"whole", draft=".part")

    assert [each.name for each in tmp_path.iterdir()] == ["place"]


def test_a_link_at_the_drafts_name_is_not_followed(tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.write_bytes(b"theirs")
    (tmp_path / ".part").symlink_to(target)

    files.write(tmp_path / "place", b"ours", draft=".part")

    assert target.read_bytes() == b"theirs"
    assert sorted(each.name for each in tmp_path.iterdir()) == ["place", "target"]


def test_what_cannot_be_taken_away_at_the_drafts_name_is_gone_around(tmp_path: Path) -> None:
    """As another user's file in a shared folder, which only its owner may remove."""
    (tmp_path / ".part").mkdir()

    files.write(tmp_path / "place", b"ours", draft=".part")

    assert (tmp_path / "place").read_bytes() == b"ours"
    assert sorted(each.name for each in tmp_path.iterdir()) == [".part", "place"]


@pytest.mark.parametrize(("private", "mode"), [(True, 0o600), (False, 0o640)])
def test_it_is_its_owners_alone_or_as_new_files_are(
    tmp_path: Path,
    private: bool,  # noqa: FBT001
    mode: int,
) -> None:
    place = tmp_path / "place"
    place.write_bytes(b"old")
    place.chmod(0o666)

    before = os.umask(0o027)
    try:
        files.write(place, [b"n", b"ew"], private=private)
    finally:
        os.umask(before)

    assert stat.S_IMODE(place.stat().st_mode) == mode
    assert place.read_bytes() == b"new"


def test_what_fails_half_way_leaves_all_as_it_was(tmp_path: Path) -> None:
    place = tmp_path / "place"
    place.write_bytes(b"old")

    def parts() -> object:
        yield b"half"
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        files.write(place, parts())  # type: ignore[arg-type]

    assert place.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [place]


def test_a_thread_writes_too(tmp_path: Path) -> None:
    """Only the main thread may say what a signal does."""
    thread = threading.Thread(target=files.write, args=(tmp_path / "place", b"new"))
    thread.start()
    thread.join()

    assert (tmp_path / "place").read_bytes() == b"new"


def _state(folder: Path) -> Path:
    last_good.remember(desk())
    return folder / "last-good.json"


def _cached(folder: Path) -> Path:
    cache.remember("http://crl.example/", b"list", AT.replace(year=9999))
    return folder / "online" / hashlib.sha256(b"http://crl.example/").hexdigest()


def _host_id(folder: Path) -> Path:
    identity.host_id(None, folder / "host-id", root=folder)
    return folder / "host-id"


def _waiting(folder: Path) -> Path:
    Spool(folder).put("snapshot.json", b"{}")
    return folder / "000000000001_snapshot.json"


def _delivered(folder: Path) -> Path:
    assert Folder(folder)("snapshot.json", b"{}").state == "delivered"
    return folder / "snapshot.json"


@pytest.mark.parametrize("writer", [_state, _cached, _host_id, _waiting, _delivered])
def test_whoever_writes_a_file_follows_no_link_at_its_name_or_its_drafts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, writer: Callable[[Path], Path]
) -> None:
    folder, target = tmp_path / "folder", tmp_path / "target"
    target.write_bytes(b"theirs")
    folder.mkdir()
    monkeypatch.setenv("CARDTOOL_STATE", str(folder / "last-good.json"))
    monkeypatch.setenv("CARDTOOL_CACHE", str(folder))
    place = writer(folder)
    place.unlink()
    drafts = (".part", f".{place.name}.part", f"{place.name}.{os.getpid()}")
    # a snapshot of the same name that waits already is kept as it is
    for name in drafts if writer is _waiting else (place.name, *drafts):
        (place.parent / name).symlink_to(target)

    assert writer(folder) == place

    assert target.read_bytes() == b"theirs"
    assert not place.is_symlink()
