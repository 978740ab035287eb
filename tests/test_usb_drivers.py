# SPDX-License-Identifier: Apache-2.0
"""Which reader drivers are installed: libccid's own file on this machine, and bundles made here."""

import os
import plistlib
import subprocess
import sys
from pathlib import Path

import pytest

from cardtool.model.surroundings import Driver, UsbDevice
from cardtool.probe import usb
from tests.conftest import require

_ACS = {
    "CFBundleExecutable": "libacsccid.so",
    "CFBundleShortVersionString": "1.1.11",
    "ifdVendorID": ["0x072F", "0x072F"],
    "ifdProductID": ["0x90CC", "0x9000"],
}
"""The form of acsccid's Info.plist, with two of its readers. Source: acsccid, supported_readers."""


@pytest.fixture
def libccid() -> usb.Bundle:
    bundles = usb.installed_drivers(usb.driver_folders(Path("/")))
    found = [each for each in bundles if each.driver.name == "libccid"]
    require(found, "libccid")
    return found[0]


def _install(folder: Path, name: str, content: bytes) -> None:
    file = folder / f"{name}.bundle/Contents/Info.plist"
    file.parent.mkdir(parents=True)
    file.write_bytes(content)


def _device(usb_id: str, *classes: str) -> UsbDevice:
    return UsbDevice(vendor=usb_id[:4], product=usb_id[5:], classes=classes)


@pytest.mark.real
def test_libccid_lists_the_readers_it_can_drive(libccid: usb.Bundle) -> None:
    assert libccid.usb >= {"072F:90CC", "072F:B100", "08E6:3438"}


@pytest.mark.real
def test_libccid_does_not_list_the_reader_that_needs_its_makers_driver(
    libccid: usb.Bundle,
) -> None:
    assert "072F:9000" not in libccid.usb


@pytest.mark.real
def test_libccid_tells_its_version(libccid: usb.Bundle) -> None:
    command = ["dpkg-query", "-W", "-f", "${Version}", "libccid"]
    package = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    require(package, "dpkg with libccid")

    assert package.startswith(libccid.driver.version)
    assert libccid.driver.version


@pytest.mark.real
def test_a_second_driver_for_the_same_reader_is_seen_beside_libccid(
    libccid: usb.Bundle, tmp_path: Path
) -> None:
    _install(tmp_path, "ifd-acsccid", plistlib.dumps(_ACS))
    bundles = (libccid, *usb.installed_drivers([tmp_path]))
    devices = (_device("072F:90CC", "0B"), _device("072F:9000", "FF"), _device("1234:5678", "0B"))

    assigned = usb.assign(devices, bundles, has_class_driver=False)

    name = f"libccid {libccid.driver.version}"
    assert [each.drivers for each in assigned] == [
        (name, "libacsccid 1.1.11"),
        ("libacsccid 1.1.11",),
        (),
    ]


def test_of_a_reader_the_system_takes_by_itself_nothing_is_claimed() -> None:
    devices = (_device("1234:5678", "0B"), _device("072F:9000", "FF"))

    assigned = usb.assign(devices, (), has_class_driver=True)

    assert [each.drivers for each in assigned] == [None, ()]


@pytest.mark.parametrize("content", [b"", b"<plist><dict><key>a</key>", b"\x00\xff", b"<plist/>"])
def test_a_damaged_bundle_is_a_driver_that_lists_nothing(tmp_path: Path, content: bytes) -> None:
    _install(tmp_path, "ifd-ccid", content)

    assert usb.installed_drivers([tmp_path]) == (
        usb.Bundle(driver=Driver(name="ifd-ccid"), usb=frozenset()),
    )


def test_a_bundle_that_cannot_be_opened_is_a_driver_that_lists_nothing(tmp_path: Path) -> None:
    (tmp_path / "ifd-ccid.bundle/Contents/Info.plist").mkdir(parents=True)

    (bundle,) = usb.installed_drivers([tmp_path])

    assert bundle.usb == frozenset()


def test_ids_are_paired_and_what_is_none_is_left_out(tmp_path: Path) -> None:
    content = {
        "CFBundleName": "EXAMPLE",
        "ifdVendorID": ["0x72F", "zz", "08e6", "0x1"],
        "ifdProductID": ["0xb100", "0x1", "0x3438"],
    }
    _install(tmp_path, "ifd-example", plistlib.dumps(content))
    _install(tmp_path, "ifd-odd", plistlib.dumps({"ifdVendorID": "0x072F", "ifdProductID": 3}))

    assert usb.installed_drivers([tmp_path]) == (
        usb.Bundle(driver=Driver(name="EXAMPLE"), usb=frozenset({"072F:B100", "08E6:3438"})),
        usb.Bundle(driver=Driver(name="ifd-odd"), usb=frozenset()),
    )


def test_a_bundle_that_is_reached_by_two_ways_is_one_driver(tmp_path: Path) -> None:
    _install(tmp_path / "lib", "ifd-acsccid", plistlib.dumps(_ACS))
    (tmp_path / "lib64").symlink_to("lib")

    assert len(usb.installed_drivers([tmp_path / "lib", tmp_path / "lib64"])) == 1


def test_the_environment_adds_a_folder_as_it_does_for_pcscd(tmp_path: Path) -> None:
    _install(tmp_path, "ifd-acsccid", plistlib.dumps(_ACS))
    code = (
        "from pathlib import Path; from cardtool.probe import usb;"
        "bundles = usb.installed_drivers(usb.driver_folders(Path('/none')));"
        "print(*(bundle.driver.name for bundle in bundles))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PCSCLITE_HP_DROPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout.split() == ["libacsccid"]
