# SPDX-License-Identifier: Apache-2.0
"""USB on Linux, from a tree of files in the form of sysfs; and how macOS's program is asked."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec
import pytest

from cardtool.catalog import readers
from cardtool.model.snapshot import Failure
from cardtool.model.surroundings import UsbDevice
from cardtool.probe import program, usb
from cardtool.probe.usb import UsbState


def look(root: Path = Path("/")) -> UsbState:
    """Read USB under this root and understand it."""
    return usb.understand(usb.read(root, timeout_s=2.0), root)


class Tree:
    """A folder that looks like the root of a Linux machine's file system."""

    def __init__(self, root: Path) -> None:
        """Make it, without a device."""
        self.root = root
        self.devices = root / "sys/bus/usb/devices"
        self.devices.mkdir(parents=True)

    def plug(self, port: str, usb_id: str, *classes: str, **files: str | bytes) -> None:
        """Plug a device in; sysfs lists its interfaces beside it, named after its port."""
        vendor, product = usb_id.lower().split(":")
        texts = {"idVendor": vendor, "idProduct": product, "authorized": "1", **files}
        for name, content in texts.items():
            self.put(f"{port}/{name.replace('__', '/')}", content)
        for number, each in enumerate(classes):
            self.put(f"{port}:1.{number}/bInterfaceClass", each)
            self.put(f"{port}:1.{number}/authorized", "1")

    def put(self, name: str, content: str | bytes) -> None:
        """Write a file as the kernel does: a text ends with a newline."""
        file = self.devices / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content if isinstance(content, bytes) else f"{content}\n".encode())

    def look(self) -> tuple[UsbDevice, ...]:
        """Look at the devices that are plugged in."""
        devices = look(self.root).devices
        assert isinstance(devices, tuple)
        return devices


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    made = Tree(tmp_path)
    made.plug("usb1", "1D6B:0002", "09", product="xHCI Host Controller")
    made.plug("1-3", "046D:C31C", "03", "03", product="USB Keyboard")
    return made


def test_hubs_and_keyboards_are_not_kept(tree: Tree) -> None:
    assert tree.look() == ()


def test_a_reader_is_told_by_id_name_maker_class_and_port(tree: Tree) -> None:
    tree.plug("1-1.2", "072F:90CC", "0b", manufacturer="ACS", product="CCID USB Reader")

    assert tree.look() == (
        UsbDevice(
            vendor="072F",
            product="90CC",
            maker="ACS",
            name="CCID USB Reader",
            classes=("0B",),
            port="1-1.2",
            drivers=(),
            hubs=("",),
        ),
    )


def test_hubs_on_the_way_to_a_reader_are_told_but_for_those_that_nobody_can_unplug(
    tree: Tree,
) -> None:
    tree.plug("1-1", "8087:0024", "09", removable="unknown")
    tree.plug("1-1.2", "05E3:0608", "09", removable="removable")
    tree.plug("1-1.2.4", "05E3:0610", "09", removable="fixed")
    tree.plug("1-1.2.4.1", "072F:90CC", "0b")
    tree.plug("1-2", "072F:90CC", "0b")

    assert [device.hubs for device in tree.look()] == [("8087:0024", "05E3:0608"), ()]


def test_every_model_of_the_catalogue_is_kept_whatever_its_class(tree: Tree) -> None:
    ids = sorted({usb_id for reader in readers() for usb_id in reader.usb})
    for number, usb_id in enumerate(ids):
        tree.plug(f"2-{number}", usb_id, "ff")

    assert sorted(device.id for device in tree.look()) == ids


def test_a_reader_of_an_unknown_maker_is_kept_for_its_class(tree: Tree) -> None:
    tree.plug("1-2", "1234:5678", "03", "0b")

    (device,) = tree.look()

    assert (device.id, device.classes) == ("1234:5678", ("03", "0B"))


def test_a_reader_that_is_no_ccid_device_has_another_class(tree: Tree) -> None:
    tree.plug("1-2", "072F:9000", "ff", product="ACR38 USB Reader")

    (device,) = tree.look()

    assert (device.id, device.classes) == ("072F:9000", ("FF",))


