# SPDX-License-Identifier: Apache-2.0
"""Which processor a shared library is for, read from its header before anything loads it.

Pure but for `read_library`, which opens the file; a wrong machine, a text file and a missing file
are then facts with names, where a loader gives only prose.
"""

import errno
import os
import stat
import struct

from msgspec.structs import replace

from cardtool.model.snapshot import Failure, Library

_HEADER_BYTES = 64 * 1024
"""Enough for any of the headers; a PE header follows a stub of arbitrary length."""

_ELF_MACHINES = {3: "i386", 40: "arm", 62: "x86_64", 183: "aarch64", 243: "riscv64"}
"""e_machine. Source: ELF gABI ch. 4, and its register of machine numbers."""

_ELF_SHARED = 3
"""e_type ET_DYN: a shared object. Source: ELF gABI ch. 4."""

_PE_MACHINES = {0x14C: "i386", 0x1C4: "arm", 0x8664: "x86_64", 0xAA64: "aarch64"}
"""Machine. Source: Microsoft PE format, Machine Types."""

_PE_32_BIT = frozenset({"i386", "arm"})

_PE_DLL = 0x2000
"""IMAGE_FILE_DLL. Source: Microsoft PE format, Characteristics."""

_MACH_MACHINES = {7: "i386", 12: "arm", 0x01000007: "x86_64", 0x0100000C: "aarch64"}
"""cputype. Source: Apple, mach/machine.h."""

_MACH_64_BIT = 0x01000000
"""CPU_ARCH_ABI64. Source: Apple, mach/machine.h."""

_MACH_SHARED = frozenset({6, 8})
"""filetype MH_DYLIB and MH_BUNDLE. Source: Apple, mach-o/loader.h."""

_MACH_MAGIC = {b"\xcf\xfa\xed\xfe": "<", b"\xce\xfa\xed\xfe": "<", b"\xfe\xed\xfa\xcf": ">"}
"""MH_MAGIC_64 and MH_MAGIC in the orders met, with the byte order of what follows."""

_FAT_MAGIC = b"\xca\xfe\xba\xbe"
"""FAT_MAGIC, always big-endian. Source: Apple, mach-o/fat.h."""

_FAT_LIMIT = 8
"""A file with more architectures is a Java class, which begins with the same bytes."""


def read_library(path: str) -> Library | Failure:
    """Read the header of a shared library.

    Returns a Failure of the interface os: the symbol of errno when the file cannot be opened
    (ENOENT, EISDIR, EACCES), ENOEXEC when it is no shared library of any system.
    """
    try:
        if stat.S_ISFIFO(mode := os.stat(path).st_mode) or stat.S_ISCHR(mode):  # noqa: PTH116 - any text
            detail = "not a regular file"
            return Failure(api="os", name="EINVAL", code=errno.EINVAL, detail=detail)
        if stat.S_ISDIR(mode):  # of which Windows says that it may not be opened
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        with open(path, "rb") as file:  # noqa: PTH123 - paths from configuration may be any text
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
        library = _elf(header) or _pe(header) or _mach(header) or _fat(header)
    except struct.error:  # cut off within the header
        library = None
    if library is None:
        return Failure(api="os", name="ENOEXEC", code=errno.ENOEXEC, detail="not a shared library")
    return library


def _elf(header: bytes) -> Library | None:
    if header[:4] != b"\x7fELF":
        return None
    width, ending = struct.unpack_from("BB", header, 4)
    bits = {1: 32, 2: 64}.get(width)
    order = {1: "<", 2: ">"}.get(ending)
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
    (machine,) = struct.unpack_from("<H", header, start + 4)
    (characteristics,) = struct.unpack_from("<H", header, start + 22)
    if not characteristics & _PE_DLL:
        return None
    name = _PE_MACHINES.get(machine, f"pe-{machine:#x}")
    return Library(format="pe", machines=(name,), bits=32 if name in _PE_32_BIT else 64)


def _mach(header: bytes) -> Library | None:
    order = _MACH_MAGIC.get(header[:4])
    if order is None:
        return None
    cpu, _, kind = struct.unpack_from(f"{order}III", header, 4)
    if kind not in _MACH_SHARED:
        return None
    return _mach_library((cpu,))


def _fat(header: bytes) -> Library | None:
    if header[:4] != _FAT_MAGIC:
        return None
    (count,) = struct.unpack_from(">I", header, 4)
    if not 0 < count <= _FAT_LIMIT:
        return None
    return _mach_library(
        tuple(struct.unpack_from(">I", header, 8 + 20 * place)[0] for place in range(count))
    )


def _mach_library(cpus: tuple[int, ...]) -> Library:
    return Library(
        format="mach-o",
        machines=tuple(_MACH_MACHINES.get(cpu, f"mach-{cpu:#x}") for cpu in cpus),
        bits=64 if any(cpu & _MACH_64_BIT for cpu in cpus) else 32,
    )
