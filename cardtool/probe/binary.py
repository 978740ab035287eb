# SPDX-License-Identifier: Apache-2.0
"""Which processor a shared library is for, read from its header before anything loads it.

So a wrong machine, a text file and a missing file are facts with names; a loader gives only prose.
Source: ELF gABI ch. 4; Microsoft, PE format; Apple, mach/machine.h, mach-o/loader.h, fat.h.
"""

import errno
import os
import struct

from msgspec.structs import replace

from cardtool import files
from cardtool.model.snapshot import Failure, Library

_HEADER_BYTES = 64 * 1024
"""Enough for any of the headers; a PE header follows a stub of arbitrary length."""

_ELF_MACHINES = {3: "i386", 40: "arm", 62: "x86_64", 183: "aarch64", 243: "riscv64"}
_ELF_SHARED = 3  # ET_DYN
_PE_MACHINES = {0x14C: "i386", 0x1C4: "arm", 0x8664: "x86_64", 0xAA64: "aarch64"}
_PE_DLL = 0x2000  # IMAGE_FILE_DLL
_MACH_MACHINES = {7: "i386", 12: "arm", 0x01000007: "x86_64", 0x0100000C: "aarch64"}
_MACH_64_BIT = 0x01000000  # CPU_ARCH_ABI64
_MACH_SHARED = frozenset({6, 8})  # MH_DYLIB, MH_BUNDLE
_MACH_ORDERS = {b"\xcf\xfa\xed\xfe": "<", b"\xce\xfa\xed\xfe": "<", b"\xfe\xed\xfa\xcf": ">"}
"""MH_MAGIC_64 and MH_MAGIC in the orders met, with the byte order of what follows."""

_FAT_MAGIC = b"\xca\xfe\xba\xbe"
_FAT_LIMIT = 8  # a file with more architectures is a Java class, which begins with the same bytes


def read_library(path: str) -> Library | Failure:
    """Read the header of a shared library.

    Returns a Failure of the interface os: the symbol of errno when the file cannot be opened
    (ENOENT, EISDIR, EACCES), ENOEXEC when it is no shared library of any system.
    """
    try:
        if os.path.isdir(path):  # noqa: PTH112 - any text; Windows says it may not be opened
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        with files.opened(path) as file:
            header, size_bytes = file.read(_HEADER_BYTES), os.fstat(file.fileno()).st_size
    except OSError as error:
        number = error.errno or 0
        name = errno.errorcode.get(number, "EIO")
        return Failure(api="os", name=name, code=number, detail=error.strerror or "")
    except ValueError as error:  # a NUL or half a character in the path
        return Failure(api="os", name="EINVAL", code=errno.EINVAL, detail=str(error))
    library = parse_library(header)
    return library if isinstance(library, Failure) else replace(library, size_bytes=size_bytes)


def parse_library(header: bytes) -> Library | Failure:
    """Understand the first bytes of a file as ELF, PE or Mach-O."""
    try:
        library = _elf(header) or _pe(header) or _mach(header)
    except struct.error:  # cut off within the header
        library = None
    if library is None:
        return Failure(api="os", name="ENOEXEC", code=errno.ENOEXEC, detail="not a shared library")
    return library


def _elf(header: bytes) -> Library | None:
    if header[:4] != b"\x7fELF":
        return None
    width, ending = struct.unpack_from("BB", header, 4)
    bits, order = {1: 32, 2: 64}.get(width), {1: "<", 2: ">"}.get(ending)
    if bits is None or order is None:
        return None
    kind, machine = struct.unpack_from(f"{order}HH", header, 16)
    if kind != _ELF_SHARED:
        return None
    name = _ELF_MACHINES.get(machine, f"elf-{machine}")
    return Library(format="elf", machines=(name,), bits=bits)


def _pe(header: bytes) -> Library | None:
    if header[:2] != b"MZ":
        return None
    (start,) = struct.unpack_from("<I", header, 0x3C)
    if header[start : start + 4] != b"PE\0\0":
        return None
    machine, characteristics = struct.unpack_from("<H16xH", header, start + 4)
    if not characteristics & _PE_DLL:
        return None
    name = _PE_MACHINES.get(machine, f"pe-{machine:#x}")
    return Library(format="pe", machines=(name,), bits=32 if name in {"i386", "arm"} else 64)


def _mach(header: bytes) -> Library | None:
    cpus: list[int] = []
    if order := _MACH_ORDERS.get(header[:4]):
        cpu, _, kind = struct.unpack_from(f"{order}III", header, 4)
        cpus = [cpu] if kind in _MACH_SHARED else []
    elif header[:4] == _FAT_MAGIC:
        (count,) = struct.unpack_from(">I", header, 4)
        places = range(8, 8 + 20 * count, 20) if count <= _FAT_LIMIT else ()
        cpus = [struct.unpack_from(">I", header, place)[0] for place in places]
    if not cpus:
        return None
    return Library(
        format="mach-o",
        machines=tuple(_MACH_MACHINES.get(cpu, f"mach-{cpu:#x}") for cpu in cpus),
        bits=64 if any(cpu & _MACH_64_BIT for cpu in cpus) else 32,
    )
