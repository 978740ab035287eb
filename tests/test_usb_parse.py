# SPDX-License-Identifier: Apache-2.0
"""What macOS and Windows say of their USB devices, from outputs that lie in tests/recorded."""

import plistlib
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardtool.model.snapshot import Failure
from cardtool.model.surroundings import UsbDevice
from cardtool.probe.program import property_list
from cardtool.probe.usb import parse

_RECORDED = Path(__file__).parent / "recorded/usb"


def _windows() -> tuple[parse.DeviceNode, ...]:
    content = (_RECORDED / "windows.json").read_bytes()
    return msgspec.json.decode(content, type=tuple[parse.DeviceNode, ...])


def test_macos_readers_are_found_once_each_with_what_they_say() -> None:
    assert parse.from_ioreg((_RECORDED / "ioreg.plist").read_bytes()) == (
        UsbDevice(
            vendor="072F",
            product="90CC",
            maker="ACS",
            name="CCID USB Reader",
            classes=("0B",),
            port="0x00142000",
        ),
        UsbDevice(
            vendor="08E6",
            product="3438",
            maker="Gemalto",
            name="USB SmartCard Reader",
            classes=("0B",),
            port="0x02100000",
        ),
    )


def test_two_readers_of_one_model_stay_two_on_macos() -> None:
    tree = [
        {"idVendor": 0x072F, "idProduct": 0x90CC, "locationID": place, "USB Product Name": "R"}
        for place in (0x01100000, 0x01200000)
    ]

    devices = parse.from_ioreg(plistlib.dumps(tree))

    assert isinstance(devices, tuple)
    assert [(each.port, each.name) for each in devices] == [
        ("0x01100000", "R"),
        ("0x01200000", "R"),
    ]


def test_no_usb_device_on_macos_is_an_empty_answer() -> None:
    assert parse.from_ioreg(b"\n") == ()


@pytest.mark.parametrize("content", [b"ioreg: error", b"<plist><dict/></plist>", b"<plist>"])
def test_what_is_no_list_from_macos_is_a_failure(content: bytes) -> None:
    failure = parse.from_ioreg(content)

    assert isinstance(failure, Failure)
    assert (failure.api, failure.name) == ("usb", "EBADMSG")


@pytest.mark.parametrize(
    ("usb_id", "problem", "classes", "name"),
    [
        ("072F:B100", 0, ("0B",), "Microsoft Usbccid Smartcard Reader (WUDF)"),
        ("072F:9000", 28, (), "ACR38 USB Reader"),
        ("08E6:3438", 22, ("0B",), "Microsoft Usbccid Smartcard Reader (WUDF)"),
        ("0A5C:5833", 31, ("0B", "FE", "FF"), "Microsoft Usbccid Smartcard Reader (UMDF2)"),
    ],
)
def test_windows_readers_are_found_with_their_problem(
    usb_id: str, problem: int, classes: tuple[str, ...], name: str
) -> None:
    (device,) = (each for each in parse.from_windows(_windows()) if each.id == usb_id)

    assert (device.problem, device.classes, device.name) == (problem, classes, name)
    assert device.drivers is None


def test_windows_devices_that_are_no_readers_are_not_kept() -> None:
    ids = [device.id for device in parse.from_windows(_windows())]

    assert ids == ["072F:B100", "072F:9000", "08E6:3438", "0A5C:5833"]


def test_a_windows_device_is_where_it_is_plugged_in() -> None:
    devices = parse.from_windows(_windows())

    assert [device.port for device in devices] == [
        f"Port_#000{number}.Hub_#0001" for number in (2, 3, 4, 7)
    ]


def test_a_stray_interface_without_a_driver_is_no_fault_of_the_reader() -> None:
    nodes = [
        msgspec.structs.replace(node, problem=0 if node.problem == 31 else node.problem)
        for node in _windows()
    ]
    (device,) = (each for each in parse.from_windows(nodes) if each.id == "0A5C:5833")

    assert device.problem == 0


