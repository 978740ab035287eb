# SPDX-License-Identifier: Apache-2.0
"""A workstation is the same under every name, and nobody learns the system's own identifier."""

import os
import plistlib
import re
from pathlib import Path

import pytest

from cardtool.model.names import account
from cardtool.probe import identity

MACHINE_ID = "3d1219c7c4c5404aaa1f6d2a48adfda4"


def _root(folder: Path, content: str | None = f"{MACHINE_ID}\n") -> Path:
    if content is not None:
        (folder / "etc").mkdir(parents=True, exist_ok=True)
        (folder / "etc" / "machine-id").write_text(content)
    return folder


def test_the_identifier_is_made_as_systemd_makes_one(tmp_path: Path) -> None:
    """What `systemd-id128 machine-id --app-specific=` our number gave here, systemd 252."""
    made = identity.host_id(None, tmp_path / "host-id", _root(tmp_path))

    assert made == "7438a8a24bd14e5ca1a77fda0ef57528"


def test_the_identifier_stays_and_does_not_show_the_systems_own(tmp_path: Path) -> None:
    first = identity.host_id(None, tmp_path / "a", _root(tmp_path))
    again = identity.host_id(None, tmp_path / "b", _root(tmp_path))
    other = identity.host_id(None, tmp_path / "c", _root(tmp_path, MACHINE_ID[::-1]))

    assert first == again
    assert first not in {other, MACHINE_ID}
    assert not (tmp_path / "a").exists()


@pytest.mark.parametrize(
    "content", [None, "", "uninitialized\n", "0" * 32, "x" * 32, MACHINE_ID[:30], "é" * 32]
)
def test_without_one_of_the_system_a_random_one_is_drawn_and_kept(
    tmp_path: Path, content: str | None
) -> None:
    root, kept = _root(tmp_path / "root", content), tmp_path / "state" / "host-id"

    first = identity.host_id(None, kept, root)
    again = identity.host_id(None, kept, root)
    other = identity.host_id(None, tmp_path / "another", root)

    assert re.fullmatch("[0-9a-f]{32}", first)
    assert first == again != other
    assert [each.name for each in kept.parent.iterdir()] == ["host-id"]


@pytest.mark.parametrize("broken", [b"", b"half", b"\xff\xfe", b"0" * 32])
def test_a_kept_one_that_cannot_be_read_is_drawn_anew(tmp_path: Path, broken: bytes) -> None:
    kept = tmp_path / "host-id"
    kept.write_bytes(broken)

    drawn = identity.host_id(None, kept, tmp_path)

    assert kept.read_text() == f"{drawn}\n"


def test_where_nothing_can_be_kept_it_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(OSError, match="file"):
        identity.host_id(None, tmp_path / "file" / "host-id", tmp_path)


def test_copied_machines_are_told_apart_by_what_the_site_calls_them(tmp_path: Path) -> None:
    root = _root(tmp_path)

    one, same, other = (
        identity.host_id(name, tmp_path / "x", root) for name in ("Masa-17", "masa-17 ", "masa-18")
    )

    assert one == same != other
    assert one != identity.host_id(None, tmp_path / "x", root)


def test_the_guid_of_windows_is_read_as_it_is_written_there() -> None:
    assert identity.id_from_text("d1a7c5b2-33f0-4e8c-9d1e-0a1b2c3d4e5f") == bytes.fromhex(
        "d1a7c5b233f04e8c9d1e0a1b2c3d4e5f"
    )
    assert identity.id_from_text("no guid") is None


def test_the_uuid_of_a_mac_is_read_from_its_property_list() -> None:
    """Recorded shape of `ioreg -a -r -d1 -c IOPlatformExpertDevice`; not run on a Mac here."""
    uuid = "4C6B0B1E-5F0A-5D3C-8E21-1B2C3D4E5F60"
    platform = {"IOPlatformUUID": uuid, "model": b"Mac14,2\0", "IORegistryEntryName": "J413AP"}

    assert identity.id_from_ioreg(plistlib.dumps([platform])) == bytes.fromhex(
        uuid.replace("-", "")
    )


@pytest.mark.parametrize("found", [[], {}, [1], [{}], [{"IOPlatformUUID": 7}], "x"])
def test_a_mac_that_says_something_else_has_none(found: list[int] | dict[str, int] | str) -> None:
    assert identity.id_from_ioreg(plistlib.dumps(found)) is None
    assert identity.id_from_ioreg(b"noise") is None


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("ayse", "ayse"),
        (r"KURUM\Ayse", "ayse"),
        ("ayse@kurum.example", "ayse"),
        (" AYSE ", "ayse"),
        ("", ""),
    ],
)
def test_an_account_is_the_same_however_it_is_written(name: str, plain: str) -> None:
    assert account(name) == plain


def _nobody() -> str:
    raise KeyError(4711)


def test_whose_desk_it_is() -> None:
    def two() -> list[str]:
        return ["Ayse", "mehmet"]

    assert identity.user({}, lambda: r"KURUM\Ayse", two) == "ayse"
    assert identity.user({"SUDO_USER": "ayse"}, lambda: "root", two) == "ayse"
    assert identity.user({}, lambda: "root", lambda: ["ayse", "ayse", "root"]) == "ayse"
    assert identity.user({}, lambda: "MASA-17$", lambda: ["ayse"]) == "ayse"


def test_whose_desk_it_is_is_not_guessed() -> None:
    assert identity.user({}, lambda: "SYSTEM", lambda: ["ayse", "mehmet"]) == ""
    assert identity.user({}, lambda: "root", list) == ""
    assert identity.user({}, _nobody, lambda: ["ayse"]) == ""


def test_this_machine_answers() -> None:
    assert isinstance(identity.user(os.environ), str)
