# SPDX-License-Identifier: Apache-2.0
"""What a library's header says, on real bytes and on none."""

import struct
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardtool.model.snapshot import Failure, Library
from cardtool.probe.binary import parse_library, read_library


def _elf(bits: int, machine: int, kind: int = 3, order: str = "<") -> bytes:
    identity = b"\x7fELF" + bytes((bits // 32, 1 if order == "<" else 2, 1)) + bytes(9)
    return identity + struct.pack(f"{order}HH", kind, machine) + bytes(44)


def _pe(machine: int, characteristics: int = 0x2022) -> bytes:
    stub = b"MZ" + bytes(0x3A) + struct.pack("<I", 0x80) + bytes(0x40)
    return stub + b"PE\0\0" + struct.pack("<HHIIIHH", machine, 1, 0, 0, 0, 240, characteristics)


def _mach(cpu: int, kind: int = 6) -> bytes:
    return b"\xcf\xfa\xed\xfe" + struct.pack("<III", cpu, 0, kind) + bytes(16)


def _fat(*cpus: int) -> bytes:
    return (
        b"\xca\xfe\xba\xbe"
        + struct.pack(">I", len(cpus))
        + b"".join(struct.pack(">IIIII", cpu, 0, 0x4000, 100, 14) for cpu in cpus)
    )


@pytest.mark.parametrize(
    ("header", "form", "machines", "bits"),
    [
        (_elf(64, 62), "elf", ("x86_64",), 64),
        (_elf(32, 3), "elf", ("i386",), 32),
        (_elf(64, 183), "elf", ("aarch64",), 64),
        (_elf(32, 40, order=">"), "elf", ("arm",), 32),
        (_elf(64, 4242), "elf", ("elf-4242",), 64),
        (_pe(0x8664), "pe", ("x86_64",), 64),
        (_pe(0x14C), "pe", ("i386",), 32),
        (_pe(0xAA64), "pe", ("aarch64",), 64),
        (_mach(0x01000007), "mach-o", ("x86_64",), 64),
        (_mach(7, kind=8), "mach-o", ("i386",), 32),
        (_fat(0x01000007, 0x0100000C), "mach-o", ("x86_64", "aarch64"), 64),
    ],
)
def test_a_library_names_its_processors(
    header: bytes, form: str, machines: tuple[str, ...], bits: int
) -> None:
    assert parse_library(header) == Library(format=form, machines=machines, bits=bits)


@pytest.mark.parametrize(
    "header",
    [
        b"",
        b"GROUP ( libc.so.6 )",
        _elf(64, 62, kind=2),
        _elf(64, 62)[:17],
        b"\x7fELF\x07" + bytes(60),
        _pe(0x8664, characteristics=0x22),
        b"MZ" + bytes(0x3A) + struct.pack("<I", 0x80),
        b"MZ" + bytes(200),
        _mach(7, kind=2),
        b"\xca\xfe\xba\xbe\x00\x00\x00\x34" + bytes(100),
    ],
    ids=["empty", "script", "program", "cut", "class", "exe", "stub", "dos", "mach-exe", "java"],
)
def test_what_is_no_library_is_said_to_be_none(header: bytes) -> None:
    found = parse_library(header)

    assert isinstance(found, Failure)
    assert (found.api, found.name) == ("os", "ENOEXEC")


@given(
    st.binary(max_size=300).map(lambda tail: tail)
    | st.binary(max_size=80).map(_elf(64, 62).__add__)
)
def test_no_header_is_too_strange(header: bytes) -> None:
    assert isinstance(parse_library(header), Library | Failure)


def test_a_real_library_of_this_machine_fits_it() -> None:
    real = next(Path(sys.base_prefix).rglob("lib-dynload/*.so"))

    found = read_library(str(real))

    assert isinstance(found, Library)
    assert found.bits == 64 if sys.maxsize > 2**32 else 32


def test_files_that_cannot_be_opened_have_the_symbol_of_errno(tmp_path: Path) -> None:
    missing = read_library(str(tmp_path / "none.so"))
    folder = read_library(str(tmp_path))
    nul = read_library("a\0b")

    names = [each.name for each in (missing, folder, nul) if isinstance(each, Failure)]
    assert names == ["ENOENT", "EISDIR", "EINVAL"]