def test_interfaces_whose_device_is_not_listed_are_one_device() -> None:
    nodes = [node for node in _windows() if "0123456789ABCD" not in node.id]

    orphans = [msgspec.structs.replace(node, parent="") for node in nodes]

    for each in (nodes, orphans):
        (device,) = (one for one in parse.from_windows(each) if one.id == "0A5C:5833")
        assert (device.problem, device.port[:9]) == (31, "0000.0014")


def test_half_a_character_from_windows_can_be_written_down() -> None:
    node = parse.DeviceNode(id="USB\\VID_072F&PID_90CC\\1", friendly_name="\ud83d reader")

    (device,) = parse.from_windows([node])

    assert msgspec.json.decode(msgspec.json.encode(device), type=UsbDevice).name == "? reader"


_FILES = (
    "idVendor",
    "idProduct",
    "product",
    "authorized",
    "descriptors",
    "1-1:1.0/bInterfaceClass",
)
_BYTES = st.binary(max_size=60) | st.sampled_from([b"072f\n", b"0b\n", b"0\n", b"\x09\x04" * 9])


@given(st.text(), st.dictionaries(st.sampled_from(_FILES), _BYTES))
def test_no_sysfs_file_makes_the_parser_raise(port: str, files: dict[str, bytes]) -> None:
    device = parse.from_sysfs(port, {port: files, port[:3]: files})

    assert device is None or msgspec.json.encode(device)


_KEYS = st.sampled_from(
    [
        "idVendor",
        "idProduct",
        "locationID",
        "bInterfaceClass",
        "kUSBProductString",
        "IORegistryEntryChildren",
        "x",
    ]
)
_VALUES = st.recursive(
    st.integers(-(2**40), 2**40)
    | st.sampled_from([0x072F, 11, 0])
    | st.booleans()
    | st.binary(max_size=4)
    | st.floats(allow_nan=False)
    | st.text("aß \U0001f600", max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_KEYS, inner, max_size=5),
    max_leaves=20,
)


@given(st.lists(_VALUES, max_size=4), st.sampled_from([plistlib.FMT_XML, plistlib.FMT_BINARY]))
def test_no_property_list_makes_the_parser_raise(
    tree: list[object], form: plistlib.PlistFormat
) -> None:
    devices = parse.from_ioreg(plistlib.dumps(tree, fmt=form))

    assert isinstance(devices, tuple)
    assert msgspec.json.encode(devices)


_MARKUP = st.lists(
    st.sampled_from(
        [
            *(f"<{name}>" for name in ("plist", "dict", "array", "key", "integer", "date", "data")),
            *(
                f"</{name}>"
                for name in ("plist", "dict", "array", "key", "integer", "date", "data")
            ),
            "<true/>",
            "0x",
            "1",
            "&amp;",
            '<!DOCTYPE a [<!ENTITY b "c">]>',
        ]
    ),
    max_size=12,
)


@given(st.binary(max_size=80) | _MARKUP.map(lambda parts: "".join(["<plist>", *parts]).encode()))
def test_no_bytes_make_the_reading_of_property_lists_raise(content: bytes) -> None:
    property_list(content)

    for head in (b"bplist00", b"bplist00\xd1\x01\x02"):
        property_list(head + content + bytes(6) + b"\x01\x01" + bytes(7) + b"\x01" + bytes(16))


@given(
    st.lists(
        st.builds(
            parse.DeviceNode,
            id=st.text() | st.from_regex(r"USB\\VID_072F&PID_90CC(&MI_0[0-2])?\\[0-9]"),
            parent=st.text(max_size=2),
            compatible_ids=st.tuples(st.text() | st.from_regex(r"USB\\Class_0[Bb]")),
            friendly_name=st.text(),
            problem=st.integers(0, 60),
        ),
        max_size=5,
    )
)
def test_no_windows_node_makes_the_parser_raise(nodes: list[parse.DeviceNode]) -> None:
    assert msgspec.json.encode(parse.from_windows(nodes))