@pytest.mark.parametrize(
    ("said", "fixed"), [("fixed", True), ("removable", False), ("unknown", False), (None, False)]
)
def test_a_reader_that_nobody_can_unplug_is_fixed(
    tree: Tree, said: str | None, *, fixed: bool
) -> None:
    tree.plug("1-2", "058F:9540", "0b", **({} if said is None else {"removable": said}))

    (device,) = tree.look()

    assert device.fixed is fixed


def test_a_device_that_is_not_let_in_is_known_by_its_descriptors(tree: Tree) -> None:
    configuration = bytes.fromhex("0902410001010080" + "32")
    interface = bytes.fromhex("0904000003" + "0b" + "000000")
    tree.plug("1-2", "1234:5678", authorized="0", descriptors=bytes(18) + configuration + interface)

    (device,) = tree.look()

    assert (device.classes, device.allowed) == (("0B",), False)


def test_an_interface_that_is_not_let_in_blocks_only_what_it_carries(tree: Tree) -> None:
    tree.plug("1-1", "072F:90CC", "0b", "03")
    tree.put("1-1:1.0/authorized", "0")
    tree.plug("1-2", "072F:B100", "0b", "03")
    tree.put("1-2:1.1/authorized", "0")

    assert [device.allowed for device in tree.look()] == [False, True]


def test_a_suspended_reader_is_asleep(tree: Tree) -> None:
    tree.plug("1-1", "072F:90CC", "0b", power__runtime_status="suspended")
    tree.plug("1-2", "072F:90CC", "0b", power__runtime_status="active")

    assert [device.asleep for device in tree.look()] == [True, False]


def test_what_a_device_says_of_itself_can_always_be_written_down(tree: Tree) -> None:
    name = b"\xff\xfe\x00 Reader \x1b[31m" + b"x" * 100_000
    tree.plug("1-1", "072F:90CC", "0b", manufacturer=b"\xc4", product=name)
    tree.plug(os.fsdecode(b"1-2\xff"), "072F:90CC", "0b")
    found = look(tree.root)

    assert isinstance(found.devices, tuple)
    assert [len(device.name) for device in found.devices] == [256, 0]
    assert found.devices[0].maker == "\ufffd"
    assert msgspec.json.decode(msgspec.json.encode(found), type=UsbState) == found


@pytest.mark.parametrize("vendor", [b"", b"72f\n", b"zzzz\n", b"072F90CC\n", b"\xff" * 9])
def test_a_device_without_a_readable_id_is_left_out(tree: Tree, vendor: bytes) -> None:
    tree.plug("1-1", "072F:90CC", "0b", idVendor=vendor)
    tree.plug("1-2", "072F:B100", "0b")

    assert [device.id for device in tree.look()] == ["072F:B100"]


@pytest.mark.parametrize("gone", ["idVendor", "idProduct"])
def test_a_device_that_vanishes_while_it_is_read_is_left_out(tree: Tree, gone: str) -> None:
    tree.plug("1-1", "072F:90CC", "0b")
    (tree.devices / "1-1" / gone).unlink()
    tree.plug("1-2", "072F:B100", "0b")
    (tree.devices / "1-4").symlink_to(tree.root / "nowhere")
    (tree.devices / "1-2/power").write_text("a file where a folder should be", encoding="utf-8")

    assert [device.id for device in tree.look()] == ["072F:B100"]


def test_devices_that_come_and_go_harm_nobody(tree: Tree) -> None:
    tree.plug("1-1", "072F:B100", "0b")

    def flap() -> None:
        for _ in range(50):
            tree.plug("1-2", "072F:90CC", "0b")
            for file in ("idVendor", "idProduct", "authorized"):
                (tree.devices / "1-2" / file).unlink()
            (tree.devices / "1-2").rmdir()

    with ThreadPoolExecutor() as pool:
        flapping = pool.submit(flap)
        seen = list(_looks_until(tree, flapping.done))

    flapping.result()
    assert all("072F:B100" in ids for ids in seen)


def _looks_until(tree: Tree, is_done: Callable[[], bool]) -> Iterator[list[str]]:
    yield [device.id for device in tree.look()]
    while not is_done():
        yield [device.id for device in tree.look()]


def test_an_interface_left_behind_by_its_device_is_nobody(tree: Tree) -> None:
    tree.put("1-9:1.0/bInterfaceClass", "0b")

    assert tree.look() == ()


def test_on_a_kernel_without_usb_nothing_is_plugged_in(tmp_path: Path) -> None:
    (tmp_path / "sys/bus/pci").mkdir(parents=True)

    assert look(tmp_path) == UsbState(devices=())


@pytest.mark.parametrize("folders", ["", "sys", "sys/bus/usb"])
def test_a_bus_that_cannot_be_listed_is_a_failure_with_its_reason(
    tmp_path: Path, folders: str
) -> None:
    (tmp_path / folders).mkdir(parents=True, exist_ok=True)

    found = look(tmp_path)

    assert isinstance(found.devices, Failure)
    assert (found.devices.api, found.devices.name, found.drivers) == ("usb", "ENOENT", ())


def test_this_machine_can_be_looked_at() -> None:
    found = look()

    assert isinstance(found.devices, tuple) or found.devices.api == "usb"


def test_drivers_are_read_where_a_reader_is_on_usb(tree: Tree) -> None:
    bundle = tree.root / "usr/lib/pcsc/drivers/ifd-example.bundle/Contents/Info.plist"
    bundle.parent.mkdir(parents=True)
    bundle.write_text(
        "<plist><dict><key>CFBundleExecutable</key><string>libexample.so</string>"
        "<key>ifdVendorID</key><array><string>0x072F</string></array>"
        "<key>ifdProductID</key><array><string>0x90CC</string></array></dict></plist>",
        encoding="utf-8",
    )
    before = look(tree.root)
    tree.plug("1-1", "072F:90CC", "0b")
    tree.plug("1-2", "072F:9000", "ff")
    after = look(tree.root)

    assert before.drivers == ()
    assert [driver.name for driver in after.drivers] == ["libexample"]
    assert isinstance(after.devices, tuple)
    assert [device.drivers for device in after.devices] == [("libexample",), ()]


def test_the_files_are_only_read(tree: Tree) -> None:
    tree.plug("1-1", "072F:90CC", "0b")
    before = {file: file.stat().st_mtime_ns for file in tree.root.rglob("*")}

    usb.read_sysfs(tree.root)

    assert {file: file.stat().st_mtime_ns for file in tree.root.rglob("*")} == before


def test_what_the_program_of_macos_prints_comes_back() -> None:
    command = [sys.executable, "-c", "print('<plist/>')"]

    assert program.output(command, api="usb", timeout_s=30) == b"<plist/>" + os.linesep.encode()


@pytest.mark.parametrize(
    ("code", "timeout_s", "name", "number"),
    [
        ("import time; time.sleep(60)", 0.2, "TIMEOUT", None),
        ("import sys; sys.exit('no')", 30, "EXIT", 1),
    ],
)
def test_a_program_of_macos_that_fails_is_a_failure(
    code: str, timeout_s: float, name: str, number: int | None
) -> None:
    failure = program.output([sys.executable, "-c", code], api="usb", timeout_s=timeout_s)

    assert isinstance(failure, Failure)
    assert (failure.api, failure.name, failure.code) == ("usb", name, number)


def test_a_program_of_macos_that_is_not_there_is_a_failure(tmp_path: Path) -> None:
    failure = program.output([str(tmp_path / "ioreg")], api="usb", timeout_s=30)

    assert isinstance(failure, Failure)
    assert (failure.api, failure.name) == ("usb", "ENOENT")


def test_looking_loads_no_native_library_on_this_system() -> None:
    code = """
import sys
from pathlib import Path
from cardtool.probe import program, usb
root = Path("/")
usb.understand(usb.read(root, timeout_s=2.0), root)
print("ctypes" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "False"
